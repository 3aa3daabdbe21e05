package drill_test

import (
	"fmt"
	"testing"
	"testing/synctest"

	"github.com/aafailover/aafailover/drill"
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
		for seed := range uint64(3) {
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
