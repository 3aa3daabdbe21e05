package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
)

// conclude fills in the record, when nothing runs any more but the service.
func (r *run) conclude(err error) {
	rec := r.record
	end := r.now()
	if rec.ExitAt != nil {
		end = *rec.ExitAt // what a service that has ended does not do says nothing
	}
	rec.Measures = measure(historyOf(r.Log, sightOf(r.Log, len(r.Maps), r.byWrites), r.steadyAt, rec.FaultAt, end, r.moves, r.before))
	rec.Dropped = r.Log.Dropped()
	rec.IndeterminateApplied = r.search.applied()
	r.judgeMissed()
	r.judgeMoves()
	r.tally()
	rec.Assertions = slices.Concat(r.expectations(), r.judge(r.Assert))
	rec.Verdict, rec.Reason = r.verdict(err)
}

// judge judges conditions that were checked before the start.
func (r *run) judge(texts []string) (all []drill.Assertion) {
	conditions, _ := ParseAssertions(texts)
	for _, c := range conditions {
		for _, m := range AssertionMeasures() {
			if m.Name == c.Name {
				all = append(all, c.Assess(m.of(r.record)))
			}
		}
	}
	return all
}

// expectations are what every service is to show: that it moves where the policy would, loses nothing but what the scenario takes
// from everybody, and comes home only when that is safe.
func (r *run) expectations() []drill.Assertion {
	if r.record.FaultAt == nil {
		return nil
	}
	expected := []string{"moved>=1"}
	if !r.shouldMove() {
		expected = []string{"moved==0"}
	}
	expected = append(expected, r.lossless()...)
	if len(r.record.Homecomings) > 0 {
		expected = append(expected, "unsafe_returns==0")
	}
	return r.judge(expected)
}

// lossless are the expectations about what becomes of missed writes, those of the scenario where it has any.
func (r *run) lossless() []string {
	if len(r.Scenario.Expect) == 0 {
		return []string{"lost==0", "diverged==0"}
	}
	return slices.DeleteFunc(slices.Clone(r.Scenario.Expect), func(text string) bool {
		c, err := drill.ParseAssertion(text)
		return err != nil || c.Name != "lost" && c.Name != "diverged"
	})
}

// verdict weighs what was asserted against what could not be told: what was seen to fail, failed.
func (r *run) verdict(err error) (drill.Verdict, string) {
	rec := r.record
	switch {
	case errors.Is(err, drill.ErrGone):
		return drill.Inconclusive, "what was drilled is gone: somebody stopped or killed the lab meanwhile"
	case errors.Is(err, drill.ErrNotHealed):
		return drill.Inconclusive, "the fault may still be in force: " + err.Error()
	case errors.Is(err, context.Canceled):
		return drill.Inconclusive, "the drill was interrupted"
	case err != nil:
		return drill.Inconclusive, strings.ReplaceAll(err.Error(), "\n", "; ")
	case rec.Exit != nil && !rec.Exit.OK:
		return drill.Fail, fmt.Sprintf("%s after the fault the service failed: %s", rounded(*rec.ExitAt-*rec.FaultAt), rec.Exit.Text)
	case rec.Exit != nil && len(rec.Moves) == 0:
		return drill.Inconclusive, fmt.Sprintf("the service ended by itself before it could move: %s; let it run for longer than the drill", rec.Exit.Text)
	}
	for _, a := range rec.Assertions {
		if !a.OK {
			return drill.Fail, r.why(a)
		}
	}
	switch pending := rec.Count(drill.Pending); {
	case rec.Writes.Attempted > 0 && rec.Writes.Acknowledged == 0:
		return drill.Inconclusive, fmt.Sprintf("the service sent %d writes, and not one of them was acknowledged, before the fault or after it", rec.Writes.Attempted)
	case rec.Accounts.Unread > 0:
		return drill.Inconclusive, fmt.Sprintf("%d writes could not be read where the service got to", rec.Accounts.Unread)
	case pending > 0:
		return drill.Inconclusive, fmt.Sprintf("what became of %d missed writes cannot be told", pending)
	}
	if unseen := rec.Dropped.Unseen(); unseen > 0 && rec.Writes.Acknowledged == 0 {
		return drill.Inconclusive, "nothing that the service wrote was recorded, so that nothing of it could be looked for"
	}
	return drill.Pass, r.stayedOrMoved()
}

// why says in words what an assertion that failed means.
func (r *run) why(a drill.Assertion) string {
	rec := r.record
	switch a.Expr {
	case "moved >= 1":
		return fmt.Sprintf("the service never left %s, where it had no success for %s", r.name(home), rounded(rec.Gap.Length()))
	case "moved == 0":
		return fmt.Sprintf("%s, although %s could be used all the time", r.stayedOrMoved(), r.name(home))
	case "unsafe_returns == 0":
		for _, h := range rec.Homecomings {
			if why := h.Unsafe(); why != "" {
				return fmt.Sprintf("the service came back to %s when that was %s: %s", r.name(home), h.Standing(), why)
			}
		}
	}
	return fmt.Sprintf("asserted: %s; %s", a.Expr, a.Measured("measured:"))
}

// stayedOrMoved says in a sentence where the service went.
func (r *run) stayedOrMoved() string {
	rec := r.record
	if len(rec.Moves) == 0 {
		return "the service stayed in " + r.name(home)
	}
	text := "the service moved to " + r.name(rec.To)
	if total, _, ok := rec.RTO(); ok {
		text += " within " + rounded(total)
	}
	switch last := rec.Moves[len(rec.Moves)-1]; {
	case len(rec.Moves) > 2:
		text += fmt.Sprintf(", moved %d times more, and ended in %s", len(rec.Moves)-1, r.name(last.To))
	case last.To == home && len(rec.Moves) == 2:
		text += " and came back to " + r.name(home)
	case rec.HealedAt != nil:
		text += " and stayed there"
	}
	return text
}

// rounded is a time as sentences have it.
func rounded(d time.Duration) string { return d.Round(time.Millisecond).String() }
