package drill

import "github.com/aafailover/aafailover/probe"

// The kinds of events that a drill adds to those of the probe.
const (
	EventPhase    probe.EventKind = "phase"    // a phase begins; Detail is its name
	EventDecision probe.EventKind = "decision" // the policy decided to move; Detail says where and why
	EventAction   probe.EventKind = "action"   // a step of the scenario is about to be made; Detail says which
	EventReached  probe.EventKind = "reached"  // a step of the failover or failback; Detail says which
	EventLooked   probe.EventKind = "looked"   // every write was looked for where the application got to; Region is where
	EventError    probe.EventKind = "error"    // something went wrong that does not end the drill
)

// The phases of a drill, in their order.
const (
	PhaseSteady   = "steady"    // writes to the preferred region, everything works
	PhaseFault    = "fault"     // the fault is brought about
	PhaseDetect   = "detect"    // until the policy decides to fail over
	PhaseCutOver  = "cut over"  // until the first write on the other region is acknowledged
	PhaseOutage   = "outage"    // writes to the other region
	PhaseHeal     = "heal"      // the fault is undone
	PhaseResync   = "resync"    // until the preferred region is safe to return to
	PhaseFailBack = "fail back" // until the first write there is acknowledged
	PhaseSettle   = "settle"    // writes to it again, then until the fate of every missed write is known
)

// phases are all of them, in their order.
var phases = []string{PhaseSteady, PhaseFault, PhaseDetect, PhaseCutOver, PhaseOutage, PhaseHeal, PhaseResync, PhaseFailBack, PhaseSettle}

// Phase is one stretch of a drill.
type Phase struct {
	Name     string
	At       Moment
	Duration Moment
}
