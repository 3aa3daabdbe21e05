package lab

import (
	"slices"
	"sync"
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

// stream ships the effects of one shard to one shard of another region: those of the slots that both own, in order, each
// one delay after it was executed. What is in flight stays in the source's backlog until it is delivered; what makes it
// in flight is that the source keeps it there for as long as the connection lasts, whatever the backlog's limit.
//
// A connection that was lost is made again as soon as nothing hinders it. The first message of the receiver takes one
// delay, and then everything is sent that is after the receiver's position, arriving one delay later; or, when the
// source does not have that any more, a copy of its keys.
type stream struct {
	lab      *Lab
	from, to *shard
	reverse  *stream       // from to to from
	common   []slots.Range // owned by both
	whole    bool          // common is all that from owns
	usual    time.Duration // delay of the link
	wake     chan struct{} // capacity 1

	// mu is held while effects are delivered, so that a fault is in force when Inject returns. It is taken before the locks
	// of the shards, and those are never held together.
	mu        sync.Mutex
	mode      LinkState // LinkUp, LinkSlow, LinkStalled or LinkCut
	slow      time.Duration
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

	// Under from.mu.
	cursor  int64 // the oldest offset that is not delivered
	holding bool  // the source keeps everything from the cursor on
	idle    bool  // everything is delivered: the next effect must wake the stream

	// Under to.mu.
	receipt
	caughtUp bool // since the receiver was last down
}

func newStream(l *Lab, from, to *shard, delay time.Duration) *stream {
	s := &stream{lab: l, from: from, to: to, usual: delay, wake: make(chan struct{}, 1), caughtUp: true}
	for _, a := range from.slots {
		for _, b := range to.slots {
			if first, last := max(a.First, b.First), min(a.Last, b.Last); first <= last {
				s.common = append(s.common, slots.Range{First: first, Last: last})
			}
		}
	}
	s.whole = slices.Equal(s.common, from.slots)
	return s
}

func (s *stream) carries(slot int) bool {
	for _, r := range s.common {
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

// run ships until the lab closes.
func (s *stream) run() {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		timer.Stop()
		if wait := s.step(); wait >= 0 {
			timer.Reset(wait)
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
	}
	return s.mode
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
	switch s.state() {
	case LinkDown, LinkCut:
		s.disconnect()
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
		s.connect(now)
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
// can, as long as there never was anything either.
func (sh *shard) continues(p position) bool {
	if p == (position{}) {
		return sh.log.next == 0
	}
	return sh.history.holds(p) && sh.log.reaches(p.offset)
}

// settled tells whether the receiver has everything. The caller holds both shards' locks.
func (s *stream) settled() bool {
	return s.receipt == receipt{position: position{s.from.history.incarnation, s.from.log.next}}
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

// deliver applies what has been on its way for long enough. The caller holds mu.
func (s *stream) deliver() time.Duration {
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
		if State(s.to.state.Load()) != Up {
			s.to.mu.Unlock()
			return untilWoken
		}
		for i := range s.batch {
			s.to.apply(&s.batch[i])
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
	}
	return 0
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
	for next = s.cursor; next < log.next && len(s.batch) < batchSize; next++ {
		r := log.at(next)
		if due := max(r.at, s.since) + s.delay(); due > now {
			wait = due - now
			break
		}
		if s.whole || s.carries(r.effect.Slot()) {
			s.batch = append(s.batch, r.effect)
		}
	}
	if next > s.cursor {
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
	if State(s.to.state.Load()) != Up {
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
