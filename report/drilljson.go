package report

import (
	"slices"

	"github.com/aafailover/aafailover/drill"
)

// DrillDocument is the result of `drill`. All times are the observer's.
type DrillDocument struct {
	Schema     string        `json:"schema"`
	Deployment Deployment    `json:"deployment"`
	Engine     string        `json:"engine,omitempty"` // of a lab of real servers
	Scenario   string        `json:"scenario"`
	Fault      FaultDocument `json:"fault"`
	Happened   string        `json:"happened"`  // in the scenario
	Means      string        `json:"means"`     // for an application
	Setting    string        `json:"setting"`   // which one would have changed it
	Run        string        `json:"run"`       // part of every key
	From       string        `json:"from"`      // the region that the application prefers
	To         *string       `json:"to"`        // the one it moved to; null when it did not
	KilledIn   string        `json:"killed_in"` // the phase in which it was killed, of a drill that was resumed; "" otherwise
	Verdict    drill.Verdict `json:"verdict"`
	Reason     string        `json:"reason"`   // of the verdict
	Lesson     string        `json:"lesson"`   // what to learn from it
	Coverage   Coverage      `json:"coverage"` // unproven: the sharding of a region is not known, and a shard may have got no write
	Started    Timestamp     `json:"started"`

	Phases     []PhaseDocument `json:"phases"`
	FaultAt    *Timestamp      `json:"fault_at"` // the fault came into force at or after this
	FaultBy    *Timestamp      `json:"fault_by"` // and at or before this
	DetectedAt *Timestamp      `json:"detected_at"`
	DecidedAt  *Timestamp      `json:"decided_at"`
	CutOverAt  *Timestamp      `json:"cut_over_at"`
	Moves      []MoveDocument  `json:"moves"` // in their order
	RTO        RTODocument     `json:"rto_ms"`
	RPO        RPODocument     `json:"rpo_ms"`

	Lag      LagDocument      `json:"lag_ms"`
	Expected ExpectedDocument `json:"expected"`
	Writes   WritesDocument   `json:"writes"`
	Pace     PaceDocument     `json:"pace"`
	Missed   MissedDocument   `json:"missed"`

	Application   ApplicationDocument `json:"application"`
	Indeterminate UnclearDocument     `json:"indeterminate"`
	Exposed       []ExposedDocument   `json:"exposed"`

	Windows []WindowDocument `json:"windows"`

	Failback   FailbackDocument    `json:"failback"`
	Assertions []AssertionDocument `json:"assertions"`
	// Preflight is what was looked at before; null where that is only that the deployment is healthy.
	Preflight *LookedAtDocument `json:"preflight"`
	Events    []EventDocument   `json:"events"`
}

// FaultDocument is how the faults of a drill were made, and what that says of its results.
type FaultDocument struct {
	Way  drill.Way `json:"way"`  // "" where that is not known
	Text string    `json:"text"` // "" where the servers themselves were hit, as the scenario says
}

// PhaseDocument is one stretch of a drill.
type PhaseDocument struct {
	Name     string       `json:"name"`
	At       Timestamp    `json:"at"`
	Duration Milliseconds `json:"duration_ms"`
}

// RTODocument is fault to cut-over and its parts; null when there was no cut-over.
type RTODocument struct {
	Detect  *Milliseconds `json:"detect"`
	Decide  *Milliseconds `json:"decide"`
	Connect *Milliseconds `json:"connect"`
	Total   *Milliseconds `json:"total"`
	// TotalLeast is the total if the fault came into force as late as it can have.
	TotalLeast *Milliseconds `json:"total_least"`
}

// MoveDocument is one change of the region that the application used.
type MoveDocument struct {
	Kind      string     `json:"kind"` // "fail over" or "fail back"
	From      string     `json:"from"`
	To        string     `json:"to"`
	DecidedAt Timestamp  `json:"decided_at"`
	CutOverAt *Timestamp `json:"cut_over_at"` // null when the application never got there
	Why       string     `json:"why"`
	Missing   int        `json:"missing"` // acknowledged before, and not readable on arrival; of a write missing at several moves, each counts it
	// MissingKnown is false after a resume of a drill that had failed over several times: at which of them a write was missing
	// is not on disk, and each counts all that were acknowledged before.
	MissingKnown bool        `json:"missing_known"`
	RPO          RPODocument `json:"rpo_ms"`
}

// RPODocument is the last acknowledgement before the cut-over minus the oldest missed one; null when there is none.
type RPODocument struct {
	Missed *Milliseconds `json:"missed"`
	Lost   *Milliseconds `json:"lost"`
}

// LagDocument is how long writes took from the preferred region to the target before the fault; null when it is not known.
// Without samples it is the round trip of the probe.
type LagDocument struct {
	P50     *Milliseconds `json:"p50"`
	P99     *Milliseconds `json:"p99"`
	Max     *Milliseconds `json:"max"`
	Within  *Milliseconds `json:"within"` // how far from the truth a single sample can be
	Samples int           `json:"samples"`
	Unseen  int           `json:"unseen"` // samples that were looked for in vain
	Reads   int           `json:"reads"`  // that it took
}

func lagDocument(l drill.Lag) LagDocument {
	d := LagDocument{P50: milliseconds(&l.P50), P99: milliseconds(&l.P99), Samples: l.Samples, Unseen: l.Unseen, Reads: l.Reads}
	if l.Samples > 0 {
		d.Max, d.Within = milliseconds(&l.Max), milliseconds(&l.Within)
	}
	return d
}

// ExpectedDocument is how many missed writes lag and rate let one expect, on average over drills: see
// [drill.Record.ExpectedMissed].
type ExpectedDocument struct {
	Low  int `json:"low"`
	High int `json:"high"`
}

// WritesDocument counts the writes of all phases.
type WritesDocument struct {
	Attempted            int     `json:"attempted"`
	Acknowledged         int     `json:"acknowledged"`
	Rejected             int     `json:"rejected"`
	Indeterminate        int     `json:"indeterminate"`
	PerSecond            float64 `json:"per_second"` // acknowledged in the steady phase
	AskedPerSecond       float64 `json:"asked_per_second"`
	Unsent               int     `json:"unsent"`    // not attempted: the region could not be reached
	HeldBack             int     `json:"held_back"` // never begun: all connections were busy
	IndeterminateApplied int     `json:"indeterminate_applied"`
	RejectedApplied      int     `json:"rejected_applied"`
}

// PaceDocument counts the writes in each stretch of a drill: see [drill.Pace].
type PaceDocument struct {
	Step    Milliseconds         `json:"step_ms"`
	Regions []RegionPaceDocument `json:"regions"` // those that got any
}

// RegionPaceDocument is what became of the writes of one region, in each stretch.
type RegionPaceDocument struct {
	Region       string `json:"region"`
	Acknowledged []int  `json:"acknowledged"`
	Failed       []int  `json:"failed"`
}

func (v drillView) paceDocument() PaceDocument {
	d := PaceDocument{Step: Milliseconds(v.Pace.Step), Regions: []RegionPaceDocument{}}
	for i, r := range v.Pace.Regions {
		if slices.ContainsFunc(slices.Concat(r.Acknowledged, r.Failed), func(n int) bool { return n > 0 }) {
			d.Regions = append(d.Regions, RegionPaceDocument{Region: v.region(i), Acknowledged: r.Acknowledged, Failed: r.Failed})
		}
	}
	return d
}

// MissedDocument counts missed writes by their fate. At the failover there are as many as there are of all fates
// together. Without a cut-over, or a failback, nobody looked, and the numbers are 0: rto_ms and failback tell.
type MissedDocument struct {
	AtFailover int             `json:"at_failover"`
	Converged  int             `json:"converged"`
	Diverged   int             `json:"diverged"`
	Lost       int             `json:"lost"`
	Expired    int             `json:"expired"`
	Pending    int             `json:"pending"`
	AtFailback int             `json:"at_failback"`
	Early      int             `json:"early"`  // of those: some region had them at the end, so that the return was too early
	AtEnd      map[string]*int `json:"at_end"` // acknowledged writes not readable at the end, by region; null where that is not known
	Unread     int             `json:"unread"` // writes that could not be looked for
}

// WindowDocument is a stretch of missed writes of one fate.
type WindowDocument struct {
	Region      string     `json:"region"`       // that acknowledged them
	Shard       string     `json:"shard"`        // id, in that region
	ShardNumber int        `json:"shard_number"` // its place in that region, from 1; 0 if nobody owns the slot
	Slot        int        `json:"slot"`
	FirstAck    Timestamp  `json:"first_ack"`
	LastAck     Timestamp  `json:"last_ack"`
	Count       int        `json:"count"`
	Outcome     drill.Fate `json:"outcome"`
	ConvergedAt *Timestamp `json:"converged_at"` // when the last of them was found readable
}

// FailbackDocument is how long after the heal each step was reached; null when it was not.
type FailbackDocument struct {
	Awaited   bool          `json:"awaited"` // false: no link leads back to the first region, and that was accepted
	Available *Milliseconds `json:"available_ms"`
	Resynced  *Milliseconds `json:"resynced_ms"`
	Ready     *Milliseconds `json:"ready_ms"`
	Done      *Milliseconds `json:"done_ms"`
}

// AssertionDocument is one condition on the result.
type AssertionDocument struct {
	Expr  string `json:"expr"`
	Value string `json:"value"`
	OK    bool   `json:"ok"`
}
