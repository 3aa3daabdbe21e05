package drill

import (
	"embed"
	"fmt"
	"slices"
	"time"
)

// Scenario is what happens in a drill, and what is expected of it. It is read
// from a file: see ParseScenario.
type Scenario struct {
	Name    string
	Summary string // what happens, in one sentence without a full stop
	Means   string // what that means for an application
	Setting string // which setting would have changed it
	// Stays says that the policy rightly stays: the faults are held for Outage from
	// the fault on, and nobody waits for a failover.
	Stays  bool
	Steady time.Duration // writes before the fault
	Outage time.Duration // from the cut-over to the heal
	Settle time.Duration // writes after the failback
	Needs  Needs
	Steps  []Step // by phase, and in a phase by After
	// Expect are the assertions by which the scenario passes or fails.
	Expect []string
}

// Needs are what a deployment must have for a scenario to show what it says. The
// built-in lab is started with them.
type Needs struct {
	Regions     int         // at least
	Shards      int         // of each region, at least
	Persistence Persistence // of every region; "" is any
	Backlog     int         // bytes of backlog per shard at the most; 0 is any
}

// Persistence says what a region has kept when it comes back after a kill. The
// texts are those of scenario files, and the same as the lab's.
type Persistence string

// The kinds of persistence.
const (
	KeepAll        Persistence = "all"
	KeepLastSecond Persistence = "last-second" // what came after the last checkpoint, one every second, is lost
	KeepNothing    Persistence = "nothing"
)

// Step is an action and its time.
type Step struct {
	Phase  string        // in which it happens: see PhaseSteady
	After  time.Duration // from the begin of the phase; the phase begins with those of 0
	Action Action        // its regions are roles, or names
}

// The roles that stand for regions in a scenario.
const (
	Local  = "local"  // the one that the application prefers
	Target = "target" // the one where the policy takes the application first, or would
	Third  = "third"  // the first that is neither
	Others = "others" // all but the local one, each in its turn
)

//go:embed scenarios/*.yaml
var scenarioFiles embed.FS

// DefaultScenario is the name of the one that is played when none is named.
const DefaultScenario = "region-down"

// scenarioOrder is that of `drill list`: from the plainest to the most particular.
var scenarioOrder = []string{
	DefaultScenario, "region-hang", "region-crash", "region-lost", "double-failure", "zone-down",
	"region-isolated", "link-cut", "link-one-way", "link-stall", "link-slow", "shard-link-cut", "shard-down",
	"flapping", "stale-return", "backlog-overflow", "rolling-restart", "never-written",
}

// ScenarioText returns the file of a scenario that comes with the program.
func ScenarioText(name string) ([]byte, bool) {
	if !slices.Contains(scenarioOrder, name) {
		return nil, false
	}
	text, err := scenarioFiles.ReadFile(scenarioPath(name))
	return text, err == nil
}

// Scenarios returns the scenarios that come with the program, in the order of
// `drill list`.
func Scenarios() []Scenario {
	all := make([]Scenario, len(scenarioOrder))
	for i, name := range scenarioOrder {
		var ok bool
		if all[i], ok = ScenarioNamed(name); !ok {
			panic("drill: no embedded scenario " + name) // the tests read them all
		}
	}
	return all
}

// ScenarioNamed returns the scenario of a name.
func ScenarioNamed(name string) (Scenario, bool) {
	text, ok := ScenarioText(name)
	if !ok {
		return Scenario{}, false
	}
	s, err := ParseScenario(scenarioPath(name), text)
	if err != nil {
		panic(fmt.Sprintf("drill: embedded scenario: %v", err)) // the tests read them all
	}
	return s, true
}

// scenarioPath is where the file of an embedded scenario is.
func scenarioPath(name string) string { return "scenarios/" + name + ".yaml" }
