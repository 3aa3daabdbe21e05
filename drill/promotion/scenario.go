package promotion

import (
	"slices"
	"time"

	"github.com/aafailover/aafailover/drill"
)

// Verb is what is done to hosts.
type Verb string

// The verbs.
const (
	Kill        Verb = "kill"                     // SIGKILL
	Hang        Verb = "hang"                     // SIGSTOP: its connections stay open
	GoOn        Verb = "let go on"                // SIGCONT
	Start       Verb = "start"                    // with what is on its disk
	StartAnyhow Verb = "start, or start empty"    // empty where it refuses to start with what is on its disk
	Empty       Verb = "empty"                    // its disk, while it does not run
	Part        Verb = "cut off"                  // from all hosts that are not named; what is named stays together
	Join        Verb = "reconnect"                // undoes Part
	FillDisk    Verb = "fill the disk of"         // no write to its files succeeds
	FreeDisk    Verb = "free the disk of"         // undoes FillDisk
	SaveRDB     Verb = "have saved"               // a snapshot is on its disk
	CorruptAOF  Verb = "corrupt the AOF of"       // bytes in its middle
	TruncateAOF Verb = "cut off the AOF's end of" // as a crash in the middle of a write does
	CorruptRDB  Verb = "corrupt the snapshot of"
)

// Who names hosts by their role when the drill begins. In a cluster it is the first
// shard that is hit.
type Who string

// The roles that stand for hosts in a scenario.
const (
	ThePrimary    Who = "the primary"
	AReplica      Who = "a replica"      // the last one of the shard: not where a failover goes by preference
	ASentinel     Who = "a sentinel"     // the last one
	MostGuards    Who = "most sentinels" // so many that those left are no majority
	MostPrimaries Who = "most primaries" // of a cluster, the first one among them
)

// Step is one thing that is done.
type Step struct {
	Phase string // drill.PhaseSteady: just before the fault; drill.PhaseFault or drill.PhaseHeal
	Do    Verb
	Who   Who
}

// Second is a second client, which does not follow a failover.
type Second uint8

// The second clients.
const (
	Nobody   Second = iota
	Stayed          // its connections to the old primary stay
	Minority        // it is on the host of the old primary, and goes on with it
)

// Scenario is what happens in a drill of a failover, and what is expected of it.
type Scenario struct {
	Name       string
	Topologies []Topology
	Summary    string // what happens, in one sentence without a full stop
	Means      string // for an application
	Setting    string // which setting would have changed the result
	Steps      []Step
	Second     Second
	// Servers are directives without which the scenario does not show what it says, each as in redis.conf.
	Servers []string
	// Patience is how long the sentinels, the cluster or the drill must wait before they
	// hold a server down, where the scenario needs another time than the one that was
	// asked for. 0: any.
	Patience time.Duration
	// Outage is how long the fault stays after the cut-over, or after it is clear that there is none.
	Outage time.Duration
	Expect Expect
}

// Expect is what must come out for a scenario to pass.
type Expect struct {
	Failover bool // a replica takes over, and the application gets there
	NoLoss   bool // no acknowledged write is lost
	// UntilHeal says that no write of the shard that is hit is acknowledged until the
	// fault is undone. With Failover the replica that takes over takes none either.
	UntilHeal bool
	// LosesData says that acknowledged writes are lost which have nothing to do with a second client.
	LosesData bool
	// SplitBrain says that the old primary takes writes that are thrown away later, for
	// as long as no setting of the servers keeps it from that.
	SplitBrain bool
	// RefusesToStart says that a server does not start with what is on its disk.
	RefusesToStart bool
}

// Find returns the hosts of a deployment that a role stands for, by their indexes.
func (w Who) Find(hosts []Host) []int {
	pick := func(is func(Host) bool) []int {
		var found []int
		for i, h := range hosts {
			if is(h) {
				found = append(found, i)
			}
		}
		return found
	}
	last := func(all []int) []int { return all[max(len(all)-1, 0):] }
	ofShard := func(role Role) []int { return pick(func(h Host) bool { return h.Role == role && h.Shard == 0 }) }
	switch w {
	case ThePrimary:
		return ofShard(Primary)
	case AReplica:
		return last(ofShard(Follower))
	case ASentinel:
		return last(pick(func(h Host) bool { return h.Role == Guard }))
	case MostGuards:
		all := pick(func(h Host) bool { return h.Role == Guard })
		return all[:majority(len(all))]
	case MostPrimaries:
		all := pick(func(h Host) bool { return h.Role == Primary })
		return all[:majority(len(all))]
	}
	return nil
}

// majority is how many of n must be gone for the others to be no majority.
func majority(n int) int { return n - n/2 }

// In tells whether a scenario can be played in a topology.
func (s Scenario) In(t Topology) bool { return slices.Contains(s.Topologies, t) }

// hits tells whether a step takes away the primary.
func (s Step) hits() bool {
	return s.Phase == drill.PhaseFault && slices.Contains([]Who{ThePrimary, MostPrimaries}, s.Who)
}

// in are the steps of a phase.
func (s Scenario) in(phase string) []Step {
	return slices.DeleteFunc(slices.Clone(s.Steps), func(step Step) bool { return step.Phase != phase })
}

// DefaultScenario is the name of the one that is played when none is named.
const DefaultScenario = "primary-kill"

// Scenarios returns those of a topology, in the order of `drill list`.
func Scenarios(t Topology) []Scenario {
	return slices.DeleteFunc(slices.Clone(scenarios), func(s Scenario) bool { return !s.In(t) })
}

// ScenarioNamed returns the scenario of a name in a topology.
func ScenarioNamed(t Topology, name string) (Scenario, bool) {
	for _, s := range Scenarios(t) {
		if s.Name == name {
			return s, true
		}
	}
	return Scenario{}, false
}

// String is the step as people read it.
func (s Step) String() string { return string(s.Do) + " " + string(s.Who) }

// Words say what is expected, a part each.
func (e Expect) Words() []string {
	var all []string
	for _, part := range []struct {
		is   bool
		says string
	}{
		{e.Failover, "a replica takes over, and the application gets there"}, {!e.Failover, "nobody is promoted"},
		{e.NoLoss, "no acknowledged write is lost"}, {e.LosesData, "acknowledged writes are lost"},
		{e.UntilHeal, "what is hit takes no write until the fault is undone"},
		{e.SplitBrain, "the old primary takes writes that are thrown away, unless a setting keeps it from that"},
		{e.RefusesToStart, "the server refuses to start with what is on its disk"},
		{true, "in the end all servers are in sync"},
	} {
		if part.is {
			all = append(all, part.says)
		}
	}
	return all
}
