package probe

import (
	"cmp"
	crand "crypto/rand"
	"fmt"
	"math/rand/v2"
	"strings"
	"sync/atomic"
	"time"
)

// The rhythm of an Observer.
const (
	// longestTick is how long a deadline that has passed may go unnoticed.
	longestTick = 25 * time.Millisecond
	// shortestStep is the least time between two looks at the whole state.
	shortestStep = 5 * time.Millisecond
	// leastSleep bounds how often an Observer wants to be called: what is due within it is sent together.
	leastSleep = time.Millisecond
	// snapshotGap is the least time between two snapshots, and snapshotCells that for each cell. Making one takes 0.3 µs a
	// cell, so that they take no more than a fiftieth of the time of a processor while everything changes all the time.
	snapshotGap   = 50 * time.Millisecond
	snapshotCells = 15 * time.Microsecond
	// snapshotCalm is the most time between two that is asked for, so that there are two in a second even when a tick is late.
	snapshotCalm = 500*time.Millisecond - 2*longestTick
)

// Observer is all of a run but its goroutines and its clock: it says when it is to be called, sends what is due then, takes
// in what was observed, and tells what has become of it. [Run] drives one in real time; a simulation may drive one in
// virtual time, and gets the decisions of production.
//
// Its methods are for one goroutine. Only the Sinks may be used by others at the same time.
type Observer struct {
	config   *Config
	clock    func() time.Time
	state    *state
	queue    *queue
	schedule *schedule
	random   rand.Source
	channels atomic.Pointer[map[string]int32] // of all regions, by name; what it points to is never changed

	payload  []byte // of the message being sent
	batch    []observation
	wake     instant // when Turn was to be called, at the latest
	advanced instant // when the state was last brought up to date
	made     instant // when the last snapshot was
	last     *Snapshot
	tick     time.Duration
	cells    int
}

// NewObserver returns an Observer that has sent nothing yet. The error is what [Config.Check] has found. Now is the only
// clock. Only differences between the times that it returns, and that the Sinks are given, matter: that it may be
// stepped does no harm as long as they carry a monotonic reading.
func NewObserver(c Config, now func() time.Time) (*Observer, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	o := &Observer{config: &c, clock: now, random: c.Random}
	if o.random == nil {
		var seed [32]byte
		_, _ = crand.Read(seed[:]) // never fails, by its documentation
		o.random = rand.NewChaCha8(seed)
	}
	o.state = newState(&c, cmp.Or(c.Observer, randomID(o.random)), now())
	o.queue = newQueue(0)
	o.tick = min(max(c.Policy.Interval/8, shortestStep), longestTick)
	o.wake = o.now()
	o.arrange()
	o.state.started()
	return o, nil
}

// randomID makes up the id of an observer.
func randomID(random rand.Source) string {
	const letters = "0123456789abcdefghijklmnopqrstuvwxyz"
	var id strings.Builder
	for r := rand.New(random); id.Len() < randomObserver; {
		id.WriteByte(letters[r.IntN(len(letters))])
	}
	return id.String()
}

// arrange fits what depends on the topology to it.
func (o *Observer) arrange() {
	t := o.state.topology
	names := make(map[string]int32, len(o.state.channels))
	for _, ch := range o.state.channels {
		if ch != nil {
			names[ch.name] = int32(ch.index)
		}
	}
	o.channels.Store(&names)
	o.cells = 0
	o.state.eachCell(func(*cell) { o.cells++ })
	shards := make([]int, len(t.Maps))
	for i, m := range t.Maps {
		shards[i] = len(m.Shards)
	}
	o.schedule = newSchedule(o.config.Policy.Interval, o.config.Opening, len(t.Cover), shards)
	// Room for all that two intervals can bring, twice over: a message comes back once from every region and is
	// acknowledged once.
	perInterval := len(o.state.channels)*(len(t.Maps)+1) + len(o.schedule.tasks)
	o.queue.widen(max(1<<12, 4*perInterval))
}

// Sink returns what the endpoint of a region is to tell, when it runs. Once the topology has changed for this region, what
// a Sink of before is told is not believed any more.
func (o *Observer) Sink(region int) Sink {
	return &sink{
		queue: o.queue, clock: o.state.clock, region: uint16(region), generation: o.state.regions[region].generation,
		observer: []byte(o.state.observer), channels: &o.channels,
	}
}

// Channels returns the channels that each shard of a region is to deliver: what its endpoint is to be run with.
func (o *Observer) Channels(region int) [][]string {
	return o.state.topology.subscriptions(o.config.Prefix, region)
}

// Ready returns a channel that holds a token when something was observed since the last Turn that should not wait until the next
// one is due: then Turn should be called.
func (o *Observer) Ready() <-chan struct{} { return o.queue.ready }

// Snapshot returns the last snapshot; nil in the first moments, when there is none.
func (o *Observer) Snapshot() *Snapshot { return o.last }

// Change makes the Observer go on with another topology. It returns the regions whose endpoints serve it no more: each must
// be ended, and that of the new topology run with the present Channels and Sink. An endpoint that is the same value, and
// has the same channels to deliver, goes on.
//
// A topology that does not pass Check, or has other regions, is refused with an error, and everything stays as it was.
func (o *Observer) Change(t Topology) (anew []int, err error) {
	if err := t.follows(o.state.topology); err != nil {
		return nil, err
	}
	o.reduce(o.now()) // by what was in force when it was observed
	for i := range t.Maps {
		if !t.keeps(o.state.topology, o.config.Prefix, i) {
			anew = append(anew, i)
		}
	}
	now := o.now()
	o.state.change(&t, anew, now)
	o.arrange()
	o.schedule.from(now.since(1))
	return anew, nil
}

// Turn does what is due: it takes in what was observed, sends, and tells of what has changed. It says when it is to be
// called again at the latest; a call that is later than that by more than Policy.Pause counts as a pause of the observer, and
// one that is a little later as time in which nothing becomes overdue.
// It is done when Config.Done says so; then it must not be called again.
func (o *Observer) Turn() (next time.Time, done bool) {
	now := o.now()
	o.account(now)
	o.reduce(now)
	o.send(now)
	if o.tell(now) {
		o.end()
		return time.Time{}, true
	}
	o.wake = o.next(now)
	return o.state.clock.time(o.wake), false
}

func (o *Observer) now() instant { return o.state.clock.instant(o.clock()) }

// reduce hands the state what was observed.
func (o *Observer) reduce(now instant) {
	batch, dropped := o.queue.take(o.batch)
	if dropped > 0 {
		o.state.dropped += dropped
		o.state.pause(now, fmt.Sprintf("%d observations came faster than they could be taken in", dropped))
	}
	for i := range batch {
		o.state.observe(&batch[i])
	}
	o.batch = batch
}

// send does what is due, in the shards that were heard of: before, there is nobody yet to tell what became of it.
func (o *Observer) send(now instant) {
	t := o.state.topology
	for o.schedule.at() <= now.since(1) {
		next := o.schedule.pop()
		if next.place < 0 {
			if o.state.heardOf(next.region, next.shard) {
				id := o.state.pinged(next.region, next.shard, o.now())
				t.Endpoints[next.region].Ping(next.shard, id)
			}
			continue
		}
		for region := range t.Endpoints {
			if ch := o.state.channels[region*len(t.Cover)+next.place]; ch != nil && o.state.heardOf(region, ch.shard) {
				o.publish(ch)
			}
		}
	}
}

// publish sends the next message of a channel.
func (o *Observer) publish(ch *channel) {
	m := message{observer: o.state.observer, nonce: o.random.Uint64()}
	m.seq = o.state.published(ch, m.nonce, o.now())
	o.payload = m.append(o.payload[:0])
	o.state.topology.Endpoints[ch.region].Publish(ch.shard, messageID(ch.index, m.seq), ch.name, o.payload)
}

// tell brings the state up to date, and tells of events and, when it is time, a snapshot. It returns whether the run is
// done.
func (o *Observer) tell(now instant) (done bool) {
	since := now.since(o.advanced)
	if since < o.tick && (!o.state.urgent || since < shortestStep) {
		return false
	}
	o.state.advance(now)
	o.advanced = now
	if o.last == nil || now.since(o.made) >= snapshotEvery(o.config.Policy.Interval, o.cells, o.state.changed) {
		return o.snapshot(now)
	}
	o.events()
	return false
}

// snapshotEvery returns the time between two snapshots of so many cells: one for each round, as far as that is neither more nor
// less than anybody needs, and one as soon as something has changed.
func snapshotEvery(interval time.Duration, cells int, changed bool) time.Duration {
	least := min(max(snapshotGap, snapshotCells*time.Duration(cells)), snapshotCalm)
	if changed {
		return least
	}
	return min(max(interval, least), snapshotCalm)
}

// snapshot makes a snapshot, tells of it, and returns whether the run is done.
func (o *Observer) snapshot(now instant) (done bool) {
	o.last, o.made = o.state.snapshot(), now
	o.events()
	if o.config.OnSnapshot != nil {
		o.config.OnSnapshot(o.last)
	}
	return o.config.Done != nil && o.config.Done(o.last)
}

func (o *Observer) events() {
	for _, e := range o.state.events() {
		if o.config.OnEvent != nil {
			o.config.OnEvent(e)
		}
	}
}

// next returns when Turn must be called, if nothing is observed before. It is reckoned from when it was last called, so
// that one that took long, or a callback that did, counts as the observer's lateness.
func (o *Observer) next(now instant) instant {
	at := min(instant(o.schedule.at())+1, o.advanced+instant(o.tick))
	if o.state.urgent {
		at = min(at, o.advanced+instant(shortestStep))
	}
	return max(at, now+instant(leastSleep))
}

// account takes into account by how much this turn is later than it was to be.
func (o *Observer) account(now instant) {
	switch late := now.since(o.wake); {
	case late > o.config.Policy.late():
		o.state.pause(now, fmt.Sprintf("the observer was not running for %v", late.Round(time.Millisecond)))
		o.schedule.skip(now.since(1))
	case late > longestTick:
		o.state.late += late
	}
}

// Finish tells the last of it, when the run ends before it is done, and returns the last snapshot.
func (o *Observer) Finish() *Snapshot {
	now := o.now()
	o.account(now)
	o.reduce(now)
	o.state.advance(now)
	o.snapshot(now)
	o.end()
	return o.last
}

// end tells that the run has ended.
func (o *Observer) end() {
	o.state.ended(o.last)
	o.events()
}
