package service

import (
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/recorder"
)

// Measures are what was seen on the wire, of what the service did and was told. They know nothing of what became of its writes.
type Measures struct {
	// FirstAt is its first success in the first region; LeftAt its last acknowledged write there before it moved; CutOverAt its first one elsewhere after the fault.
	FirstAt, LeftAt, CutOverAt *drill.Moment
	To                         int    // where it went first; -1: it never moved
	Moves                      []Move // in their order, at most MostMoves
	// ByWrites says that moves are told by the writes that were acknowledged: it wrote before the fault. Else they are told by
	// all commands that succeeded, to within the width of a step of the traffic.
	ByWrites bool

	Commands, PerSecond float64           // sent, and writes acknowledged, a second, in the steady phase
	Gap                 Gap               // the longest one since the fault
	Errors              []recorder.Errors // since the fault, by region and code
	Failed              int               // commands that failed or were never answered, since the fault
	FailedBefore        int               // and before it
	TimedOut            int               // connections that it closed with commands unanswered, since the fault
	Unanswered          int               // commands on them
	Cut                 int               // connections that ended since the fault, and not by the service, with nothing unanswered: it found out when it used them next
	Repeats             Repeats
	Storm               Storm
	Split               Split
	Stale               []recorder.Reads // those that found an item older or missing, by region
	Reads               int              // of its own items, all that could be judged
	Strays              Strays
}

// MostMoves bounds the moves that are followed: one that flaps more often does so all the time.
const MostMoves = 100

// Move is one change of the region that the service uses.
type Move struct {
	From, To int
	At       drill.Moment // of its first success in To
	// Missing counts the acknowledged writes that were not readable in To when the service got there, of those that were made
	// elsewhere and could be looked for. It is -1 where nobody looked.
	Missing int
}

// Gap is a stretch without any success, in any region, to within two steps of the traffic.
type Gap struct{ From, To drill.Moment }

// Length is how long it lasted.
func (g Gap) Length() time.Duration { return g.To - g.From }

// Repeats are writes that are the same as an earlier one, of which the service could not know that it was applied.
type Repeats struct {
	Count       int
	Doubtful    int // of them, those that may have been applied twice, where that makes a difference
	Elsewhere   int // of them all, those that went to another region than the earlier one
	First, Last drill.Moment
}

// Storm is the second in which most connections were opened to one region since the fault.
type Storm struct {
	Region int
	At     drill.Moment
	Opened int
	Usual  float64 // connections opened a second, to all regions, in the steady phase
}

// Split is how the service wrote to several regions at once after the fault, to within a step of the traffic. To have written to one and
// then to the other, however soon, is a move and nothing of that.
type Split struct {
	Seconds     int // in which it did
	Writes      int // acknowledged then, but for the region that acknowledged most
	First, Last drill.Moment
}

// Strays are writes that were sent to a region after the service had moved out of it, and before it returned.
type Strays struct {
	Sent, Acknowledged int
	First, Last        drill.Moment
}

// RTO is fault to cut-over, and the least that it can have been: see drill.RTO. It is false when there was no cut-over.
func (r *Record) RTO() (total, least time.Duration, ok bool) {
	if r.FaultAt == nil || r.CutOverAt == nil {
		return 0, 0, false
	}
	by := *r.FaultAt
	if r.FaultBy != nil {
		by = *r.FaultBy
	}
	return *r.CutOverAt - *r.FaultAt, *r.CutOverAt - min(by, *r.CutOverAt), true
}
