package drill

import (
	"time"

	"github.com/aafailover/aafailover/probe"
)

// Checkpoint is how far a drill is at a moment after which it may be killed: what
// neither the ledger nor the events tell.
type Checkpoint struct {
	// Record is what is known so far, without Maps, Events, Missed and Windows.
	Record     Record
	ReturnedAt Moment // the last arrival at home; 0 before
}

// Trail is what a drill has left behind besides its ledger.
type Trail struct {
	Last   Checkpoint
	Events []probe.Event
	// Made are the actions that were begun and not taken back by a heal, in their order: they may be in force.
	Made []Action
	At   time.Time // until then at least it ran
}

// checkpoint tells how far the drill is.
func (r *run) checkpoint() {
	if r.OnCheckpoint == nil {
		return
	}
	r.events.Lock() // events are added by others
	known := *r.record
	r.events.Unlock()
	known.Maps, known.Events, known.Missed, known.Windows = nil, nil, nil, nil
	known.Failback, known.HeldBack = r.homecoming.failback(), r.writer.heldBack()
	known.Application = r.writer.application()
	r.OnCheckpoint(Checkpoint{Record: known, ReturnedAt: r.returnedAt})
}

// keepBooks opens the ledger, the start of which is that of the drill.
func (r *run) keepBooks() {
	switch {
	case r.Ledger != nil:
		r.ledger, r.start = r.Ledger, r.Ledger.Head().Start
	case len(r.Cover) > 0:
		r.ledger = NewLedger(r.Prefix, r.Run, r.Cover)
	}
}
