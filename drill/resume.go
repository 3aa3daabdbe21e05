package drill

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/probe"
)

// ErrKilled says that a drill did not come to its end, because its process was killed.
var ErrKilled = errors.New("the drill was killed")

// Resume finishes a drill that was killed, from its ledger and its trail: it heals what may be in force, waits until
// the regions can be used and nothing is on its way any more, looks for every write whose fate is open, and deletes what
// was written. Phases that were not reached stay so: the verdict is inconclusive unless all that is asserted can be told
// without them.
//
// The configuration is that of the drill, with its regions in the same order. Without Stores, for regions that are
// gone, it tells only what is known already. Fault is asked to heal if any action was begun; it may be nil otherwise.
//
// The record is never nil. Errors: ErrNotHealed and the context's; nothing is deleted then, and the drill can be resumed
// again.
func Resume(ctx context.Context, c Config, l *Ledger, t Trail) (*Record, error) {
	c.Ledger = l
	r := newRun(c, mistakes{})
	killed := r.recall(t)
	var err error
	if len(c.Stores) > 0 {
		err = r.finish(ctx, t)
	}
	r.conclude(errors.Join(err, killed))
	if err == nil {
		r.cleanUp(ctx)
		unlock(ctx, c.Safety.Inspectors, c.Prefix, c.Run)
	}
	for _, s := range c.Stores {
		_ = s.Close() // nothing is in flight any more
	}
	return r.record, err
}

// finish does what the drill had still to do when it was killed.
func (r *run) finish(ctx context.Context, t Trail) error {
	if len(t.Made) > 0 {
		limited, cancel := context.WithTimeout(ctx, r.Limits.Fault)
		defer cancel()
		if err := r.Fault.Heal(limited); err != nil {
			return fmt.Errorf("%w: %w", ErrNotHealed, err)
		}
		r.tell(r.now(), EventReached, "what the drill had broken is healed")
	}
	r.watch.Run(ctx, r.observed(r.onEvent, r.proof.of))
	defer r.watch.Stop()
	r.watch.Until(ctx, r.Limits.Resync, r.wholeAgain)
	if r.watch.Snapshot() != nil { // else nobody could observe anything, and nothing is proven
		r.fenceOff(ctx)
		r.readAtEnd(ctx)
	}
	return ctx.Err()
}

// recall brings the run to where the one that was killed had been, and returns ErrKilled, saying where that was.
func (r *run) recall(t Trail) error {
	if last := t.Last.Record; last.Run == r.Run {
		start, atEnd := r.record.Start, r.record.AtEnd
		*r.record = last
		r.record.Start, r.record.AtEnd, r.record.Maps = start, atEnd, r.Maps
	}
	r.record.Events = t.Events
	r.returnedAt = t.Last.ReturnedAt
	r.lookedAtHome = slices.ContainsFunc(t.Events, func(e probe.Event) bool {
		return e.Kind == EventLooked && e.Region == r.name(home) && e.At.Sub(r.start) >= r.returnedAt
	})
	r.homecoming.steps = r.record.Failback
	r.writer.restore(r.record.Application)
	until := r.ranUntil(t)
	r.underWay = make(map[int]bool)
	for n := range r.ledger.Len() {
		if r.ledger.Entry(n).Outcome == Inflight {
			r.ledger.End(n, Indeterminate, until)
			r.underWay[n] = true
		}
	}
	for i, m := range r.record.Moves {
		if m.CutOverAt != nil {
			r.at, r.since = m.To, *m.CutOverAt
			r.recallMove(i, m, until)
		}
	}
	if r.record.Made(failover.FailOver) > 1 {
		r.tell(until, EventError, "the drill had failed over more than once before it was killed, and at which of them a write was missing is not on disk: "+
			"it counts as missing at each after its acknowledgement")
	}
	return r.recallPhase(t, until)
}

// ranUntil is when the drill was still running, as far as anything tells.
func (r *run) ranUntil(t Trail) Moment {
	until := t.At.Sub(r.start)
	r.ledger.each(func(e Entry, _ mark) { until = max(until, e.Sent, e.Ended) })
	return max(until, 0)
}

// recallMove takes from the marks what was missing when the application got to a region. Which of several failovers a
// write was missing at is not on disk: it is judged by the last one after its acknowledgement.
func (r *run) recallMove(index int, m Move, until Moment) {
	s := r.search
	home := m.Kind == failover.FailBack
	s.missingAt[index] = nil
	single := r.record.Made(failover.FailOver) == 1
	r.ledger.each(func(e Entry, marks mark) {
		switch {
		case e.Outcome != Acknowledged || e.Ended > *m.CutOverAt:
		case home && marks&unreturned != 0:
			s.missingAt[index] = append(s.missingAt[index], e.N)
		case home:
		case marks&missing != 0:
			s.missingAt[index] = append(s.missingAt[index], e.N)
			s.absent[e.N] = Absent{Entry: e, To: m.To, Since: *m.CutOverAt}
			if single && marks&readable != 0 { // found by the poll, at some time until the end
				s.readings = append(s.readings, Reading{Write: e.N, Region: m.To, Began: *m.CutOverAt, Ended: until, Found: true})
			}
		case marks&readable == 0: // the drill was killed before it had looked
			s.unread++
		}
	})
}

// recallPhase enters the phases that had begun when the drill was killed, as far as they came.
func (r *run) recallPhase(t Trail, until Moment) error {
	var begun []Phase
	for _, e := range t.Events {
		if e.Kind == EventPhase {
			begun = append(begun, Phase{Name: e.Detail, At: e.At.Sub(r.start)})
		}
	}
	if len(begun) == 0 {
		return fmt.Errorf("%w before its first phase, and resumed", ErrKilled)
	}
	for i := len(r.record.Phases); i < len(begun); i++ {
		ended := until
		if i+1 < len(begun) {
			ended = begun[i+1].At
		}
		begun[i].Duration = ended - begun[i].At
		r.record.Phases = append(r.record.Phases, begun[i])
	}
	r.record.KilledIn = begun[len(begun)-1].Name
	return fmt.Errorf("%w in the phase %s, and resumed", ErrKilled, r.record.KilledIn)
}
