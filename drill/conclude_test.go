package drill

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/probe"
)

// The application went from region 0 towards region 1, which turned out to be
// unusable, and got to region 2.
func TestRPOCountsFromTheRegionThatWasUsed(t *testing.T) {
	const ms = time.Millisecond
	l := NewLedger("p", "r", []int{1})
	var missing []int
	for _, acked := range []Moment{10 * ms, 20 * ms, 50 * ms} {
		n := l.Begin(0, acked-ms)
		l.End(n, Acknowledged, acked)
		missing = append(missing, n)
	}
	cutOver := 90 * ms
	l.End(l.Begin(2, cutOver-ms), Acknowledged, cutOver)
	r := &run{ledger: l, record: &Record{Moves: []Move{
		{From: 0, To: 1, Kind: failover.FailOver},
		{From: 1, To: 2, Kind: failover.FailOver, CutOverAt: &cutOver},
	}}}
	r.search = newSearch(r)
	r.search.missingAt[1] = missing[1:]
	r.judgeMoves()
	for of, rpo := range map[string]RPO{"the move": r.record.Moves[1].RPO, "the drill": r.record.RPO} {
		if rpo.Missed == nil || *rpo.Missed != 30*ms {
			t.Errorf("RPO of %s: %v, and the last acknowledgement came 30 ms after the oldest that was missed", of, rpo.Missed)
		}
	}
}

// A region is charged with what it did not acknowledge, and not with what nobody was there any more to hear.
func TestWhatWasUnderWayAtAKillIsNotHeldAgainstTheRegion(t *testing.T) {
	const ms = time.Millisecond
	l := NewLedger("p", "r", []int{1})
	r := &run{ledger: l, record: new(Record), returnedAt: 5 * ms, at: home, underWay: make(map[int]bool)}
	for _, outcome := range []Outcome{Acknowledged, Rejected, Indeterminate} {
		l.End(l.Begin(home, 10*ms), outcome, 11*ms)
	}
	killed := l.Begin(home, 12*ms)
	l.End(killed, Indeterminate, 12*ms)
	r.underWay[killed] = true
	if n := r.refusedAtHome(); n != 2 {
		t.Errorf("%d writes were refused at home, want the rejected one and that of which nothing is known", n)
	}
}

// Neither is it with what came while the drill itself was not running: only with what it refused then.
func TestWhatWasUnderWayDuringAPauseIsNotHeldAgainstTheRegion(t *testing.T) {
	const ms = time.Millisecond
	l := NewLedger("p", "r", []int{1})
	r := &run{ledger: l, record: new(Record), returnedAt: 5 * ms, at: home, start: time.Now()}
	for _, write := range []struct {
		sent, ended Moment
		outcome     Outcome
	}{
		{10 * ms, 1010 * ms, Indeterminate},   // it was over before the pause
		{300 * ms, 2001 * ms, Indeterminate},  // the pause is in the middle of it
		{1400 * ms, 2400 * ms, Indeterminate}, // it was sent before and in vain, and the answer may have come meanwhile
		{1400 * ms, 2000 * ms, Rejected},
		{2001 * ms, 3001 * ms, Indeterminate}, // it was sent afterwards
	} {
		l.End(l.Begin(home, write.sent), write.outcome, write.ended)
	}
	r.onEvent(probe.Event{Kind: probe.EventObserver, At: r.start.Add(2000 * ms)})
	if n := r.refusedAtHome(); n != 3 {
		t.Errorf("%d writes were refused at home, want those before and after the pause and the one rejected", n)
	}
}

// What comes after a cut-over must not seem to come before it, in simulated time nor
// within the microsecond to which the ledger rounds up.
func TestAMomentHasPassed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := &run{start: time.Now()}
		at := r.now() + 700*time.Nanosecond
		if r.hasPassed(t.Context(), at); r.now() <= at {
			t.Errorf("it is %v, and %v has not passed", r.now(), at)
		}
	})
}
