package drill

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/internal/pause"
	"github.com/aafailover/aafailover/probe"
)

// conclude fills in the record from the ledger, the readings and the fences.
func (r *run) conclude(err error) {
	rec := r.record
	rec.Writes = r.ledger.Tally()
	rec.Pace = r.ledger.pace(len(r.Maps))
	rec.HeldBack = r.writer.heldBack() // with those before it was resumed
	rec.Failback = r.homecoming.failback()
	rec.Unread = r.search.unread
	rec.AtFailback = len(r.ledger.selectWrites(func(_ Entry, m mark) bool { return m&unreturned != 0 }))
	r.readings = append(r.readings, r.search.readings...)
	rec.Missed = analyse(r.evidence(), r.wrong)
	r.judgeApplication()
	rec.Windows = Windows(rec.Missed, r.Maps, MergeGap(r.Rate, len(r.Cover)))
	r.judgeMoves()
	rec.Assertions = slices.Concat(r.assertions(), r.judgeAll(r.Assert), r.alarm.assertions())
	rec.Verdict, rec.Reason = r.verdict(err)
}

func (r *run) evidence() Evidence {
	e := Evidence{Quiet: r.quiet, Owners: r.owners, Expiry: r.Expiry, Readings: r.readings, Fences: r.fences}
	for _, absent := range r.search.absent {
		e.Missing = append(e.Missing, absent)
	}
	return e
}

// judgeMoves tells of each move what was missing at it, and how old that was.
func (r *run) judgeMoves() {
	fates := make(map[int]Fate, len(r.record.Missed))
	for _, m := range r.record.Missed {
		fates[m.N] = m.Fate
	}
	for i := range r.record.Moves {
		m := &r.record.Moves[i]
		m.Missing = len(r.search.missingAt[i])
		if m.CutOverAt == nil || m.Kind != failover.FailOver {
			continue
		}
		var missed []Missed
		for _, n := range r.search.missingAt[i] {
			missed = append(missed, Missed{Absent: Absent{Entry: r.ledger.Entry(n)}, Fate: fates[n]})
		}
		slices.SortFunc(missed, func(a, b Missed) int { return cmp.Compare(a.Ended, b.Ended) })
		m.RPO = RPOOf(missed, r.lastAcknowledgement(r.left(i), *m.CutOverAt))
		r.record.RPO = r.record.RPO.Worse(m.RPO)
	}
}

// left is the region that the application used before a move. It need not be the one
// from which the move was decided: that one may have turned out to be unusable before
// the application got there.
func (r *run) left(move int) int {
	for move > 0 && r.record.Moves[move-1].CutOverAt == nil {
		move--
	}
	return r.record.Moves[move].From
}

// lastAcknowledgement is that of the last write in a region before a cut-over.
func (r *run) lastAcknowledgement(region int, cutOver Moment) Moment {
	var last Moment
	r.ledger.each(func(e Entry, _ mark) {
		if e.Outcome == Acknowledged && e.Region == region && e.Ended < cutOver {
			last = max(last, e.Ended)
		}
	})
	return last
}

// assertions are what a scenario expects, and what every drill must show.
func (r *run) assertions() []Assertion {
	all := r.judgeAll(r.expected())
	none := func(expr string, n int) Assertion {
		return Assertion{Expr: expr + " == 0", Value: strconv.Itoa(n), OK: n == 0}
	}
	all = append(all,
		none("not acknowledged after the failback", r.refusedAtHome()),
		none("rejected but applied", r.record.RejectedApplied))
	if r.record.OneWay && r.record.KilledIn == "" { // of one that is resumed late, all may have expired
		all = append(all, none("gone at the end", r.goneAtEnd()))
	}
	return all
}

// expected is what the scenario is to show here.
func (r *run) expected() []string {
	expected := r.Scenario.Expect
	if len(expected) == 0 {
		expected = usually
	}
	expected = r.ofPolicy(expected)
	if r.record.OneWay {
		expected = withoutReturn(expected)
	}
	return expected
}

// usually is what is expected of a scenario that does not say.
var usually = []string{"failovers>=1", "failbacks>=1", "lost==0", "diverged==0", "expired==0", "at_failback==0"}

// lossless is what is expected of every failover.
var lossless = []string{"lost==0", "diverged==0", "expired==0"}

// judgeAll judges assertions that were checked before the start.
func (r *run) judgeAll(texts []string) []Assertion {
	conditions, _ := ParseAssertions(texts)
	var all []Assertion
	for _, c := range conditions {
		all = append(all, c.Judge(r.record))
	}
	if r.record.KilledIn != "" {
		r.judgeKilled(all, texts)
	}
	return all
}

// refusedAtHome counts the writes that the preferred region did not acknowledge
// after the application had returned to it. That those which were under way when the
// drill was killed, or when this process was not running, were not acknowledged is not
// the region's doing.
func (r *run) refusedAtHome() int {
	if r.returnedAt == 0 || r.at != home {
		return 0
	}
	pauses := r.pauses()
	return len(r.ledger.selectWrites(func(e Entry, _ mark) bool {
		return e.Region == home && e.Sent >= r.returnedAt && e.Outcome != Acknowledged && !r.underWay[e.N] && !unheard(e, pauses)
	}))
}

// noticed is how much later than the application the observer may notice that this
// process runs again.
const noticed = 100 * time.Millisecond

// unheard tells whether the answer to a write may have come while this process was
// not running, so that all it saw was that the time for it was over.
func unheard(e Entry, pauses []Moment) bool {
	return e.Outcome == Indeterminate && slices.ContainsFunc(pauses, func(end Moment) bool {
		return e.Sent <= end && end <= e.Ended+noticed
	})
}

// pauses are the ends of the times at which this process was not running, as the
// observer tells them.
func (r *run) pauses() []Moment {
	r.events.Lock()
	defer r.events.Unlock()
	var ends []Moment
	for _, e := range r.record.Events {
		if e.Kind == probe.EventObserver {
			ends = append(ends, e.At.Sub(r.start))
		}
	}
	return ends
}

// verdict weighs the assertions against what could not be told: a drill that
// was broken off, or left a write without a fate, proves nothing; but what it
// did see fail, failed.
func (r *run) verdict(err error) (Verdict, string) {
	rec := r.record
	switch {
	case errors.Is(err, ErrGone):
		return Inconclusive, "what was drilled is gone: somebody stopped or killed the lab meanwhile, and nothing can be told of what comes after"
	case errors.Is(err, ErrNotHealed):
		return Inconclusive, "the fault may still be in force: " + err.Error()
	case errors.Is(err, ErrAborted):
		return Fail, err.Error()
	case errors.Is(err, context.Canceled):
		return Inconclusive, "the drill was interrupted"
	case errors.Is(err, ErrKilled) && r.record.KilledIn != "":
		return r.verdictOfKilled()
	case err != nil:
		return Inconclusive, strings.ReplaceAll(err.Error(), "\n", "; ")
	}
	for _, a := range rec.Assertions {
		if !a.OK {
			return Fail, fmt.Sprintf("asserted: %s; %s", a.Expr, a.Measured("measured:"))
		}
	}
	if why := r.untold(); why != "" {
		return Inconclusive, why
	}
	return Pass, r.told() + r.notRehearsed()
}

// untold says which writes are without a fate; "" when none is.
func (r *run) untold() string {
	switch pending := r.record.Count(Pending); {
	case r.record.Unread > 0:
		return fmt.Sprintf("%d writes could not be read when the application got there", r.record.Unread)
	case pending > 0:
		return fmt.Sprintf("what became of %s cannot be told%s", missedWrites(pending), r.whyPending())
	}
	return ""
}

func missedWrites(n int) string {
	if n == 1 {
		return "1 missed write"
	}
	return fmt.Sprintf("%d missed writes", n)
}

// told says in a sentence where the application went.
func (r *run) told() string {
	var stops []string
	for _, m := range r.record.Moves {
		if m.CutOverAt != nil {
			stops = append(stops, r.name(m.To))
		}
	}
	switch n := len(stops); {
	case n == 0:
		return fmt.Sprintf("the application stayed in %s", r.name(home))
	case n > 1 && r.at == home:
		return fmt.Sprintf("the application moved to %s and came back to %s", strings.Join(stops[:n-1], ", then to "), stops[n-1])
	}
	return "the application moved to " + strings.Join(stops, ", then to ")
}

// cleanUp deletes what the drill wrote, in the region that wrote it: a delete in
// a region that has not seen the write may not remove it. What cannot be deleted
// in time expires.
func (r *run) cleanUp(ctx context.Context) {
	r.deleteAll(ctx, func(e Entry) bool {
		return e.Outcome == Acknowledged || e.Outcome == Indeterminate || e.Outcome == Inflight
	})
	// A write that was given up a moment ago is still on its way, over a connection of
	// its own, and may have been overtaken by its deletion.
	since := r.now() - lateBy
	late := func(e Entry) bool { return e.Outcome == Indeterminate && e.Ended >= since }
	if len(r.ledger.selectWrites(func(e Entry, _ mark) bool { return late(e) })) > 0 {
		pause.For(ctx, latePause)
		r.deleteAll(ctx, late)
	}
}

// A write that was given up no longer than lateBy ago may be applied yet, and is
// within latePause where the server keeps up.
const (
	lateBy    = 5 * time.Second
	latePause = 250 * time.Millisecond
)

// deleteAll deletes some of the writes in all regions at once.
func (r *run) deleteAll(ctx context.Context, which func(Entry) bool) {
	var group sync.WaitGroup
	for region := range r.Stores {
		group.Go(func() {
			r.deleteIn(ctx, region, r.ledger.selectWrites(func(e Entry, _ mark) bool { return e.Region == region && which(e) }))
		})
	}
	group.Wait()
}

// deleteIn tries until nothing is left: a region that has just returned may
// refuse for a while.
func (r *run) deleteIn(ctx context.Context, region int, writes []int) {
	left := r.batches(writes)
	ctx, progress, end := r.Limits.whileDeleting(ctx, len(writes))
	defer end()
	for len(left) > 0 {
		var err error
		left, err = eachBatch(left, func(batch []int) error {
			err := r.Stores[region].Delete(ctx, r.keys(batch))
			if err == nil {
				progress()
			}
			return err
		})
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
		pause.For(ctx, pollPause)
	}
}
