package canary

import (
	"cmp"
	"slices"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// EventIncident is the kind of the events of a canary. From and To are the regions
// that the incident is between, State is the stage, and Detail says what is known.
const EventIncident probe.EventKind = "incident"

// Stage is what an event says that an incident has come to. Its texts are part of
// the JSON contract. An incident is over when it has come to all of them; which of
// the last two comes first is open. Of one that leads home there is no return.
type Stage string

// The stages.
const (
	FailedOver Stage = "failed_over" // an application would write in the target, where all that was acknowledged before was looked for
	Returned   Stage = "returned"    // and has left it again, most often for home
	Settled    Stage = "settled"     // it is known what became of every missed write
)

var stages = [...]Stage{FailedOver, Returned, Settled}

// Incident is one cut-over that the policy would have made: what was missing, and
// what became of it. Moments count from Start.
type Incident struct {
	Number   int       // from 1, in the order of the cut-overs
	Start    time.Time // of the canary
	Maps     []slots.Map
	From, To int    // indexes of the regions
	Homeward bool   // To is home: an application stays there, and there is no return
	Why      string // the reason of the policy
	Rate     float64
	// Looked says that all that there was to look for at the cut-over has been.
	Looked bool

	// LastAck is the last acknowledgement in From on a slot that was not acknowledged
	// again: the outage began after it. Nil when none failed before the cut-over.
	LastAck    *Moment
	DetectedAt Moment // From was unusable in the eyes of the policy
	DecidedAt  Moment // the policy moved
	CutOverAt  Moment // the first operation in To was acknowledged

	Lag     drill.Lag // from write to visible, From to To, of the last hours before
	Fates   [FateCount]int
	Windows []drill.Window // the first MaxWindows
	// MoreWindows counts the windows that are not kept.
	MoreWindows int
	RPO         drill.RPO
	Unread      int     // acknowledged writes that could not be looked for at the cut-over
	Return      *Return // nil as long as an application would be in To
	SettledAt   *Moment // nil as long as the fate of a missed write is not known
}

// Came tells whether an incident has come to a stage.
func (i *Incident) Came(to Stage) bool {
	switch to {
	case FailedOver:
		return i.Looked
	case Returned:
		return i.Looked && i.Return != nil && i.Return.Looked
	}
	return i.Looked && i.SettledAt != nil
}

// Over tells whether nothing more will be known of an incident.
func (i *Incident) Over() bool { return i.Came(Settled) && (i.Homeward || i.Came(Returned)) }

// FateCount is the number of fates.
const FateCount = int(drill.Expired) + 1

// Return is the move that ended the stay in the target of an incident.
type Return struct {
	At      Moment
	To      int // index of the region
	Missing int // acknowledged writes that were not readable there
	Unread  int // that could not be looked for there
	Looked  bool
}

// Missed is how many acknowledged writes were not readable at the cut-over: the
// sum of all fates.
func (i *Incident) Missed() int {
	n := 0
	for _, one := range i.Fates {
		n += one
	}
	return n
}

// Silence is how long nothing could be written where it failed: from the last
// acknowledgement in From to the first in To. The outage began at some moment of
// its first interval between two writes, so that the RTO is at most this. False
// when no write had failed.
func (i *Incident) Silence() (time.Duration, bool) {
	if i.LastAck == nil {
		return 0, false
	}
	return i.CutOverAt - *i.LastAck, true
}

// Expected is how many missed writes an application of another rate, in writes a
// second, has to expect by the lag alone: with its median and its 99th percentile.
func (i *Incident) Expected(rate float64) (low, high int) {
	return int(rate * i.Lag.P50.Seconds()), int(rate*i.Lag.P99.Seconds() + 0.5)
}

// followed is an incident of which not everything is known yet.
type followed struct {
	Incident
	cover   int    // how many slots were written to
	lastAck Moment // before the cut-over, on any slot
	waiting map[int]bool
	missed  map[int]drill.Missed
	open    map[int]bool // of missed: those whose fate is Pending and may yet be known

	returning map[int]bool   // writes that were not looked for yet at the return
	told      map[Stage]bool // that was told
}

// decide notes the fate of a missed write; Pending is none.
func (f *followed) decide(m drill.Missed) {
	if _, missed := f.missed[m.N]; !missed || m.Fate == drill.Pending || !f.open[m.N] {
		return
	}
	f.missed[m.N] = m
	delete(f.open, m.N)
}

// result returns the incident as it is known now.
func (f *followed) result() Incident {
	i := f.Incident
	i.Fates = [FateCount]int{}
	all := make([]drill.Missed, 0, len(f.missed))
	for _, m := range f.missed {
		i.Fates[m.Fate]++
		all = append(all, m)
	}
	slices.SortFunc(all, func(a, b drill.Missed) int { return cmp.Or(cmp.Compare(a.Ended, b.Ended), cmp.Compare(a.N, b.N)) })
	i.RPO = drill.RPOOf(all, f.lastAck)
	i.Windows = drill.Windows(all, i.Maps, drill.MergeGap(i.Rate, f.cover))
	if more := len(i.Windows) - MaxWindows; more > 0 {
		i.Windows, i.MoreWindows = slices.Clone(i.Windows[:MaxWindows]), more
	}
	i.Unread += len(f.waiting)
	if f.Return != nil {
		back := *f.Return
		back.Unread += len(f.returning)
		i.Return = &back
	}
	return i
}
