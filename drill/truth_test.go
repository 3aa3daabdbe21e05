package drill_test

import (
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/slots"
)

// expectation is what the report of a drill must say, computed from the diary of
// the application and the truth of the lab by the plain definitions of the
// words. It shares no code with the analysis.
type expectation struct {
	attempted, acknowledged, rejected, indeterminate int
	indeterminateApplied                             int
	missing                                          []int // at each move
	atFailover                                       int
	unread                                           int
	fates                                            map[drill.Fate]int
	atFailback, early                                int
	atEnd                                            []int

	rtoTotal, done    *time.Duration
	rpoMissed         *time.Duration
	firstAck, lastAck time.Time            // of the missed writes
	arrivals          map[string]time.Time // of those that converged, by key: when they were in the target
}

// witness is all that is known of a drill besides its report.
type witness struct {
	*diary
	truth   *lab.Truth
	regions []string
	ended   lab.Status // how the lab was when the drill had found out all that it could
	third   string     // the region to which something happened that the drill knows nothing of
	quiet   time.Time  // when the application had stopped: the looks after this are those of the end
}

// expect computes what the report must say. Of the report it takes the moves alone,
// and checks each of them.
func (w *witness) expect(r *drill.Record) (expectation, error) {
	w.quiet = began(r, drill.PhaseSettle).Add(r.Scenario.Settle)
	x := expectation{attempted: w.attempted(), fates: make(map[drill.Fate]int), arrivals: make(map[string]time.Time)}
	wrong := w.count(&x)
	wrong = append(wrong, w.checkMoves(r)...)
	type judged struct {
		by      drill.Move
		write   *write
		arrived int // the write that was the cut-over
	}
	last := make(map[string]judged) // by key: the last failover at which it was missing
	returned := make(map[string]bool)
	used := us // where the application wrote last
	for i, m := range r.Moves {
		x.missing = append(x.missing, 0)
		if m.CutOverAt == nil {
			continue
		}
		cutOver, until := r.Start.Add(*m.CutOverAt), time.Time{}
		left := used
		used = m.To
		for _, next := range r.Moves[i+1:] {
			if next.CutOverAt != nil && until.IsZero() {
				until = r.Start.Add(*next.CutOverAt)
			}
		}
		arrived, _ := w.cutOver(w.regions[m.To], cutOver) // that there is one, checkMoves has seen
		var oldest, newest time.Time
		for k := range w.writes {
			one := &w.writes[k]
			if one.err != nil || one.ended.After(cutOver) {
				continue
			}
			// (The ledger counts in µs, rounded up: the first write there is the cut-over.)
			if one.region == w.regions[left] && cutOver.Sub(one.ended) > time.Microsecond && one.ended.After(newest) {
				newest = one.ended
			}
			first := w.looksAfter(w.regions[m.To], one.key, arrived)
			switch {
			case len(first) == 0 || !until.IsZero() && first[0].ended.After(until):
				x.unread++
				continue
			case w.foundBy(w.regions[m.To], one.key, first[0]):
				continue
			}
			x.missing[i]++
			if m.Kind == failover.FailBack {
				returned[one.key] = true
				continue
			}
			last[one.key] = judged{m, one, arrived}
			if oldest.IsZero() || one.ended.Before(oldest) {
				oldest = one.ended
			}
		}
		if rpo := max(newest.Sub(oldest), 0); !oldest.IsZero() && (x.rpoMissed == nil || rpo > *x.rpoMissed) {
			x.rpoMissed = &rpo
		}
	}
	x.atFailover, x.atFailback = len(last), len(returned)
	for key, j := range last {
		if x.firstAck.IsZero() || j.write.ended.Before(x.firstAck) {
			x.firstAck = j.write.ended
		}
		if j.write.ended.After(x.lastAck) {
			x.lastAck = j.write.ended
		}
		fate := w.fateOf(key, w.regions[j.by.To], j.arrived)
		x.fates[fate]++
		if fate == drill.Converged && !w.disturbed(w.regions[j.by.To]) {
			x.arrivals[key] = w.inTarget(key, w.regions[j.by.To], r.Start.Add(*j.by.CutOverAt))
		}
	}
	for key := range returned {
		if w.presentSomewhere(key) {
			x.early++
		}
	}
	w.end(&x)
	w.times(&x, r)
	return x, errors.Join(wrong...)
}

// count counts the writes, and checks that each was answered as it should have been.
func (w *witness) count(x *expectation) (wrong []error) {
	for _, one := range w.writes {
		applied := len(w.truth.Applied(one.region, one.key)) > 0
		switch {
		case one.err == nil:
			x.acknowledged++
			if !applied {
				wrong = append(wrong, fmt.Errorf("%s was acknowledged by %s, which never executed it", one.key, one.region))
			}
		case errors.Is(one.err, drill.ErrRejected):
			x.rejected++
			if applied {
				wrong = append(wrong, fmt.Errorf("%s was rejected by %s, and applied all the same", one.key, one.region))
			}
		case errors.Is(one.err, drill.ErrUnsent):
			if applied {
				wrong = append(wrong, fmt.Errorf("%s was not sent to %s, and applied all the same", one.key, one.region))
			}
		default:
			x.indeterminate++
			if w.presentSomewhere(one.key) {
				x.indeterminateApplied++
			}
		}
	}
	return wrong
}

// checkMoves compares each cut-over with the first write that the region
// acknowledged after the application had last connected to it.
func (w *witness) checkMoves(r *drill.Record) (wrong []error) {
	at := 0
	for _, m := range r.Moves {
		if m.From != at {
			wrong = append(wrong, fmt.Errorf("a move from %s, and the application was in %s", w.regions[m.From], w.regions[at]))
		}
		at = m.To
		if m.CutOverAt == nil {
			continue
		}
		to, reported := w.regions[m.To], r.Start.Add(*m.CutOverAt)
		i, ok := w.cutOver(to, reported)
		if !ok {
			wrong = append(wrong, fmt.Errorf("a cut-over to %s, which acknowledged nothing", to))
		} else if late := reported.Sub(w.writes[i].ended); late.Abs() > time.Millisecond {
			wrong = append(wrong, fmt.Errorf("a cut-over to %s %v after its first acknowledgement", to, late))
		}
	}
	return wrong
}

// fateOf applies the definitions: converged when it was in the target at some look
// after the first; otherwise what could be proven of it.
func (w *witness) fateOf(key, to string, arrived int) drill.Fate {
	for _, l := range w.looksAfter(to, key, arrived)[1:] {
		if w.foundBy(to, key, l) {
			return drill.Converged
		}
	}
	switch {
	case !w.provable(key):
		return drill.Pending
	case w.presentSomewhere(key):
		return drill.Diverged
	}
	return drill.Lost
}

// provable tells whether, at the end of the drill, all the links of a key's shards
// worked and all its regions were there: only then a drill can know what became of
// a write that has not arrived.
func (w *witness) provable(key string) bool {
	number := make(map[string]int) // of the shard that owns the key, by region
	for _, r := range w.ended.Regions {
		for _, shard := range r.Shards {
			for _, owned := range shard.Slots {
				if slot := slots.Of(key); owned.First <= slot && slot <= owned.Last {
					number[r.Name] = shard.Number
					if shard.State != lab.Up {
						return false
					}
				}
			}
		}
	}
	for _, l := range w.ended.Links {
		for _, s := range l.Streams {
			if s.FromShard == number[l.From] && s.ToShard == number[l.To] && s.State >= lab.LinkStalled {
				return false
			}
		}
	}
	return true
}

// foundBy says what the region executed for a look: a look may ask for a key
// more than once, and the last answer is the one that counts.
func (w *witness) foundBy(region, key string, l look) bool {
	found := false
	for _, r := range w.truth.Reads(region, key) {
		if !r.At.Before(l.began) && !r.At.After(l.ended) {
			found = r.Found
		}
	}
	return found
}

// disturbed tells whether anything was done to a region itself: while it cannot be
// read, what has arrived in it cannot be found.
func (w *witness) disturbed(region string) bool {
	return region == w.third || slices.ContainsFunc(w.deeds, func(d deed) bool { return d.action.Region == region })
}

// inTarget is when a key was in a region first, from a moment on.
func (w *witness) inTarget(key, region string, since time.Time) time.Time {
	for _, i := range w.truth.Applied(region, key) {
		if !i.From.Before(since) {
			return i.From
		}
	}
	return since
}

// lastLook tells what the last look for a key in a region found, of those at the end.
func (w *witness) lastLook(region, key string) (found, looked bool) {
	looks := w.looksAt(region, key, w.quiet)
	if len(looks) == 0 {
		return false, false
	}
	return w.foundBy(region, key, looks[len(looks)-1]), true
}

// presentSomewhere says whether the last look for a key in some region found it.
func (w *witness) presentSomewhere(key string) bool {
	return slices.ContainsFunc(w.regions, func(region string) bool {
		found, _ := w.lastLook(region, key)
		return found
	})
}

// end counts what each region lacked at the last look.
func (w *witness) end(x *expectation) {
	for _, region := range w.regions {
		absent := 0
		for _, one := range w.writes {
			if found, looked := w.lastLook(region, one.key); one.err == nil && looked && !found {
				absent++
			}
		}
		x.atEnd = append(x.atEnd, absent)
	}
}

// began returns when a phase began.
func began(r *drill.Record, phase string) time.Time {
	for _, p := range r.Phases {
		if p.Name == phase {
			return r.Start.Add(p.At)
		}
	}
	return time.Time{}
}

// times computes the durations that the report must give.
func (w *witness) times(x *expectation, r *drill.Record) {
	for _, m := range r.Moves {
		if m.CutOverAt == nil {
			continue
		}
		at := r.Start.Add(*m.CutOverAt)
		if m.Kind == failover.FailOver && x.rtoTotal == nil {
			total := at.Sub(w.broken(began(r, drill.PhaseFault)))
			x.rtoTotal = &total
		}
		if m.To != us {
			continue
		}
		if x.done = nil; !w.brokenAfter(w.regions[us], at) {
			if healed := w.healed(w.regions[us], at); !healed.IsZero() {
				took := at.Sub(healed)
				x.done = &took
			}
		}
	}
}
