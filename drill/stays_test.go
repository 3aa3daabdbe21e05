package drill_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/internal/racetest"
)

// What is expected of a scenario of links goes with what the policy does about a replication failure, and whether it has
// somewhere to go.
func TestScenariosOfLinksFollowThePolicy(t *testing.T) {
	for _, row := range []struct {
		scenario string
		regions  int
		leaves   bool
	}{
		{"link-cut", 3, true},
		{"link-cut", 2, false}, // the other region has lost its link, too
		{"link-one-way", 3, true},
		{"link-one-way", 2, true},
		{"link-stall", 3, true},
		{"link-slow", 3, false},
		{"shard-link-cut", 3, true},
		{"region-isolated", 3, false}, // everywhere else is worse
		{"backlog-overflow", 3, false},
	} {
		const seeds uint64 = max(1, 3/racetest.Slowdown)
		for seed := range seeds {
			t.Run(fmt.Sprintf("%s with %d regions, seed %d", row.scenario, row.regions, seed), func(t *testing.T) {
				synctest.Test(t, func(t *testing.T) {
					scenario, _ := drill.ScenarioNamed(row.scenario)
					p := planOf(scenario)
					p.regions, p.reaction = p.regions[:row.regions], failover.Move
					r := rehearse(t, p, seed, inMemory(), drill.Mistakes{})
					if err := compare(r); err != nil {
						t.Error(err)
					}
					checkPolicy(t, r.record, row.leaves)
				})
			})
		}
	}
}

func checkPolicy(t *testing.T, r *drill.Record, leaves bool) {
	t.Helper()
	if r.Verdict != drill.Pass || r.Leaves != leaves || r.Stays() == leaves || leaves && r.Made(failover.FailOver) == 0 {
		t.Errorf("%s because %q; leaves: %t, %d failovers", r.Verdict, r.Reason, r.Leaves, r.Made(failover.FailOver))
		logTimeline(t, r)
	}
	asserted := ""
	for _, a := range r.Assertions {
		asserted += a.Expr + "; "
	}
	if strings.Contains(asserted, "failovers == 0") || strings.Contains(asserted, "failovers >= 1") != leaves || !strings.Contains(asserted, "absent_at_end == 0") {
		t.Errorf("asserted: %s", asserted)
	}
}

// A policy that is to move, and has nowhere to go because a region is not to be used, stays.
func TestAPolicyWithNowhereToGoStays(t *testing.T) {
	scenario, _ := drill.ScenarioNamed("link-one-way")
	p := planOf(scenario)
	p.regions = p.regions[:2]
	run(t, p, func(s *stage) {
		s.config.Failover = failover.Policy{OnReplicationFailure: failover.Move, Weights: map[string]int{"eu": 0}}
	}, func(t *testing.T, _ *stage, r *drill.Record, err error) {
		if err != nil {
			t.Fatal(err)
		}
		checkPolicy(t, r, false)
	})
}

// Where nobody makes the fault, a policy that is to leave does not, and that fails.
func TestAPolicyThatIsToLeaveAndStaysFails(t *testing.T) {
	scenario, _ := drill.ScenarioNamed("link-cut")
	p := planOf(scenario)
	p.reaction = failover.Move
	run(t, p, func(s *stage) { s.config.Fault = idle{s.config.Fault} }, func(t *testing.T, _ *stage, r *drill.Record, err error) {
		if err != nil || r.Verdict != drill.Fail || !strings.Contains(r.Reason, "failovers >= 1") {
			t.Errorf("%s because %q: %v", r.Verdict, r.Reason, err)
		}
	})
}

// idle is a fault that nobody makes.
type idle struct{ drill.Fault }

func (idle) Do(context.Context, drill.Action) error { return nil }
