package drill

import (
	"time"

	"github.com/aafailover/aafailover/probe"
)

// Checkpoint is how far a drill is, at a moment after which it may be killed. It is what the ledger does not tell.
type Checkpoint struct {
	// Record is what is known so far, without Maps, Events, Missed and Windows.
	Record Record
	Phase  string // that is under way
	// Broken says that a fault may be in force: it is true before the fault is made, and until it was healed.
	Broken bool
	// HealedAt and ReturnedAt are when the fault was healed and when the application came back; 0 before.
	HealedAt, ReturnedAt Moment
}

// Trail is what a drill that was killed has left, besides its ledger.
type Trail struct {
	Last   Checkpoint
	Events []probe.Event
	At     time.Time // until then at least it ran
}
