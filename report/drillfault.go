package report

import (
	"fmt"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/internal/words"
)

// What a drill says depends on how its fault was made: the scenario speaks of servers that are hit.

// byOthers tells whether somebody else made the fault, so that it is known from what was seen alone.
func (v drillView) byOthers() bool { return v.Way == drill.ByManual || v.Way == drill.ByCommand }

// made says how the fault was made, and what that says of the result; "" where it is just what the scenario says.
func (v drillView) made() string {
	switch v.Way {
	case drill.ByProxy:
		return "made by a proxy between the drill and the regions: the servers noticed nothing, and replication went on. What is said next is of servers that are hit themselves."
	case drill.ByManual:
		return "made by hand: the drill knows what it asked for and what it saw, and not what was done"
	case drill.ByCommand:
		return "made by the inject command: the drill knows what it asked for and what it saw, and not what was done"
	}
	return ""
}

// happened says what happened in the fault phase, as far as the drill knows.
func (v drillView) happened() string {
	summary := words.Clean(v.Scenario.Summary)
	switch v.Way {
	case drill.ByProxy:
		return "on the connections of the drill alone, as if: " + summary
	case drill.ByManual:
		return "as asked for by hand: " + summary
	case drill.ByCommand:
		return "as the command was asked for: " + summary
	}
	return summary
}

// expected is how many missed writes lag and rate let one expect; "" where they do not tell: without a lag, and where
// writes went on after a link was broken.
func (p *drillPage) expected() string {
	if p.Lag == (drill.Lag{}) || p.Scenario.Stays {
		return ""
	}
	if p.Way == drill.ByProxy {
		return p.expectedBehindProxy()
	}
	low, high := p.ExpectedMissed()
	text := fmt.Sprintf("about %s-%s missed writes, by lag × rate", words.Thousands(low), words.Thousands(high))
	if p.tooFew() {
		text = "less than one missed write, by lag × rate"
	}
	if p.Made(failover.FailOver) > 1 {
		text += ", at the first failover"
	}
	if p.byOthers() {
		text += ", if replication stopped when the fault came"
	}
	return text
}

// expectedBehindProxy is expected where replication went on.
func (p *drillPage) expectedBehindProxy() string {
	if low, high := p.ExpectedMissed(); high > 0 {
		return fmt.Sprintf("about %s-%s missed writes, by lag × rate of those that had no time to cross before the cut-over: replication went on", words.Thousands(low), words.Thousands(high))
	}
	return "none: replication went on, and the lag was over before the cut-over"
}

// sparedByProxy is the lesson of a drill with a proxy in which nothing was missing.
func (v drillView) sparedByProxy() string {
	text := fmt.Sprintf("Nothing was missing in %s, and that says little: only the drill's own connections were broken, and replication went on.", words.Clean(v.region(v.To)))
	if v.Lag == (drill.Lag{}) {
		return text
	}
	if v.tooFew() {
		return text + fmt.Sprintf(" Only a fault that hits %s itself measures what is missed, at a higher --rate: by lag × rate less than one write is on its way at a time.",
			words.Clean(v.region(v.From)))
	}
	_, high := v.OnTheirWay()
	return text + fmt.Sprintf(" When %s itself fails, by lag and rate it could be about %s, and your application must bear that.",
		words.Clean(v.region(v.From)), words.Count(high, "write"))
}

// whenLeft says when it is that writes are lost.
func (v drillView) whenLeft() string {
	if v.Way == drill.ByProxy {
		return "it leaves " + v.left()
	}
	return v.left() + " goes down"
}

// crossedMeanwhile tells whether all missed writes were readable before anything was undone: replication went on.
func (v drillView) crossedMeanwhile() bool {
	for _, p := range v.Phases {
		if p.Name == drill.PhaseHeal {
			return v.LastConverged() < p.At
		}
	}
	return false
}
