package simulate_test

import (
	"errors"
	"testing"
	"time"

	"github.com/aafailover/aafailover/simulate"
)

// What is proposed does what is wanted, by formula and when it is tried, and what is wanted less costs less.
func TestPropose(t *testing.T) {
	t.Parallel()
	q := usual()
	var before time.Duration
	for _, within := range []time.Duration{3 * time.Second, 6 * time.Second, 30 * time.Second} {
		wanted := simulate.Wanted{Every: 10 * simulate.Year, Within: within}
		p, err := simulate.Propose(t.Context(), q, wanted)
		if err != nil {
			t.Fatal(err)
		}
		proposed := withPolicy(q, p)
		a, err := simulate.Solve(t.Context(), proposed)
		if err != nil {
			t.Fatal(err)
		}
		if n := a.FalseAlarms(); n > 0.1 {
			t.Errorf("within %v: %.3g false alarms a year", within, n)
		}
		for _, f := range []simulate.Fault{simulate.Hung, simulate.Silent} {
			d, err := simulate.Detect(t.Context(), proposed, f)
			if err != nil {
				t.Fatal(err)
			}
			if d.P99 > within || d.Missed > 0 {
				t.Errorf("within %v: %s is named after %v, and missed %d times", within, f, d.P99, d.Missed)
			}
		}
		if p.Interval < before {
			t.Errorf("within %v: an interval of %v, shorter than %v, which does for less time", within, p.Interval, before)
		}
		before = p.Interval
	}
}

func TestProposeTheImpossible(t *testing.T) {
	q := usual()
	for name, wanted := range map[string]simulate.Wanted{
		"sooner than delays that come by themselves": {Every: 10 * simulate.Year, Within: 500 * time.Millisecond},
		"sooner than any interval that there is":     {Every: 10 * simulate.Year, Within: 20 * time.Millisecond},
	} {
		if p, err := simulate.Propose(t.Context(), q, wanted); !errors.Is(err, simulate.ErrNoPolicy) {
			t.Errorf("%s: error %v, policy %+v, want that there is none", name, err, p)
		}
	}
}
