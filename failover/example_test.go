package failover_test

import (
	"fmt"
	"time"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/probe"
)

// An application prefers us. The policy has it leave when us is down, and return when that is proven to be safe, not when us answers.
func ExampleDecide() {
	now := time.Date(2026, 11, 22, 14, 2, 0, 0, time.UTC)
	policy := failover.Policy{}
	at := failover.History{Active: "us", Since: now}
	for _, seen := range []struct {
		us    probe.RegionState
		ready probe.Readiness
		lacks []string
	}{
		{us: probe.RegionAvailable},
		{us: probe.RegionDown},
		{us: probe.RegionAvailable, ready: probe.ReadyUnproven, lacks: []string{"no write was tried"}},
		{us: probe.RegionAvailable, ready: probe.ReadyYes},
	} {
		now = now.Add(time.Minute)
		snapshot := &probe.Snapshot{Regions: []probe.Region{ // probe.Run hands them over
			{Name: "us", State: seen.us, FailbackReady: seen.ready, FailbackMissing: seen.lacks},
			{Name: "eu", State: probe.RegionAvailable},
		}}
		decision := failover.Decide(policy, snapshot, at, now)
		fmt.Printf("in %s: %s -> %s, for %s\n", at.Active, decision.Action, decision.To, decision.Why)
		if decision.Action.Moves() {
			at = at.After(decision.To, now)
		}
	}
	// Output:
	// in us: stay -> us, for us is usable
	// in us: fail over -> eu, for us is down
	// in eu: stay -> eu, for us is not proven safe to return to: [no write was tried]
	// in eu: fail back -> us, for us is available, accepts writes, and holds what was written elsewhere
}
