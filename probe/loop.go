package probe

import (
	"context"
	crand "crypto/rand"
	"fmt"
	"math/rand/v2"
	"time"

	"golang.org/x/sync/errgroup"
)

// The rhythm of the loop.
const (
	// longestTick is how long a deadline that has passed may go unnoticed.
	longestTick = 25 * time.Millisecond
	// shortestStep is the least time between two looks at the whole state.
	shortestStep = 5 * time.Millisecond
	// leastSleep bounds how often the loop wakes up by itself: what is due within it is sent together.
	leastSleep = time.Millisecond
	// snapshotGap is the least time between two snapshots.
	snapshotGap = 50 * time.Millisecond
)

// Run observes until ctx ends or c.Done says so, and returns the last snapshot. When it returns, everything that it
// started has ended. The error is what [Config.Check] has found, before anything was started, or that of an endpoint
// that could not run; that ctx ended is no error.
func Run(ctx context.Context, c Config) (*Snapshot, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	l := newLoop(&c)
	group, running := errgroup.WithContext(ctx)
	running, stop := context.WithCancel(running)
	defer stop()
	for i, endpoint := range c.Endpoints {
		sink := l.sink(i)
		group.Go(func() error {
			err := endpoint.Run(running, l.subscriptions(i), sink)
			switch {
			case running.Err() != nil:
				err = nil // it was told to end: what it says of that is no news
			case err == nil:
				err = fmt.Errorf("%s: stopped observing by itself", c.Maps[i].Region)
			}
			return err
		})
	}
	last := l.run(running)
	stop()
	return last, group.Wait()
}

// loop is the one goroutine that owns the state.
type loop struct {
	config   *Config
	state    *state
	queue    *queue
	schedule *schedule
	nonces   *rand.ChaCha8
	channels map[string]int32

	payload  []byte // of the message being sent
	batch    []observation
	advanced instant // when the state was last brought up to date
	made     instant // when the last snapshot was
	last     *Snapshot
	tick     time.Duration
}

func newLoop(c *Config) *loop {
	var seed [32]byte
	_, _ = crand.Read(seed[:]) // never fails, by its documentation
	l := &loop{config: c, nonces: rand.NewChaCha8(seed), channels: map[string]int32{}}
	observer := c.Observer
	if observer == "" {
		observer = randomID(l.nonces)
	}
	l.state = newState(c, observer, time.Now())
	places := make([]int, len(c.Maps))
	for i, m := range c.Maps {
		places[i] = len(m.Shards)
	}
	l.schedule = newSchedule(c.Policy.Interval, len(c.Cover), places)
	for i, ch := range l.state.channels {
		if ch != nil {
			l.channels[ch.name] = int32(i)
		}
	}
	// Room for all that two intervals can bring, twice over: a message comes back once from every region and is
	// acknowledged once.
	perInterval := len(l.state.channels)*(len(c.Maps)+1) + len(l.schedule.tasks)
	l.queue = newQueue(max(1<<12, 4*perInterval))
	l.tick = min(max(c.Policy.Interval/8, shortestStep), longestTick)
	return l
}

// randomID makes up the id of an observer.
func randomID(random *rand.ChaCha8) string {
	const letters = "0123456789abcdefghijklmnopqrstuvwxyz"
	id := make([]byte, randomObserver)
	r := rand.New(random)
	for i := range id {
		id[i] = letters[r.IntN(len(letters))]
	}
	return string(id)
}

// sink returns what one region tells its observations to.
func (l *loop) sink(region int) Sink {
	return &sink{
		queue: l.queue, clock: l.state.clock, region: uint16(region), observer: []byte(l.state.observer), channels: l.channels,
	}
}

// subscriptions returns the channels that each shard of a region is to deliver: those of all source regions.
func (l *loop) subscriptions(region int) [][]string {
	names := make([][]string, len(l.config.Maps[region].Shards))
	for _, ch := range l.state.channels {
		if ch == nil {
			continue
		}
		if c := ch.cells[region]; c != nil {
			names[c.shard] = append(names[c.shard], ch.name)
		}
	}
	return names
}

// run sends, reduces and tells until ctx ends or it is done, and returns the last snapshot.
func (l *loop) run(ctx context.Context) *Snapshot {
	l.state.started()
	wake := l.now()
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
		case <-l.queue.ready:
		case <-timer.C:
		}
		now := l.now()
		if late := now.since(wake); late > l.config.Policy.Pause {
			l.state.paused(now, fmt.Sprintf("the observer was not running for %v", late.Round(time.Millisecond)))
			l.schedule.skip(l.elapsed(now))
		}
		l.reduce(now)
		l.send(now)
		if l.tell(now) {
			l.end()
			return l.last
		}
		wake = l.next(now)
		timer.Reset(wake.since(l.now()))
	}
	l.finish()
	return l.last
}

func (l *loop) now() instant { return l.state.clock.instant(time.Now()) }

// elapsed returns the time since the start.
func (l *loop) elapsed(now instant) time.Duration { return now.since(1) }

// reduce hands the state what was observed.
func (l *loop) reduce(now instant) {
	batch, dropped := l.queue.take(l.batch)
	if dropped > 0 {
		l.state.dropped += dropped
		l.state.paused(now, fmt.Sprintf("%d observations came faster than they could be taken in", dropped))
	}
	for i := range batch {
		l.state.observe(&batch[i])
	}
	l.batch = batch
}

// send does what is due, in the shards that were heard of: before, there is nobody yet to tell what became of it.
func (l *loop) send(now instant) {
	for l.schedule.at() <= l.elapsed(now) {
		t := l.schedule.pop()
		if t.place < 0 {
			if !l.state.heardOf(t.region, t.shard) {
				continue
			}
			id := l.state.pinged(t.region, t.shard, l.now())
			l.config.Endpoints[t.region].Ping(t.shard, id)
			continue
		}
		for region := range l.config.Endpoints {
			if ch := l.state.channels[region*len(l.config.Cover)+t.place]; ch != nil && l.state.heardOf(region, ch.shard) {
				l.publish(ch)
			}
		}
	}
}

// publish sends the next message of a channel.
func (l *loop) publish(ch *channel) {
	m := message{observer: l.state.observer, nonce: l.nonces.Uint64()}
	m.seq = l.state.published(ch, m.nonce, l.now())
	l.payload = m.append(l.payload[:0])
	l.config.Endpoints[ch.region].Publish(ch.shard, messageID(ch.index, m.seq), ch.name, l.payload)
}

// tell brings the state up to date, and tells of events and, when it is time, a snapshot. It returns whether the run is
// done.
func (l *loop) tell(now instant) (done bool) {
	since := now.since(l.advanced)
	if since < l.tick && (!l.state.urgent || since < shortestStep) {
		return false
	}
	l.state.advance(now)
	l.advanced = now
	due := l.config.Policy.Interval
	if l.state.changed {
		due = min(due, snapshotGap)
	}
	if l.last == nil || now.since(l.made) >= due {
		return l.snapshot(now)
	}
	l.events()
	return false
}

// snapshot makes a snapshot, tells of it, and returns whether the run is done.
func (l *loop) snapshot(now instant) (done bool) {
	l.last, l.made = l.state.snapshot(), now
	l.events()
	if l.config.OnSnapshot != nil {
		l.config.OnSnapshot(l.last)
	}
	return l.config.Done != nil && l.config.Done(l.last)
}

func (l *loop) events() {
	for _, e := range l.state.events() {
		if l.config.OnEvent != nil {
			l.config.OnEvent(e)
		}
	}
}

// next returns when the loop must wake up, if nothing is observed before. It is reckoned from when the loop last woke up,
// so that a turn that took long, or a callback that did, counts as the observer's lateness.
func (l *loop) next(now instant) instant {
	at := min(instant(l.schedule.at())+1, l.advanced+instant(l.tick))
	if l.state.urgent {
		at = min(at, l.advanced+instant(shortestStep))
	}
	return max(at, now+instant(leastSleep))
}

// finish tells the last of it, when nobody said that the run was done.
func (l *loop) finish() {
	now := l.now()
	l.reduce(now)
	l.state.advance(now)
	l.snapshot(now)
	l.end()
}

// end tells that the run has ended.
func (l *loop) end() {
	l.state.ended(l.last)
	l.events()
}
