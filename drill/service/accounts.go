package service

import (
	"cmp"
	"slices"
	"time"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/recorder"
	"github.com/aafailover/aafailover/slots"
)

// tally goes through all writes once, and says of each acknowledged one what could be told of it.
func (r *run) tally() {
	rec := r.record
	for w := range r.Log.Writes() {
		rec.Writes.Attempted++
		switch w.Outcome {
		case drill.Acknowledged:
			rec.Writes.Acknowledged++
			r.account(w)
		case drill.Rejected:
			rec.Writes.Rejected++
		default:
			rec.Writes.Indeterminate++
		}
	}
}

// account puts one acknowledged write where it belongs.
func (r *run) account(w recorder.Write) {
	a := &r.record.Accounts
	a.Acknowledged++
	if c, looked := r.search.classes[w.N]; looked {
		*a.of(c)++
		return
	}
	switch {
	case w.State.Kind == commands.Unchanged:
		a.Void++
	case !judgeable(w):
		a.Unknowable++
	case !r.Log.Item(w.Item).Followed:
		a.Beyond++
	case r.Log.Last(w.Item) != w.N || r.Log.Superseded(w.N):
		a.Superseded++
	case r.wasBeyond(w):
		a.Beyond++
	case r.wasAstray(w):
		a.Astray++
	default:
		a.Stayed++
	}
}

// of is where a class of writes is counted.
func (a *Accounts) of(c class) *int {
	switch c {
	case readable:
		return &a.Readable
	case missed:
		return &a.Missed
	case atReturn:
		return &a.AtReturn
	case earlyReturn:
		a.EarlyReturn++
		return &a.AtReturn
	case overtaken:
		return &a.Superseded
	case outlived:
		return &a.Expired
	case unread:
		return &a.Unread
	}
	return &a.Unknowable
}

// wasBeyond tells whether a write was left out at an arrival, because there were too many.
func (r *run) wasBeyond(w recorder.Write) bool {
	return slices.ContainsFunc(r.search.arrivals, func(a arrival) bool {
		return a.beyond != recorder.NoWrite && w.Region != a.region && w.Sent <= r.Log.Write(a.beyond).Sent
	})
}

// wasAstray tells whether the service had moved out of the region when a write was acknowledged there, or away from it with
// nobody looking.
func (r *run) wasAstray(w recorder.Write) bool {
	at := home
	for _, m := range r.record.Moves {
		if m.At > w.Ended {
			break
		}
		at = m.To
	}
	return w.Region != at && len(r.record.Moves) > 0 || r.unseen(w)
}

// unseen tells whether the service moved away from a write and nobody looked for it there.
func (r *run) unseen(w recorder.Write) bool {
	for _, m := range r.record.Moves {
		if m.At >= w.Ended && m.To != w.Region {
			return true
		}
	}
	return false
}

// judgeMissed tells the fate of every write that was missing at a failover.
func (r *run) judgeMissed() {
	e := drill.Evidence{Quiet: r.quiet, Owners: make(map[int]map[int]bool), Readings: slices.Concat(r.readings, r.search.readings)}
	for n, a := range r.search.absent {
		w := r.Log.Write(n)
		slot := r.ways.standIn(r.slot(n))
		e.Owners[slot] = r.ways.owners(slot)
		e.Missing = append(e.Missing, drill.Absent{To: a.to, Since: a.since, Expiry: r.expiry(w),
			Entry: drill.Entry{N: n, Region: w.Region, Slot: slot, Sent: w.Sent, Ended: w.Ended, Outcome: w.Outcome}})
	}
	for slot := range e.Owners {
		e.Fences = append(e.Fences, r.ways.fences(slot, r.fences)...)
	}
	for _, m := range drill.Analyse(e) {
		a := r.search.absent[m.N]
		m.Slot = r.slot(m.N)
		missed := Missed{Missed: m, Item: r.Log.Write(m.N).Item, Found: a.found, Rewritten: a.rewritten && !a.back}
		if missed.Rewritten {
			missed.Fate = drill.Pending
		}
		r.record.Missed = append(r.record.Missed, missed)
	}
	r.gatherWindows()
}

// gatherWindows gathers the missed writes into windows, those that were rewritten apart.
func (r *run) gatherWindows() {
	gap := drill.MergeGap(max(r.record.PerSecond, 1), max(len(r.Maps[home].Shards), 1))
	for _, rewritten := range []bool{false, true} {
		var missed []drill.Missed
		for _, m := range r.record.Missed {
			if m.Rewritten == rewritten {
				missed = append(missed, m.Missed)
			}
		}
		for _, w := range drill.Windows(missed, r.Maps, gap) {
			r.record.Windows = append(r.record.Windows, Window{Window: w, Rewritten: rewritten})
		}
	}
}

// judgeMoves tells of each move what was missing at it, and how old the oldest of that was.
func (r *run) judgeMoves() {
	rec := r.record
	for _, a := range r.search.arrivals {
		if a.move < len(rec.Moves) {
			rec.Moves[a.move].Missing = r.search.missing[a.move]
		}
	}
	last := r.lastAcknowledged()
	for i, move := range rec.Moves {
		if move.To == home {
			continue
		}
		var missed []drill.Missed
		for _, m := range rec.Missed {
			if r.search.absent[m.N].move == i {
				missed = append(missed, m.Missed)
			}
		}
		slices.SortFunc(missed, func(a, b drill.Missed) int { return cmp.Compare(a.Ended, b.Ended) })
		rec.RPO = rec.RPO.Worse(drill.RPOOf(missed, last[i]))
	}
	for i := range rec.Homecomings {
		h := &rec.Homecomings[i]
		h.At, h.Missing = rec.Moves[h.move].At, rec.Moves[h.move].Missing
		h.Young, h.Unread = r.search.young[h.move], r.search.unread[h.move]
		for _, move := range r.gone {
			if move == h.move {
				h.Gone++
			}
		}
	}
}

// lastAcknowledged is, for each move, the last acknowledgement before it by the region that was left.
func (r *run) lastAcknowledged() []drill.Moment {
	last := make([]drill.Moment, len(r.record.Moves))
	for w := range r.Log.Writes() {
		if w.Outcome != drill.Acknowledged {
			continue
		}
		for i, m := range r.record.Moves {
			if w.Region == m.From && w.Ended <= m.At {
				last[i] = max(last[i], w.Ended)
			}
		}
	}
	return last
}

// slot is that of the key of a write.
func (r *run) slot(n int) int { return slots.Of(r.Log.Item(r.Log.Write(n).Item).Key) }

// mostKept is through how many writes that keep an expiry it is looked for the one that set it.
const mostKept = 64

// expiry returns how long after it was sent a write may have been gone by its expiry; 0: it stays. That it is long after, where nobody
// can tell, lets an absence be explained as little as that is possible.
func (r *run) expiry(w recorder.Write) time.Duration {
	sent := w.Sent
	for range mostKept {
		s := w.State
		switch {
		case s.Expires > 0:
			return max(w.Sent+s.Expires-sent, 1)
		case s.Until != 0: // by the server's clock, which is taken for ours
			return max(time.UnixMilli(s.Until).Sub(r.start)-sent, 1)
		case !s.Keeps:
			return 0
		}
		before := r.Log.Previous(w.N)
		if before == recorder.NoWrite {
			return 0
		}
		w = r.Log.Write(before)
	}
	return 0
}
