package failover

import (
	"slices"
	"time"
)

// History is what was done before. The zero value but for Active is an
// application that was always there.
type History struct {
	Active string    // the region that the application uses
	Since  time.Time // since when; the zero time is for ever
	// Moves are when the application moved, ascending, of which only the newest
	// matter: see [History.After]. Nil is never.
	Moves []time.Time
}

// maxRemembered bounds the moves of a History, and so of a FlapLimit.
const maxRemembered = 100

// After returns the history once a move to a region has been made at a time. It
// shares nothing with h.
func (h History) After(to string, at time.Time) History {
	moves := h.Moves[max(0, len(h.Moves)-maxRemembered+1):]
	return History{Active: to, Since: at, Moves: append(slices.Clone(moves), at)}
}

// movesAfter counts the moves since a moment.
func (h History) movesAfter(since time.Time) int {
	n := 0
	for _, at := range h.Moves {
		if at.After(since) {
			n++
		}
	}
	return n
}
