package lab

import (
	"fmt"
	"hash/fnv"
	"math"
	"math/rand/v2"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aafailover/aafailover/lab/engine"
	"github.com/aafailover/aafailover/slots"
)

// untilWoken is what step returns when there is nothing to do before something happens.
const untilWoken = -1

// batchSize bounds the effects that are applied under one hold of the receiving shard's lock, and batches how many of them
// there are in one step, so that clients and faults get their turn however much there is to do.
const (
	batchSize = 256
	batches   = 64
)

// stream ships effects of one shard to one shard of another region: those of the slots that it carries, in order, each one
// delay after it was executed. What is in flight stays in the source's backlog until it is delivered; what makes it
// in flight is that the source keeps it there for as long as the connection lasts, whatever the backlog's limit.
//
// A connection that was lost is made again as soon as nothing hinders it. The first message of the receiver takes one
// delay, and then everything is sent that is after the receiver's position, arriving one delay later; or, when the
// source does not have that any more, a copy of its keys.
//
// Every slot has exactly one stream from a region to another, which ships what is executed. When a slot moves to another
// shard of the source's region, the stream is left with the messages that were published up to then, and ends with those; the
// stream from the new owner waits for it. When a slot moves in the receiver's region, a part of the stream is split off for the new
// owner, as far as the whole has got.
type stream struct {
	lab      *Lab
	from, to *shard
	usual    time.Duration // delay of the link
	wake     chan struct{} // capacity 1

	// mu is held while effects are delivered, so that a fault is in force when Inject returns. It is taken before the locks
	// of the shards, and those are never held together.
	mu        sync.Mutex
	carried   []slots.Range
	whole     bool          // no effect of the source is of any other slot
	until     int64         // the offset with which it ends, or endless
	of        string        // the incarnation of the source that has this offset, unless it is endless
	after     []*stream     // that deliver before it does
	waiting   []*stream     // whose after has this one
	mode      LinkState     // LinkUp, LinkSlow, LinkStalled or LinkCut
	slow      time.Duration // the delay while LinkSlow
	loss      float64       // share of the messages that are lost, 0 to 1
	chance    *rand.Rand    // decides which
	echoes    bool          // everything is delivered twice
	connected bool
	asking    bool            // the receiver's first message is on its way
	asked     time.Duration   // when that was sent, since the lab began
	since     time.Duration   // when it arrived, and the source began to send
	target    int64           // the source's offset then: getting there is catching up
	copying   []engine.Effect // rest of a full copy that is on its way; nil: none
	copied    position        // what it is a copy of
	recovers  bool            // it is to bring back what the receiver has lost
	batch     []engine.Effect // reused
	resumes   int64
	copies    int64

	ended atomic.Bool // nothing is left to do; set under mu

	// Under from.mu.
	cursor  int64 // the oldest offset that is not delivered
	holding bool  // the source keeps everything from the cursor on
	idle    bool  // everything is delivered: the next effect must wake the stream

	// Under to.mu.
	receipt
	caughtUp bool // since the receiver was last down
}

// endless is the end of a stream whose slots have not moved.
const endless = math.MaxInt64

func newStream(from, to *shard, carried []slots.Range, delay time.Duration) *stream {
	l := from.region.lab
	return &stream{lab: l, from: from, to: to, carried: carried, until: endless, usual: delay,
		chance: l.chance(from, to, carried), wake: make(chan struct{}, 1), caughtUp: true}
}

// common returns the slots that are in both.
func common(as, bs []slots.Range) []slots.Range {
	var both []slots.Range
	for _, a := range as {
		for _, b := range bs {
			if first, last := max(a.First, b.First), min(a.Last, b.Last); first <= last {
				both = append(both, slots.Range{First: first, Last: last})
			}
		}
	}
	return both
}

// chance returns a source of what happens by chance on the way between two shards, with the slots of a stream.
func (l *Lab) chance(from, to *shard, carried []slots.Range) *rand.Rand {
	seed := l.config.Seed
	if seed == 0 {
		seed = rand.Uint64()
	}
	h := fnv.New64a()
	_, _ = fmt.Fprintf(h, "%s %d %s %d %v", from.region.name, from.index, to.region.name, to.index, carried)
	return rand.New(rand.NewPCG(seed, h.Sum64()))
}

func (s *stream) carries(slot int) bool { return contains(s.carried, slot) }

func contains(ranges []slots.Range, slot int) bool {
	for _, r := range ranges {
		if r.First <= slot && slot <= r.Last {
			return true
		}
	}
	return false
}

// signal makes the stream look again. It never blocks.
func (s *stream) signal() {
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// run ships until the stream ends or the lab closes.
func (s *stream) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Stop()
		if wait := s.step(); wait >= 0 {
			timer.Reset(wait)
		}
		if s.ended.Load() {
			return
		}
		select {
		case <-timer.C:
		case <-s.wake:
		case <-s.lab.closed:
			return
		}
	}
}

// state says how the stream is, both shards considered.
func (s *stream) state() LinkState {
	from, to := State(s.from.state.Load()), State(s.to.state.Load())
	switch {
	case from == Down || to == Down:
		return LinkDown
	case s.mode == LinkCut:
		return LinkCut
	case from == Hung || to == Hung:
		return LinkStalled
	case s.mode != LinkUp:
		return s.mode
	case s.loss > 0:
		return LinkLossy
	case s.echoes:
		return LinkEchoing
	}
	return LinkUp
}

func (s *stream) delay() time.Duration {
	if s.mode == LinkSlow {
		return s.slow
	}
	return s.usual
}

// step does what is due and returns how long to wait before there is more.
func (s *stream) step() time.Duration {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.ended.Load() {
		return untilWoken
	}
	switch s.state() {
	case LinkDown, LinkCut:
		s.disconnect()
		s.wakeWaiting() // they do not wait for a source that is down
		return untilWoken
	case LinkStalled:
		return untilWoken
	}
	now := s.lab.now()
	if !s.connected {
		if !s.asking {
			s.asking, s.asked = true, now
		}
		if arrives := s.asked + s.delay(); now < arrives {
			return arrives - now
		}
		if s.connect(now); s.ended.Load() {
			return untilWoken
		}
	}
	if s.copying != nil {
		if due := s.since + s.delay(); now < due {
			return due - now
		}
		return s.applyCopy()
	}
	return s.deliver()
}

// connect lets the source decide where to go on from. The caller holds mu.
func (s *stream) connect(now time.Duration) {
	s.to.mu.Lock()
	at, mustCopy := s.position, s.mustCopy
	s.to.mu.Unlock()

	s.from.mu.Lock()
	s.target = s.from.log.next
	resumes := !mustCopy && s.from.continues(at)
	if s.until != endless {
		// Of what it had to ship the source may have lost the end, and what it executes now has those offsets, or never gets there.
		s.until, _ = s.from.history.shares(position{s.of, s.until})
		s.of = s.from.history.incarnation
	}
	if s.until != endless && (!resumes || at.offset >= s.until) {
		s.from.mu.Unlock()
		s.finish() // what it had to ship is gone, or has arrived; of the keys, their new owners ship copies
		return
	}
	if resumes {
		s.cursor = at.offset
	} else {
		s.cursor = s.target
		s.copying = slices.AppendSeq(make([]engine.Effect, 0, 1), s.from.engine.State(s.carries))
	}
	at = position{s.from.history.incarnation, s.cursor}
	s.copied, s.recovers = at, mustCopy
	s.holding, s.idle = true, false
	s.from.mu.Unlock()

	s.connected, s.asking, s.since = true, false, now
	if resumes {
		s.resumes++
		s.to.mu.Lock()
		if State(s.to.state.Load()) != Down { // killed in between: the position has rolled back, and stays so
			s.position = at
			s.arrived()
		}
		s.to.mu.Unlock()
	} else {
		s.copies++
	}
}

// continues says whether a receiver at the position can be sent the rest from the backlog. One that never had anything
// can, as long as there never was anything either: a shard without effects of its own may know keys from others, or have found
// them in its server.
func (sh *shard) continues(p position) bool {
	if p == (position{}) {
		return sh.log.next == 0 && !sh.engine.EverWritten()
	}
	return sh.history.holds(p) && sh.log.reaches(p.offset)
}

// settled tells whether the receiver has everything. The caller holds both shards' locks.
func (s *stream) settled() bool {
	return s.ended.Load() || s.receipt == receipt{position: position{s.from.history.incarnation, s.from.log.next}}
}

// disconnect loses the connection and all that is in flight. The caller holds mu.
func (s *stream) disconnect() {
	s.connected, s.asking, s.copying = false, false, nil
	s.from.mu.Lock()
	if s.holding {
		s.holding, s.idle = false, false
		s.from.trim()
	}
	s.from.mu.Unlock()
}

// finish ends a stream whose slots have moved. The caller holds mu.
func (s *stream) finish() {
	s.disconnect()
	s.ended.Store(true)
	s.to.mu.Lock()
	s.to.caughtUp(s)
	s.to.mu.Unlock()
	s.wakeWaiting()
}

func (s *stream) wakeWaiting() {
	for _, w := range s.waiting {
		w.signal()
	}
}

// waits says whether a stream that was left with effects of the same slots has still to deliver them. It is not waited for
// while its source is down. The caller holds mu.
func (s *stream) waits() bool {
	s.after = slices.DeleteFunc(s.after, func(a *stream) bool { return a.ended.Load() })
	return slices.ContainsFunc(s.after, func(a *stream) bool { return State(a.from.state.Load()) != Down })
}

// deliver applies what has been on its way for long enough. The caller holds mu.
func (s *stream) deliver() time.Duration {
	if s.waits() {
		return untilWoken
	}
	for range batches {
		next, wait, ok := s.take(s.lab.now())
		if !ok {
			s.disconnect()
			s.signal() // to connect again
			return untilWoken
		}
		if next < 0 {
			return wait
		}
		s.to.mu.Lock()
		if State(s.to.state.Load()) != Up || s.to.keys.broken() {
			s.to.mu.Unlock()
			return untilWoken
		}
		for i := range s.batch {
			s.arrive(&s.batch[i])
		}
		if s.to.keys.show(s) != nil {
			s.to.mu.Unlock()
			return untilWoken // its end is noted, and then its streams are woken
		}
		s.position.offset = next
		s.arrived()
		s.to.mu.Unlock()

		s.from.mu.Lock()
		if s.holding {
			s.cursor = next
			s.from.trim()
		}
		s.from.mu.Unlock()
		if next >= s.until {
			s.finish()
			return untilWoken
		}
	}
	return 0
}

// arrive applies one effect at the receiver: not at all if it is a message that the link loses, and twice where the link
// echoes. Of slots that have moved, it is the new owner who ships the keys: it knows what has become of them. The caller
// holds the receiver's lock.
func (s *stream) arrive(x *engine.Effect) {
	message := x.Kind == engine.Publish
	if message && s.loss > 0 && s.chance.Float64() < s.loss || !message && s.until != endless {
		return
	}
	s.to.apply(x)
	if s.echoes {
		s.to.apply(x)
	}
}

// take fills the batch with effects that are due and returns the offset behind them; or -1 and how long until the next
// one is due. It is not ok when the source has given the connection up.
func (s *stream) take(now time.Duration) (next int64, wait time.Duration, ok bool) {
	clear(s.batch)
	s.batch = s.batch[:0]
	s.from.mu.Lock()
	defer s.from.mu.Unlock()
	if !s.holding {
		return 0, 0, false
	}
	if State(s.from.state.Load()) != Up {
		return -1, untilWoken, true
	}
	log := &s.from.log
	end := min(log.next, s.until)
	for next = s.cursor; next < end && len(s.batch) < batchSize; next++ {
		r := log.at(next)
		if due := max(r.at, s.since) + s.delay(); due > now {
			wait = due - now
			break
		}
		if s.whole || s.carries(r.effect.Slot()) {
			s.batch = append(s.batch, r.effect)
		}
	}
	if next > s.cursor || next >= s.until {
		return next, 0, true
	}
	if next == log.next {
		s.idle = true
		return -1, untilWoken, true
	}
	return -1, wait, true
}

// applyCopy merges a part of a full copy. The caller holds mu.
func (s *stream) applyCopy() time.Duration {
	s.to.mu.Lock()
	defer s.to.mu.Unlock()
	if State(s.to.state.Load()) != Up || s.to.keys.broken() {
		return untilWoken
	}
	s.to.copied = s.lab.now()
	some := s.copying[:min(batchSize, len(s.copying))]
	for i := range some {
		// What the receiver had lost nobody else ever ships, so others that missed it get it from here.
		if s.to.learn(&some[i]) && s.recovers {
			s.to.ship(some[i])
		}
	}
	if s.to.keys.show(s) != nil {
		return untilWoken
	}
	if s.copying = s.copying[len(some):]; len(s.copying) == 0 {
		s.copying = nil
		s.receipt = receipt{position: s.copied}
		s.arrived()
	}
	return 0
}

// arrived notes when the receiver has caught up. The caller holds the receiver's lock.
func (s *stream) arrived() {
	if !s.caughtUp && s.position.offset >= s.target {
		s.to.caughtUp(s)
	}
}
