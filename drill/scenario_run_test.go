package drill_test

import (
	"fmt"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/racetest"
	"github.com/aafailover/aafailover/lab"
)

// planOf is a scenario as it is rehearsed on the built-in lab, of three regions of
// three shards each.
func planOf(s drill.Scenario) plan {
	p := plain()
	p.scenario, p.limits = s, drill.DefaultLimits()
	p.backlog = s.Needs.Backlog
	for i := range p.regions {
		p.regions[i].Persistence = lab.Persistence(s.Needs.Persistence)
	}
	return p
}

// Every scenario that comes with the program passes on the lab, several times, and
// its report agrees with what really happened.
func TestEveryScenarioShowsWhatItSays(t *testing.T) {
	for _, scenario := range drill.Scenarios() {
		const seeds uint64 = max(1, 3/racetest.Slowdown)
		for seed := range seeds {
			t.Run(fmt.Sprintf("%s, seed %d", scenario.Name, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					r := rehearse(t, planOf(scenario), seed, inMemory(), drill.Mistakes{})
					if err := compare(r); err != nil {
						t.Error(err)
					}
					if r.record.Verdict != drill.Pass {
						t.Errorf("got %s because %q", r.record.Verdict, r.record.Reason)
						logTimeline(t, r.record)
						for _, a := range r.record.Assertions {
							t.Logf("%+v", a)
						}
					}
				})
			})
		}
	}
}

// Whatever is undone in several steps, the way back counts from the first of them.
func TestTheStepsOfTheReturnCountFromOneMoment(t *testing.T) {
	scenario, _ := drill.ScenarioNamed("stale-return")
	run(t, planOf(scenario), nil, func(t *testing.T, _ *stage, r *drill.Record, err error) {
		f := r.Failback
		if err != nil || f.Available == nil || f.Resynced == nil || f.Ready == nil || f.Done == nil {
			t.Fatalf("got %s because %q (%v), %+v; want a failback", r.Verdict, r.Reason, err, f)
		}
		if late := 4 * time.Second; *f.Available > late || *f.Resynced < late || *f.Ready < *f.Resynced || *f.Done < *f.Ready {
			t.Errorf("available after %v, resynced after %v, ready after %v, done after %v: it cannot catch up within %v of the heal, and its steps have an order",
				*f.Available, *f.Resynced, *f.Ready, *f.Done, late)
		}
	})
}

// Where the policy would go while a link is cut says nothing of which link to mend.
func TestWhatIsUndoneIsWhatWasDone(t *testing.T) {
	scenario, _ := drill.ScenarioNamed("link-cut")
	run(t, planOf(scenario), nil, func(t *testing.T, _ *stage, r *drill.Record, _ error) {
		var actions []string
		for _, e := range r.Events {
			if e.Kind == drill.EventAction {
				actions = append(actions, e.Detail)
			}
		}
		if got, want := strings.Join(actions, ", "), "cut us<->eu, mend us<->eu"; got != want {
			t.Errorf("%s; want %s", got, want)
		}
	})
}
