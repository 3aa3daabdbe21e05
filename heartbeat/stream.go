package heartbeat

import (
	"time"

	"github.com/aafailover/aafailover/probe"
)

// remembered is how many beats of a stream are remembered. It bounds how exactly the lag of a link that is slower than so
// many intervals is told, and nothing else.
const remembered = 32

// streamID names a stream: the index of its source region, and the slot.
type streamID struct{ source, slot int }

// stream is the beats of one source region on one slot: one key.
type stream struct {
	streamID
	key   string
	cells []cell // what reads in each region showed

	newest uint64                // number of the beat that was sent last; beats are numbered one by one
	first  uint64                // number of the first one
	sent   [remembered]time.Time // when each was sent, by its number modulo remembered
	known  [remembered]time.Time // from when on each is known to exist; zero: not known

	acknowledged time.Time // when a write was last acknowledged; zero: not since the connection was made, or since a refusal
	renewed      time.Time // when the first of those was that were acknowledged since
	refusing     bool      // the last write was refused
	refused      probe.Cause
}

// newStream returns a stream whose beats are numbered from after on. What was written under a lower number is none of it.
func newStream(id streamID, key string, regions int, after uint64) *stream {
	return &stream{streamID: id, key: key, cells: make([]cell, regions), newest: after, first: after + 1}
}

// send returns the number of the next beat, which is about to be sent.
func (s *stream) send(at time.Time) uint64 {
	s.newest++
	s.sent[s.newest%remembered], s.known[s.newest%remembered] = at, time.Time{}
	return s.newest
}

// written notes the answer to the write of a beat.
func (s *stream) written(number uint64, w *Write, at time.Time) {
	switch {
	case w.Outcome == Acknowledged:
		s.exists(number, at)
		if s.acknowledged.IsZero() {
			s.renewed = at
		}
		s.acknowledged, s.refusing, s.refused = at, false, probe.NoCause
	case w.Outcome == Rejected && w.Cause != probe.Moved:
		s.acknowledged, s.refusing, s.refused = time.Time{}, true, w.Cause
	default:
		// It is open whether it was applied; or the slot is elsewhere now, and nobody there has refused anything.
		s.refusing, s.refused = false, probe.NoCause
	}
}

// renewing returns since when writes are acknowledged; zero when they are not.
func (s *stream) renewing() time.Time {
	if s.acknowledged.IsZero() {
		return time.Time{}
	}
	return s.renewed
}

// disconnected forgets what was proven about writes: whoever answers next may not be who answered until now.
func (s *stream) disconnected() {
	s.acknowledged, s.refusing, s.refused = time.Time{}, false, probe.NoCause
}

// exists notes that a beat is known to exist at a time.
func (s *stream) exists(number uint64, at time.Time) {
	if number >= s.oldest() && number <= s.newest && s.known[number%remembered].IsZero() {
		s.known[number%remembered] = at
	}
}

// oldest is the number of the oldest beat that is remembered.
func (s *stream) oldest() uint64 {
	if s.newest < s.first+remembered {
		return s.first
	}
	return s.newest - remembered + 1
}

// unreadable returns the oldest of the beats that are known to exist which a region does not have, and from when on it is
// known: by a read that ended at a time and showed what the region had shown since another. The number is 0 when it lacks
// none. A key is still there for so long a life after it was sent.
func (s *stream) unreadable(shown sight, since, ended time.Time, life time.Duration) (number uint64, known time.Time) {
	for number := s.oldest(); number <= s.newest; number++ {
		i := number % remembered
		if s.known[i].IsZero() {
			continue
		}
		lacks := false
		switch shown.kind {
		case ours:
			lacks = number > shown.number
		case nothing:
			lacks = ended.Sub(s.sent[i]) < life
		case theirs:
			// Another observer writes the same key. That its value was there before this beat was sent proves that neither
			// the beat nor what may have replaced it has come; otherwise the value may be what replaced it.
			lacks = s.sent[i].After(since)
		}
		if lacks {
			return number, s.known[i]
		}
	}
	return 0, time.Time{}
}
