package drill

import (
	"context"
	"errors"
	"fmt"
	"strconv"
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
	e := Evidence{To: r.record.To, Quiet: r.quiet, Expiry: r.Expiry,
		Readings: r.readings, Fences: r.fences}
	for _, n := range r.ledger.selectWrites(func(_ Entry, m mark) bool { return m&missing != 0 }) {
		e.Missing = append(e.Missing, r.ledger.Entry(n))
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
	r.ledger.selectWrites(func(e Entry, _ mark) bool {
		if e.Outcome == Acknowledged && e.Region == r.record.From && e.Ended <= *r.record.CutOverAt {
			last = max(last, e.Ended)
		}
		return false
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
		none("rejected but applied", rec.RejectedApplied),
	}
}

// verdict weighs the assertions against what could not be told: a drill that
// was broken off, or left a write without a fate, proves nothing; but what it
// did see fail, failed.
func (r *run) verdict(err error) (Verdict, string) {
	rec := r.record
	switch {
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
// a region that has not seen the write may not remove it. A region that has just
// returned may refuse for a while, so it is asked again. What stays expires.
func (r *run) cleanUp(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, r.Limits.CleanUp)
	defer cancel()
	for region := range r.Stores {
		left := batches(r.ledger, r.ledger.selectWrites(func(e Entry, _ mark) bool {
			return e.Region == region && (e.Outcome == Acknowledged || e.Outcome == Indeterminate || e.Outcome == Inflight)
		}))
		var err error
		for len(left) > 0 && ctx.Err() == nil {
			if err = r.delete(ctx, region, left[0]); err != nil {
				pause(ctx, pollPause)
				continue
			}
			left = left[1:]
		}
		if len(left) > 0 {
			r.tell(r.now(), EventError, fmt.Sprintf("%s: clean up: %v: what is left expires within %v", r.name(region), err, r.Expiry))
		}
	}
}

func (r *run) delete(ctx context.Context, region int, batch []int) error {
	keys := make([]string, len(batch))
	for i, n := range batch {
		keys[i] = r.ledger.Key(n)
	}
	return r.Stores[region].Delete(ctx, keys)
}
