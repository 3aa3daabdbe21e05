package recorder

import (
	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/drill"
)

// Verdict is what a read of an item found, compared with what the service wrote.
type Verdict uint8

// The verdicts. Only Older and Missing are bad.
const (
	Unjudged Verdict = iota // nothing can be said: its state is not known, or nobody wrote it before
	Current                 // what was acknowledged last, or one of those of which the order is unknown
	Newer                   // what was in flight, or indeterminate
	Gone                    // absent, and that is as it should be: deleted, or its expiry had passed
	Foreign                 // what this service did not write, as far as it is known
	Older                   // what had been there before the write that was acknowledged last
	Missing                 // absent, although a write was acknowledged
)

func (v Verdict) String() string {
	return [...]string{"unjudged", "current", "newer", "gone", "foreign", "older", "missing"}[v]
}

// Bad tells whether it is the deployment's fault: Older, Missing.
func (v Verdict) Bad() bool { return v == Older || v == Missing }

// lookback is how many writes of an item are looked at to judge a read of it.
const lookback = 256

// Judge says what was found of an item by a read that was carried out at some moment from began to ended.
//
// What the read may have found is what was acknowledged before it began, unless another write that was acknowledged before it began
// had been sent after that; and what was in flight meanwhile, or is indeterminate, since such a write may be carried
// out late. Nothing else counts as current, and nothing among that as bad. Only the last 256 writes of an item are looked at.
func (l *Log) Judge(item int, found commands.State, began, ended drill.Moment) Verdict {
	if item == NoItem {
		return Unjudged
	}
	n, number := inside(item)
	return l.judge(n, number, found, began, ended, 0)
}

// judge is Judge by the numbers of a stripe, without the writes of one operation: that of a GETDEL itself.
func (l *Log) judge(n int, item uint32, found commands.State, began, ended drill.Moment, except uint32) Verdict {
	s := &l.stripes[n]
	s.mu.Lock()
	defer s.mu.Unlock()
	if found.Kind <= commands.Unchanged || !s.judged(item) {
		return Unjudged
	}
	h := trial{found: found, began: began, ended: ended, except: except, supersededBy: -1, expiryFrom: -1}
	s.eachState(item, h.settle)
	if flushed := drill.Moment(l.flushes.until.Load()); flushed > 0 && h.supersededBy <= flushed {
		return Unjudged
	}
	s.eachState(item, h.weigh)
	h.wild = h.wild || s.trimmedAfter(item)
	return h.verdict()
}

// IsIndeterminate tells whether what was found of an item, by a read that began at some moment, was left there by a write that has
// never been answered as far as the service knows, and by no other that was not acknowledged before. What was in flight then is
// told by how it has ended.
func (l *Log) IsIndeterminate(item int, found commands.State, began drill.Moment) bool {
	if item == NoItem {
		return false
	}
	n, number := inside(item)
	s := &l.stripes[n]
	s.mu.Lock()
	defer s.mu.Unlock()
	unanswered, explained := false, false
	s.eachState(number, func(w *record, state commands.State) {
		switch agrees := state.Agrees(found); {
		case agrees && w.outcome == drill.Indeterminate:
			unanswered = true
		case agrees && w.outcome == drill.Acknowledged && w.ended() >= began:
			explained = true
		}
	})
	return unanswered && !explained
}

// judged tells whether all writes of an item are known.
func (s *stripe) judged(item uint32) bool {
	i := s.items.at(item)
	return !i.is(unfollowed) && (i.whole == unset || !s.items.at(i.whole).is(unfollowed))
}

// trimmedAfter tells whether an entry of a stream may have been dropped for newer ones.
func (s *stripe) trimmedAfter(item uint32) bool {
	i := s.items.at(item)
	if i.kind != commands.Entry || i.whole == unset {
		return false
	}
	trimmed := s.items.at(i.whole).trimmed
	return trimmed != unset && s.writes.at(trimmed).item != item && i.last != unset && s.writes.at(trimmed).sent >= s.writes.at(i.last).sent
}

// eachState hands out the newest writes that an item's state comes from, and what each says of it: its own, those of its whole
// key, and, of a key, those of its parts.
func (s *stripe) eachState(item uint32, do func(*record, commands.State)) {
	i := s.items.at(item)
	s.eachOf(item, do)
	if i.whole != unset {
		s.eachOf(i.whole, func(w *record, state commands.State) { do(w, ofPart(state)) })
	}
	if i.parts == unset {
		return
	}
	unknown := commands.State{Keeps: true}
	newest := s.writes.at(i.parts)
	do(newest, unknown) // without its last part a key is gone
	if newest.outcome == drill.Acknowledged && newest.kind >= commands.Present {
		do(newest, commands.State{Kind: commands.Present, Keeps: true})
	}
	if i.inFlight > 0 || i.is(looseParts) {
		do(&record{outcome: drill.Inflight}, unknown)
	}
}

// ofPart is what a state of a key says of any part of it.
func ofPart(s commands.State) commands.State {
	if s.Kind == commands.Is || s.Kind == commands.Present {
		s.Kind, s.Digest = commands.Absent, 0 // it is a string now
	}
	return s
}

// eachOf hands out the newest writes of an item, as far as they can have had an effect.
func (s *stripe) eachOf(item uint32, do func(*record, commands.State)) {
	at := s.items.at(item).last
	for range lookback {
		if at == unset {
			return
		}
		w := s.writes.at(at)
		if w.item != item {
			return // the first of an entry, and behind it others of its stream
		}
		if state := w.state(); w.outcome != drill.Rejected && (state.Kind != commands.Unchanged || !state.Keeps) {
			do(w, state)
		}
		at = w.previous
	}
}

// trial is what is found out about one read.
type trial struct {
	found        commands.State
	began, ended drill.Moment
	except       uint32 // operation

	// supersededBy is when the newest of the writes was sent that were acknowledged before the read began: what had ended before
	// that is not there any more. expiryFrom is the same of those that set an expiry, or take it away. -1: there is none.
	supersededBy, expiryFrom drill.Moment

	current, newer, older, wild, expired bool
}

// settle looks for what the service could rely on.
func (h *trial) settle(w *record, s commands.State) {
	if w.operation == h.except && h.except != 0 || w.outcome != drill.Acknowledged || w.ended() >= h.began {
		return
	}
	if s.Kind != commands.Unchanged {
		h.supersededBy = max(h.supersededBy, w.sent)
	}
	if !s.Keeps {
		h.expiryFrom = max(h.expiryFrom, w.sent)
	}
}

// weigh compares what was found with what one write left behind.
func (h *trial) weigh(w *record, s commands.State) {
	if w.operation == h.except && h.except != 0 || w.sent > h.ended {
		return
	}
	overruled := w.closed() && w.ended() < h.expiryFrom
	if s.Expires > 0 && w.sent+s.Expires <= h.ended && !overruled {
		h.expired = true
	}
	superseded := w.closed() && w.ended() < h.supersededBy
	agrees := s.Agrees(h.found)
	switch {
	case s.Kind == commands.Unchanged:
	case superseded:
		h.older = h.older || agrees
	case s.Kind == commands.Unknown:
		h.wild = true
	case agrees && w.outcome == drill.Acknowledged && w.ended() < h.began:
		h.current = true
	case agrees:
		h.newer = true
	}
}

func (h *trial) verdict() Verdict {
	absent := h.found.Kind == commands.Absent
	switch {
	case h.current && absent:
		return Gone
	case h.current:
		return Current
	case h.newer:
		return Newer
	case absent && h.expired:
		return Gone
	case h.wild || h.supersededBy < 0:
		return Unjudged
	case absent:
		return Missing
	case h.older:
		return Older
	}
	return Foreign
}
