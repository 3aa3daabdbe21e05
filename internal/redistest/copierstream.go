package redistest

import (
	"context"
	"slices"
	"sync"
	"time"
)

// maxHeld bounds the effects that a Stream holds. Once there are so many it reads
// no more, and the source keeps them.
const maxHeld = 1 << 20

// maxBatch bounds the effects that are applied in one transaction.
const maxBatch = 128

// Stream is one direction of a Copier. Effects wait in it, in order, until they
// are due:
//
//	follow -> queue -> flying -> apply -> applied
//
// Its methods may be called from any goroutine.
type Stream struct {
	source, target *Server

	position // of follow alone

	mu       sync.Mutex
	wake     chan struct{} // holds a token when apply should look again
	cut      bool          // no connection to the source, nothing is applied
	stalled  bool          // reads on, nothing is applied
	delay    time.Duration
	followed bool         // the source has accepted the stream at least once
	conn     interruption // of the connection to the source
	queue    []*waiting
	flying   []*waiting // taken from the queue to be applied together
	trying   bool       // flying is under way to the target
	applied  []Effect
	lost     []Effect
	trouble  error // the last of either connection, for the log of a test that fails
}

// waiting is an effect that is not applied yet.
type waiting struct {
	effect Effect
	due    time.Time
	// everything stands for all keys of the source instead: a stream that cannot be
	// followed from where it was left, or a target that was started anew.
	everything bool
}

// interruption ends a connection that may be read from at the time.
type interruption func()

func newStream(source, target *Server) *Stream {
	return &Stream{source: source, target: target, wake: make(chan struct{}, 1)}
}

// Cut ends the connection to the source and applies nothing any more. After Heal
// the stream goes on where it was, if the source's backlog still reaches back;
// otherwise the keys are copied, and messages are lost for good.
func (s *Stream) Cut() {
	s.change(func() {
		s.cut = true
		if s.conn != nil {
			s.conn()
		}
	})
}

// Stall applies nothing any more, while the connections stay and all that comes
// is held: after Heal it arrives late, and in order. Effects that are on their way
// to the target at this moment still arrive.
func (s *Stream) Stall() { s.change(func() { s.stalled = true }) }

// Heal ends a Cut and a Stall.
func (s *Stream) Heal() { s.change(func() { s.cut, s.stalled = false, false }) }

// Delay lets every effect that is read from now on wait for so long.
func (s *Stream) Delay(d time.Duration) { s.change(func() { s.delay = d }) }

// Lose forgets all effects that are held, for ever.
func (s *Stream) Lose() {
	s.change(func() {
		gone := s.queue
		if !s.trying {
			gone = append(s.flying, gone...)
			s.flying = nil
		}
		s.queue = nil
		for _, w := range gone {
			if !w.everything {
				s.lost = append(s.lost, w.effect)
			}
		}
	})
}

// Held is the number of effects that were read and are not applied yet.
func (s *Stream) Held() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.queue) + len(s.flying)
}

// Applied are the effects that were applied until now, in their order.
func (s *Stream) Applied() []Effect {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.applied)
}

// Lost are the effects that Lose has forgotten.
func (s *Stream) Lost() []Effect {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.lost)
}

// inStep tells whether the source is followed and all that it had is applied.
func (s *Stream) inStep() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.followed && len(s.queue) == 0 && len(s.flying) == 0
}

func (s *Stream) change(to func()) {
	s.mu.Lock()
	to()
	s.mu.Unlock()
	select {
	case s.wake <- struct{}{}:
	default:
	}
}

// push adds to the end of the queue, and waits while that is full.
func (s *Stream) push(ctx context.Context, e Effect, everything bool) {
	for s.Held() >= maxHeld && ctx.Err() == nil {
		idle(ctx)
	}
	s.change(func() {
		s.queue = append(s.queue, &waiting{effect: e, due: time.Now().Add(s.delay), everything: everything})
	})
}

// take waits for effects that are due and returns them, those that failed before
// first; or alone what stands for everything. It returns none when the context has ended.
func (s *Stream) take(ctx context.Context) []*waiting {
	for ctx.Err() == nil {
		wait := time.Hour // until woken
		s.mu.Lock()
		if !s.cut && !s.stalled {
			now := time.Now()
			for s.fits(now) {
				s.flying, s.queue = append(s.flying, s.queue[0]), s.queue[1:]
			}
			if s.trying = len(s.flying) > 0; s.trying {
				defer s.mu.Unlock()
				return s.flying
			}
			if len(s.queue) > 0 {
				wait = s.queue[0].due.Sub(now)
			}
		}
		s.mu.Unlock()
		select {
		case <-s.wake:
		case <-time.After(wait):
		case <-ctx.Done():
		}
	}
	return nil
}

// fits tells whether the head of the queue is due and can be applied together with
// what is flying. What stands for everything is applied alone.
func (s *Stream) fits(now time.Time) bool {
	if len(s.queue) == 0 || len(s.flying) >= maxBatch || s.queue[0].due.After(now) {
		return false
	}
	return len(s.flying) == 0 || !s.queue[0].everything && !s.flying[0].everything
}

// flown ends what take began: when all went well the effects are on record.
func (s *Stream) flown(err error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.trying = false
	if err != nil {
		s.trouble = err
		return
	}
	for _, w := range s.flying {
		if !w.everything {
			s.applied = append(s.applied, w.effect)
		}
	}
	s.flying = nil
}

// held tells whether nothing may be applied.
func (s *Stream) held() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.cut || s.stalled
}
