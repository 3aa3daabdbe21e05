package drill

import (
	"slices"
	"time"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/probe"
)

// Whether to stay is right is a matter of the policy: in a scenario of links, which leave every region usable, it stays
// unless it is one that moves on a replication failure and has somewhere to go.

// Stays tells whether the application rightly stays where it is.
func (r *Record) Stays() bool { return r.Scenario.Stays && !r.Leaves }

// leaves tells whether the policy moves in a scenario in which others stay.
func (r *run) leaves() bool {
	return r.careful && r.Scenario.LeftBy(r.Failover, r.watch.Snapshot(), r.cast())
}

// LeftBy tells whether a policy takes an application out of the first region in a
// scenario in which others stay: on the links as they will be, with all that the fault
// phase begins with in force. The snapshot may be nil.
func (s Scenario) LeftBy(p failover.Policy, seen *probe.Snapshot, roles Cast) bool {
	if !s.Stays || p.OnReplicationFailure != failover.Move || seen == nil {
		return false
	}
	broken := *seen
	broken.Links = slices.Clone(seen.Links)
	for _, step := range s.Steps {
		if step.Phase != PhaseFault || step.After > 0 {
			continue
		}
		actions, err := roles.Resolve(step.Action)
		if err != nil {
			continue // it will be told when the step is made
		}
		for _, a := range actions {
			silence(&broken, a)
		}
	}
	return failover.Decide(p, &broken, failover.History{Active: roles.Regions[home]}, time.Now()).Action == failover.FailOver
}

// mayLeave tells whether the guide is a policy that moves on a replication failure. It may do so for the moment in which
// not all of what is broken is known, or healed, even where it is to stay.
func (r *run) mayLeave() bool { return r.careful && r.Failover.OnReplicationFailure == failover.Move }

// silence makes links look as they will after an action, if they deliver nothing then. A link that is slow is late, which
// is no reason to move.
func silence(s *probe.Snapshot, a Action) {
	if a.Kind != Cut && a.Kind != Stall {
		return
	}
	for i := range s.Links {
		l := &s.Links[i]
		if l.From == a.From && l.To == a.To || !a.OneWay && l.From == a.To && l.To == a.From {
			l.State, l.Cells = probe.LinkDown, nil
		}
	}
}

// ofPolicy makes the expectations of a scenario in which to stay is right those of one in which the policy does not: they
// say nothing against a move, and of one that is due they say what is said of every other.
func (r *run) ofPolicy(expected []string) []string {
	if !r.Scenario.Stays || !r.mayLeave() {
		return expected
	}
	const moves = "failovers"
	expected = slices.DeleteFunc(slices.Clone(expected), func(text string) bool {
		c, err := ParseAssertion(text)
		return err == nil && c.Name == moves
	})
	wanted := usually
	switch {
	case r.record.Leaves:
	case r.record.Made(failover.FailOver) > 0: // when it moved is a matter of moments, and so is whether it had the time to return
		wanted = lossless
	default:
		wanted = nil
	}
	for _, text := range wanted {
		if !slices.Contains(expected, text) {
			expected = append(expected, text)
		}
	}
	return expected
}
