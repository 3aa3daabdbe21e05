package service

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/recorder"
	"github.com/aafailover/aafailover/slots"
)

// Config is what a drill of a service needs. The regions have the same index in Maps, Endpoints, Readers and the Log; the first is
// the one that the service is to prefer.
type Config struct {
	Scenario  drill.Scenario
	Prefix    string // of the probe's channels
	Maps      []slots.Map
	Cover     []int
	Endpoints []probe.Endpoint // reached directly, not through the proxies of the service
	Readers   []Reader         // likewise
	Fault     drill.Fault
	Way       drill.Way // in which Fault makes it, for the report
	Engine    string    // that keeps the keys of the lab, for the report

	// Log is what the recorder enters. Its start is that of the drill: all moments count from there.
	Log *recorder.Log
	// Launch starts the service, or tells somebody to. It is called once, when the deployment is healthy. Nil: it runs already.
	Launch func(context.Context) error
	// Exited hands over how the service ended by itself, when it does. Nil: that is not known.
	Exited <-chan Exit

	Probe probe.Policy
	// Failover is the policy by which a service that asked the probe would move. What this one does is compared with it; it is
	// not told of it.
	Failover failover.Policy
	Limits   Limits
	Assert   []string // what must be measured for the drill to pass: see ParseAssertions

	// OnEvent is told what happens, as it happens, from one goroutine at a time. It may be nil.
	OnEvent func(probe.Event)
	// OnSnapshot is told what the probe sees. It must not wait. It may be nil.
	OnSnapshot func(*probe.Snapshot)
}

// Reader reads the items that a service wrote, in one region.
type Reader interface {
	// Read returns in what state each item is, in their order, as of some moment of the call, which takes no longer than a few
	// times the region's time limit. The items are of one shard. Digests are made with the seed of the Log. An error
	// means that nothing was learned of any of them; what cannot be told of a single item is commands.Unknown.
	Read(ctx context.Context, shard int, items []commands.Item) ([]commands.State, error)
	// Close ends the connections.
	Close() error
}

// Exit is how a service ended by itself.
type Exit struct {
	Text string // "it ended with status 3"
	OK   bool   // that says that all was well: status 0
}

// Limits bound how long a drill waits for what may never come, and how much it looks for.
type Limits struct {
	Healthy  time.Duration // for a healthy deployment
	Within   time.Duration // for the first command that succeeds in the first region
	Fault    time.Duration // for each action of a fault, and for all of it to be healed
	Move     time.Duration // for the service to move
	Resync   time.Duration // for the first region to be safe to return to
	Return   time.Duration // for the service to return then
	Fence    time.Duration // for fences, and for what is missing, at the end
	Read     time.Duration // for the items to be read where the service got to
	Items    int           // that are looked for at a time, the newest first; those beyond are not judged
	Attempts time.Duration // between two looks for what is missing
}

// DefaultLimits are generous: reaching one is a finding.
func DefaultLimits() Limits {
	return Limits{Healthy: 10 * time.Second, Within: 60 * time.Second, Fault: 30 * time.Second, Move: 30 * time.Second,
		Resync: 60 * time.Second, Return: 60 * time.Second, Fence: 10 * time.Second, Read: 30 * time.Second,
		Items: 200_000, Attempts: 100 * time.Millisecond}
}

// Check says what of a configuration makes no sense.
func (c Config) Check() error {
	switch {
	case len(c.Maps) < 2:
		return errors.New("a drill needs at least two regions: there must be somewhere to go")
	case len(c.Endpoints) != len(c.Maps) || len(c.Readers) != len(c.Maps):
		return errors.New("every region needs an endpoint and a reader")
	case len(c.Cover) == 0:
		return errors.New("a drill needs at least one slot to send fences on")
	case c.Log == nil || c.Fault == nil:
		return errors.New("a drill needs a log and a fault")
	case c.Limits.Items < 1 || c.Limits.Attempts <= 0:
		return fmt.Errorf("a drill cannot look for %d items every %v", c.Limits.Items, c.Limits.Attempts)
	case c.Maps[0].Region != "" && len(c.Maps) < c.Scenario.Needs.Regions:
		return fmt.Errorf("%s takes %d regions, and there are %d", c.Scenario.Name, c.Scenario.Needs.Regions, len(c.Maps))
	}
	roles := drill.Cast{Target: c.Maps[1].Region}
	for _, m := range c.Maps {
		roles.Regions = append(roles.Regions, m.Region)
	}
	for _, step := range c.Scenario.Steps {
		if _, err := roles.Resolve(step.Action); err != nil {
			return fmt.Errorf("%s: %w", c.Scenario.Name, err)
		}
	}
	_, unclear := ParseAssertions(c.Assert)
	return errors.Join(unclear, c.Scenario.Check(), c.Probe.Check(), c.Failover.Check())
}
