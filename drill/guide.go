package drill

import (
	"time"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/probe"
)

// Guide says where the application should be. The drill obeys it, whatever it is
// that it judges from. It is asked by one goroutine, whenever something changed
// and at least every GuideInterval.
type Guide interface {
	Decide(s *probe.Snapshot, h failover.History, now time.Time) failover.Decision
}

// GuideInterval is the longest time between two questions to a Guide.
const GuideInterval = 50 * time.Millisecond

// Listener is what a Guide may be as well, when it judges from what becomes of
// the application's commands.
type Listener interface {
	// Outcome tells of a write that the application made in a region. It is called
	// by many goroutines and must not block.
	Outcome(region string, err error, at time.Time)
}

// policyGuide is the guide that a drill has unless it is given another: the
// failover policy.
type policyGuide struct{ policy failover.Policy }

func (g policyGuide) Decide(s *probe.Snapshot, h failover.History, now time.Time) failover.Decision {
	return failover.Decide(g.policy, s, h, now)
}

// Unusable tells whether the active region is one that the policy leaves, be
// there another one or not.
func (g policyGuide) Unusable(s *probe.Snapshot, active string) bool {
	_, unusable := failover.Unusable(g.policy, s, active)
	return unusable
}
