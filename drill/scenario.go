package drill

import "time"

// Scenario is a fault and the course of the drill around it.
type Scenario struct {
	Name    string
	Summary string // what happens, in one sentence
	Lesson  string // what it teaches, for `drill list`
	Steady  time.Duration
	Outage  time.Duration // from the cut-over to the heal
	Settle  time.Duration // writes after the failback
}

// Scenarios returns the scenarios that there are, in the order of `drill list`.
func Scenarios() []Scenario {
	return []Scenario{{
		Name:    "region-down",
		Summary: "the preferred region stops, all of its shards at once, and comes back later with its data",
		Lesson:  "what the application cannot read for how long, and when it is safe to return",
		Steady:  3 * time.Second,
		Outage:  2500 * time.Millisecond,
		Settle:  time.Second,
	}}
}

// ScenarioNamed returns the scenario of a name.
func ScenarioNamed(name string) (Scenario, bool) {
	for _, s := range Scenarios() {
		if s.Name == name {
			return s, true
		}
	}
	return Scenario{}, false
}
