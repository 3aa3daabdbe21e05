package simulate

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// world is a deployment and its network in virtual time, with one real observer of package probe.
type world struct {
	ctx      context.Context // of the run; an hour of virtual time can take long
	unspent  int64           // steps that were taken and are not yet counted: see spend
	q        Question
	random   *rand.Rand
	now      instant
	agenda   agenda
	observer *probe.Observer
	turn     instant // when the observer looks next
	asleep   instant // until then the observer does nothing, and reads nothing
	regions  []*place
	names    []string
	paths    []path         // between regions: by channel, then by target
	channels map[string]int // by name, index of its first path
	spare    []*message

	// watch is told of every snapshot.
	watch func(*probe.Snapshot)
	// stretch is by how much delays are multiplied now; nil: not at all.
	stretch func(now instant) float64

	err error
}

// path is how messages of one channel get to one region.
type path struct {
	from, source  int  // the region and shard that they come from
	target, shard int  // where they arrive
	cut           bool // nothing gets through any more
	last          instant
	losing        bool
	lossSeen      instant // when losing was true or not; 0: never
}

// epoch is what instants are reckoned from.
var epoch = time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)

// Of the observer's machine: how long it takes until the loop runs when something has arrived, and how late a timer is, on
// average.
const (
	wakeUp    = 20 * time.Microsecond
	timerLate = 100 * time.Microsecond
)

// newWorld returns a world in which all connections are just open. Worlds of one seed and number are alike.
func newWorld(ctx context.Context, q Question, number int) (*world, error) {
	maps, cover := deployment(q.Regions, q.Shards)
	w := &world{ctx: ctx, unspent: lookUp, q: q, random: rand.New(rand.NewPCG(q.Seed, uint64(number))), channels: map[string]int{}}
	c := probe.Config{
		Policy: q.Policy, Prefix: prefix, Observer: "simulated", Maps: maps, Cover: cover,
		OnSnapshot: func(s *probe.Snapshot) {
			w.unspent += snapshotSteps
			if w.watch != nil {
				w.watch(s)
			}
		},
		// Somebody writes, and all writes are readable: what holds a return back is then what the probe itself sees.
		Proof: func(string) probe.Proof { return probe.Proof{Writes: probe.WritesProven} },
	}
	for i, m := range maps {
		p := &place{world: w, index: i, shards: make([]server, len(m.Shards))}
		w.regions, w.names = append(w.regions, p), append(w.names, m.Region)
		c.Endpoints = append(c.Endpoints, p)
	}
	var err error
	if w.observer, err = probe.NewObserver(c, func() time.Time { return epoch.Add(w.now) }); err != nil {
		return nil, err
	}
	w.connect(maps, cover)
	return w, nil
}

// connect lays the paths and opens all connections.
func (w *world) connect(maps []slots.Map, cover []int) {
	for from, m := range maps {
		for _, slot := range cover {
			source, _ := m.ShardOf(slot)
			w.channels[slots.Channel(prefix, slot, m.Region)] = len(w.paths)
			for to := range maps {
				shard, _ := maps[to].ShardOf(slot)
				w.paths = append(w.paths, path{from: from, source: source, target: to, shard: shard})
			}
		}
	}
	for i, p := range w.regions {
		p.sink = w.observer.Sink(i)
		for shard := range p.shards {
			p.open(shard)
		}
	}
}

// lookUp is after how many steps is looked whether anybody still waits for the result.
const lookUp = 1 << 8

// run lets time pass until then, or until done says so.
func (w *world) run(until instant, done func() bool) {
	for w.err == nil && (done == nil || !done()) {
		if w.unspent >= lookUp {
			if w.err = spend(w.ctx, w.unspent); w.err != nil {
				return
			}
			w.unspent = 0
		}
		w.unspent++
		at := w.turn
		event := !w.agenda.empty() && w.agenda.next() <= at
		if event {
			at = w.agenda.next()
		}
		if at = max(at, w.asleep); at > until {
			w.now = until
			return
		}
		w.now = max(w.now, at)
		if event {
			w.do(w.agenda.pop())
			continue
		}
		next, ended := w.observer.Turn()
		if ended {
			w.err = fmt.Errorf("the observer ended by itself at %v", w.now)
		}
		w.turn = max(w.now, next.Sub(epoch)) + time.Duration(w.random.ExpFloat64()*float64(timerLate))
	}
}

// do lets an event happen.
func (w *world) do(e event) {
	p := w.regions[e.region]
	switch e.what {
	case arrival:
		p.arrived(e.shard, e.life, e.message)
		if e.message.bound--; e.message.bound == 0 {
			w.spare = append(w.spare, e.message)
		}
	case answer:
		p.answered(e.shard, e.life, e.id)
	case expiry:
		p.expired(e.shard, e.life, e.id)
	case redial:
		p.redial(e.shard, e.life)
	}
	w.turn = min(w.turn, w.now+wakeUp)
}

// delay returns how long something takes that is sent now.
func (w *world) delay() time.Duration {
	n := &w.q.Network
	median := float64(n.Delay)
	if w.stretch != nil {
		median *= w.stretch(w.now)
	}
	d := time.Duration(median * math.Exp(n.Sigma*w.random.NormFloat64()))
	if n.Retransmit > 0 {
		times := 0
		for times < mostRetransmits && w.random.Float64() < n.Retransmit {
			times++
		}
		d += n.resent(times)
	}
	return d
}

// loses tells whether a message that is sent on a path now is lost.
func (w *world) loses(p *path) bool {
	n := &w.q.Network
	if n.Loss == 0 {
		return false
	}
	share := n.Loss
	if n.Burst > 0 && p.lossSeen > 0 {
		remembers := math.Exp(-float64(w.now-p.lossSeen) / float64(n.Burst) / (1 - n.Loss))
		share *= 1 - remembers
		if p.losing {
			share += remembers
		}
	}
	p.losing, p.lossSeen = w.random.Float64() < share, w.now
	return p.losing
}

// send puts a message on its ways to all regions.
func (w *world) send(from, shard int, channel string, payload []byte) {
	first, ok := w.channels[channel]
	if !ok {
		w.err = fmt.Errorf("published on %q, to which nobody has subscribed", channel)
		return
	}
	m := w.message(channel, payload)
	for i := range w.regions {
		p := &w.paths[first+i]
		if i != from && (p.cut || w.loses(p)) {
			continue
		}
		to := w.regions[i]
		leg := w.delay() / 4
		at := w.regions[from].awake(shard, w.now+leg)
		at = to.awake(p.shard, at+2*leg) + leg
		p.last = max(p.last, at)
		m.bound++
		w.agenda.add(event{at: p.last, what: arrival, region: i, shard: p.shard, message: m, life: to.shards[p.shard].listening})
	}
	if m.bound == 0 {
		w.spare = append(w.spare, m)
	}
}

// message returns a message with a copy of the payload, which belongs to the observer.
func (w *world) message(channel string, payload []byte) *message {
	m := &message{}
	if n := len(w.spare); n > 0 {
		m, w.spare = w.spare[n-1], w.spare[:n-1]
	}
	m.channel, m.payload = append(m.channel[:0], channel...), append(m.payload[:0], payload...)
	return m
}

// settle lets the observer find out that all is well, for as long as its windows need to be full.
func (w *world) settle() {
	p := &w.q.Policy
	w.run(w.now+p.Deadline+time.Duration(p.Window+p.Up)*p.Interval+time.Duration(w.random.Float64()*float64(p.Interval)), nil)
}

// pauseObserver lets the process that observes do nothing for a while.
func (w *world) pauseObserver(length time.Duration) { w.asleep = w.now + length }

// cut cuts all that leads from shards of one region to another, or mends it: from one shard, or all of them when it is -1.
func (w *world) cut(from, shard, to int, cut bool) {
	for i := range w.paths {
		p := &w.paths[i]
		if p.from == from && p.target == to && from != to && (shard < 0 || p.source == shard) {
			p.cut = cut
		}
	}
}

// isolate cuts or mends all links to and from a region.
func (w *world) isolate(region int, cut bool) {
	for other := range w.regions {
		w.cut(region, -1, other, cut)
		w.cut(other, -1, region, cut)
	}
}

// deadlines lets time pass, and returns the deadlines that links had, of each as often as an interval has passed.
func (w *world) deadlines(length time.Duration) []time.Duration {
	var seen []time.Duration
	for end := w.now + length; w.now < end && w.err == nil; {
		w.run(min(end, w.now+w.q.Policy.Interval), nil)
		snap := w.observer.Snapshot()
		w.unspent += snapshotSteps
		for i := range snap.Links {
			if l := &snap.Links[i]; !l.Loop() {
				seen = append(seen, l.Deadline)
			}
		}
	}
	return seen
}
