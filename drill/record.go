package drill

import (
	"cmp"
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// Verdict is the result of a drill. Its texts are part of the JSON contract.
type Verdict string

// The verdicts. Inconclusive means that something could not be observed or that
// the drill did not come to its end.
const (
	Pass         Verdict = "pass"
	Fail         Verdict = "fail"
	Inconclusive Verdict = "inconclusive"
)

// Record is everything that a drill found out. Moments count from Start. A nil
// pointer means that the thing did not happen.
type Record struct {
	Scenario Scenario
	Way      Way    // in which its faults were made
	Engine   string // of the lab: the server, with its version, that kept the keys; "" for its own, and where there was no lab
	Run      string // id of the run, part of every key
	Start    time.Time
	// Preflight is what was looked at before; nil where that is only that the
	// deployment is healthy.
	Preflight *Preflight
	// OneWay says that only the links from the preferred region were up before, and that this was accepted: no failback
	// was awaited.
	OneWay bool
	Maps   []slots.Map // the regions; their indexes are used throughout
	// Leaves says that the policy was to move in a scenario in which others stay.
	Leaves  bool
	From    int // the preferred region
	To      int // the region where the first failover ended; -1 if none did
	Phases  []Phase
	Verdict Verdict
	// KilledIn is the phase in which the drill was killed that was resumed; \"\" for one that was not.
	KilledIn string
	// Reason says in a sentence why the verdict is what it is.
	Reason string

	// FaultAt and FaultBy bound when the fault came into force: the one was before
	// it, the other after. DetectedAt and DecidedAt are of the first move that was
	// decided on, CutOverAt is of the first failover that came to its end.
	FaultAt, FaultBy, DetectedAt, DecidedAt, CutOverAt *Moment
	Moves                                              []Move // in their order

	Lag      Lag
	Rate     float64 // writes a second that were asked for
	Reached  float64 // writes a second that were acknowledged in the steady phase; 0 when there was none
	Writes   Tally
	Pace     Pace // of them
	HeldBack int  // writes that the application never began, because nothing took them
	// IndeterminateApplied counts the indeterminate writes that were found in some
	// region afterwards.
	IndeterminateApplied int
	// RejectedApplied counts rejected writes that were found all the same: there
	// must be none.
	RejectedApplied int

	// Unclear is what became of the indeterminate ones.
	Unclear     Unclear
	Application Application
	// Exposed is, for each region but the one where the application stayed although it
	// had to, what a failover to it would have missed just before the fault was
	// healed. It is empty when the application moved.
	Exposed []Exposed

	Missed []Missed // in the order of their acknowledgement
	// MissedBeyond counts, by fate, the missed writes that Missed does not hold, all of which are younger: see Abridged.
	// It is empty in the record of a drill that has just ended.
	MissedBeyond map[Fate]int

	Windows    []Window
	AtFailback int // acknowledged writes that were not readable in From when the application came back
	// Early counts those of AtFailback that were readable in some region at the end:
	// the application came back too early for them. The others exist nowhere, or
	// nowhere that could be read.
	Early int
	// AtEnd counts, for each region, the acknowledged writes that were not readable
	// there at the end. It is -1 where that could not be found out for all.
	AtEnd []int
	// Unread counts acknowledged writes that could not be looked for when the
	// application got to a region. Anything but 0 makes the drill inconclusive.
	Unread int
	RPO    RPO

	Failback   Failback
	Assertions []Assertion
	Events     []probe.Event
}

// Lag is how long writes took, from their acknowledgement in the preferred region
// until they were readable in another one, before the fault, as seen by the
// observer: of a sample of them, each looked for again and again. Without samples
// the percentiles are those of the probe's round trip over the same link.
type Lag struct {
	P50, P99, Max time.Duration
	Samples       int           // writes that were looked for and found
	Within        time.Duration // how far from the truth a single sample can be
	Unseen        int           // writes that were looked for in vain
	Reads         int           // requests that it took
}

// RPO is the last acknowledgement before the cut-over minus the oldest missed
// acknowledgement, once for all missed writes and once for the lost ones. Nil
// when there is no such write.
type RPO struct {
	Missed, Lost *time.Duration
}

// Failback is how long after the heal each step of the return was reached.
type Failback struct {
	Available *time.Duration // the region answers the probe
	Resynced  *time.Duration // what was written elsewhere is readable in it
	Ready     *time.Duration // the policy says that it is safe
	Done      *time.Duration // the first write there is acknowledged
}

// Assertion is one condition on the result.
type Assertion struct {
	Expr  string
	Value string // as measured
	OK    bool
}

// RTO is fault to cut-over and its parts: until the region is unusable in the eyes
// of the policy, until it decides to move, until the first write elsewhere.
type RTO struct {
	Detect, Decide, Connect, Total time.Duration
	// Least is Total if the fault came into force as late as it can have: when it is
	// not the drill that makes a fault, its moment is only known to lie in an interval.
	Least time.Duration
}

// RTO returns false when there was no cut-over.
func (r *Record) RTO() (RTO, bool) {
	if r.FaultAt == nil || r.DetectedAt == nil || r.DecidedAt == nil || r.CutOverAt == nil {
		return RTO{}, false
	}
	return RTO{
		Detect:  *r.DetectedAt - *r.FaultAt,
		Decide:  *r.DecidedAt - *r.DetectedAt,
		Connect: *r.CutOverAt - *r.DecidedAt,
		Total:   *r.CutOverAt - *r.FaultAt,
		Least:   *r.CutOverAt - min(*cmp.Or(r.FaultBy, r.FaultAt), *r.CutOverAt),
	}, true
}

// RPOOf returns both halves of RPO for missed writes, which must be in the order of
// their acknowledgement, and the last acknowledgement before the cut-over.
func RPOOf(missed []Missed, lastAck Moment) RPO {
	var r RPO
	for _, m := range missed {
		age := max(lastAck-m.Ended, 0) // one that another region had acknowledged may be younger
		if r.Missed == nil {
			r.Missed = &age
		}
		if r.Lost == nil && m.Fate == Lost {
			r.Lost = &age
		}
	}
	return r
}

// Worse takes in the RPO of another move: the longer of each.
func (r RPO) Worse(other RPO) RPO {
	longer := func(a, b *time.Duration) *time.Duration {
		if a == nil || b != nil && *b > *a {
			return b
		}
		return a
	}
	return RPO{Missed: longer(r.Missed, other.Missed), Lost: longer(r.Lost, other.Lost)}
}
