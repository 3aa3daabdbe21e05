package drill

import "github.com/aafailover/aafailover/failover"

// Move is one change of the region that the application uses.
type Move struct {
	From, To  int             // indexes of regions
	Kind      failover.Action // FailOver or FailBack
	DecidedAt Moment
	Why       string
	// CutOverAt is when the first write in To was acknowledged. Nil when the
	// application never got there.
	CutOverAt *Moment
	// Missing counts the writes that were acknowledged before CutOverAt and not
	// readable in To when the application got there. The same write may be missing
	// at several moves.
	Missing int
	// RPO is that of the writes missing at this move.
	RPO RPO
}

// MissingKnown tells whether it is known at which move a write was missing. Of a drill
// that was killed after several failovers it is not: Move.Missing then counts every
// missing write that was acknowledged before.
func (r *Record) MissingKnown() bool { return r.KilledIn == "" || r.Made(failover.FailOver) <= 1 }

// Made counts the moves of a kind that came to their end.
func (r *Record) Made(kind failover.Action) int {
	n := 0
	for _, m := range r.Moves {
		if m.Kind == kind && m.CutOverAt != nil {
			n++
		}
	}
	return n
}
