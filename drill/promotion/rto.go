package promotion

import (
	"time"

	"github.com/aafailover/aafailover/drill"
)

// Moments are those that the time to recover is made of. A nil one was not observed.
type Moments struct {
	Fault    *drill.Moment // the fault was made at or after this
	Detected *drill.Moment // the first that held the primary down for all: +odown, FAIL, or the drill itself
	Promoted *drill.Moment // the new primary said for the first time that it is one
	CutOver  *drill.Moment // the application's first write that the new primary acknowledged
}

// Parts are the time to recover, cut where it was observed. A nil part is not known;
// what is known, and Unknown, add up to Total.
type Parts struct {
	Detection   *time.Duration // fault to Detected
	Election    *time.Duration // to Promoted
	Redirection *time.Duration // to CutOver
	Unknown     time.Duration  // the rest
	Total       time.Duration
}

// Parts returns false where the application did not get to a new primary.
//
// The moments come from different observers: what servers say of themselves reaches
// the drill after the fact, and an application can have been told earlier. A moment
// that was observed after a later one is taken to have been at that one, so that no
// part is negative and nothing is counted twice.
func (m Moments) Parts() (Parts, bool) {
	if m.Fault == nil || m.CutOver == nil {
		return Parts{}, false
	}
	end := max(*m.CutOver, *m.Fault)
	within := func(at *drill.Moment, least, most drill.Moment) *drill.Moment {
		if at == nil {
			return nil
		}
		t := min(max(*at, least), most)
		return &t
	}
	promoted := within(m.Promoted, *m.Fault, end)
	last := end
	if promoted != nil {
		last = *promoted
	}
	detected := within(m.Detected, *m.Fault, last)
	p := Parts{Total: end - *m.Fault}
	p.Detection = between(m.Fault, detected)
	p.Election = between(detected, promoted)
	p.Redirection = between(promoted, &end)
	p.Unknown = p.Total
	for _, part := range []*time.Duration{p.Detection, p.Election, p.Redirection} {
		if part != nil {
			p.Unknown -= *part
		}
	}
	return p, true
}

// between is the time from one moment to another, nil where either is.
func between(a, b *drill.Moment) *time.Duration {
	if a == nil || b == nil {
		return nil
	}
	d := *b - *a
	return &d
}
