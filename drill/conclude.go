package drill

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"sync"
)

// conclude fills in the record from the ledger, the readings and the fences.
func (r *run) conclude(wrong mistakes, err error) {
	rec := r.record
	rec.Writes = r.ledger.Tally()
	rec.HeldBack = int(r.writer.heldBack.Load())
	rec.AtFailback = len(r.ledger.selectWrites(func(_ Entry, m mark) bool { return m&unreturned != 0 }))
	r.judgeUnacknowledged()
	if rec.CutOverAt != nil {
		rec.Missed = analyse(r.evidence(), wrong)
		rec.Windows = Windows(rec.Missed, r.Maps, mergeGap(r.Rate, len(r.Cover)))
		rec.RPO = rpo(rec.Missed, r.lastAcknowledgement())
	}
	rec.Assertions = r.assertions()
	rec.Verdict, rec.Reason = r.verdict(err)
}

func (r *run) evidence() Evidence {
	e := Evidence{Quiet: r.quiet, Owners: r.owners, Expiry: r.Expiry, Readings: r.readings, Fences: r.fences}
	for _, n := range r.ledger.selectWrites(func(_ Entry, m mark) bool { return m&missing != 0 }) {
		e.Missing = append(e.Missing, Absent{Entry: r.ledger.Entry(n), To: r.record.To, Since: *r.record.CutOverAt})
	}
	return e
}

// judgeUnacknowledged counts the writes that were not acknowledged and are there
// all the same. An indeterminate one may be; a rejected one must not.
func (r *run) judgeUnacknowledged() {
	found := make(map[int]bool)
	for _, reading := range r.readings {
		if reading.Found {
			found[reading.Write] = true
		}
	}
	for n := range found {
		switch r.ledger.Entry(n).Outcome {
		case Indeterminate:
			r.record.IndeterminateApplied++
		case Rejected:
			r.record.RejectedApplied++
		}
	}
}

// lastAcknowledgement is that of the last write before the cut-over.
func (r *run) lastAcknowledgement() Moment {
	var last Moment
	r.ledger.each(func(e Entry, _ mark) {
		if e.Outcome == Acknowledged && e.Region == r.record.From && e.Ended <= *r.record.CutOverAt {
			last = max(last, e.Ended)
		}
	})
	return last
}

// assertions are what every drill must show to pass.
func (r *run) assertions() []Assertion {
	rec := r.record
	yes := func(expr string, ok bool) Assertion {
		return Assertion{Expr: expr, Value: map[bool]string{true: "yes", false: "no"}[ok], OK: ok}
	}
	none := func(expr string, n int) Assertion {
		return Assertion{Expr: expr + " == 0", Value: strconv.Itoa(n), OK: n == 0}
	}
	return []Assertion{
		yes("failed over", rec.CutOverAt != nil),
		yes("failed back", rec.Failback.Done != nil),
		none("lost", rec.Count(Lost)),
		none("diverged", rec.Count(Diverged)),
		none("expired", rec.Count(Expired)),
		none("at_failback", rec.AtFailback),
		none("not acknowledged after the failback", r.refusedAtHome()),
		none("rejected but applied", rec.RejectedApplied),
	}
}

// refusedAtHome counts the writes that the preferred region did not acknowledge
// after the application had returned to it.
func (r *run) refusedAtHome() int {
	if r.record.Failback.Done == nil {
		return 0
	}
	return len(r.ledger.selectWrites(func(e Entry, _ mark) bool {
		return e.Region == r.record.From && e.Sent >= r.returnedAt && e.Outcome != Acknowledged
	}))
}

// verdict weighs the assertions against what could not be told: a drill that
// was broken off, or left a write without a fate, proves nothing; but what it
// did see fail, failed.
func (r *run) verdict(err error) (Verdict, string) {
	rec := r.record
	switch {
	case errors.Is(err, ErrNotHealed):
		return Inconclusive, "the fault may still be in force: " + err.Error()
	case errors.Is(err, context.Canceled):
		return Inconclusive, "the drill was interrupted"
	case err != nil:
		return Inconclusive, err.Error()
	}
	for _, a := range rec.Assertions {
		if !a.OK {
			return Fail, fmt.Sprintf("asserted: %s; measured: %s", a.Expr, a.Value)
		}
	}
	switch pending := rec.Count(Pending); {
	case rec.Unread > 0:
		return Inconclusive, fmt.Sprintf("%d writes could not be read when the application got there", rec.Unread)
	case pending > 0:
		return Inconclusive, fmt.Sprintf("what became of %d missed writes cannot be told yet", pending)
	}
	return Pass, fmt.Sprintf("%s was lost, the application moved to %s and came back", r.name(rec.From), r.name(rec.To))
}

// cleanUp deletes what the drill wrote, in the region that wrote it: a delete in
// a region that has not seen the write may not remove it. What cannot be deleted
// in time expires.
func (r *run) cleanUp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, r.Limits.CleanUp)
	defer cancel()
	var group sync.WaitGroup
	for region := range r.Stores {
		group.Go(func() { r.cleanUpIn(ctx, region) })
	}
	group.Wait()
}

// cleanUpIn tries until nothing is left: a region that has just returned may
// refuse for a while.
func (r *run) cleanUpIn(ctx context.Context, region int) {
	left := r.batches(r.ledger.selectWrites(func(e Entry, _ mark) bool {
		return e.Region == region && (e.Outcome == Acknowledged || e.Outcome == Indeterminate || e.Outcome == Inflight)
	}))
	for len(left) > 0 {
		var err error
		left, err = eachBatch(left, func(batch []int) error { return r.Stores[region].Delete(ctx, r.keys(batch)) })
		if err == nil {
			return
		}
		if ctx.Err() != nil {
			keys := 0
			for _, batch := range left {
				keys += len(batch)
			}
			r.tell(r.now(), EventError, fmt.Sprintf("%d keys are left in %s, until they expire within %v: %v", keys, r.name(region), r.Expiry, err))
			return
		}
		pause(ctx, pollPause)
	}
}
