package report

import (
	"fmt"
	"time"

	"github.com/aafailover/aafailover/drill/durability"
	"github.com/aafailover/aafailover/internal/words"
)

// DurabilitySchema is that of a DurabilityDocument.
const DurabilitySchema = "aafailover.durability/v1"

// DurabilityResult is what `drill durability` found.
type DurabilityResult struct {
	Engine    string // program and version
	Rate      float64
	WritesFor time.Duration
	Repeat    int
	AtOnce    int
	Rows      []durability.Row
	// Target is the RPO that the configurations are judged by; nil: none.
	Target *time.Duration
	// Interrupted says that not all rows are there.
	Interrupted bool
}

// DurabilityDocument is the result of `drill durability`.
type DurabilityDocument struct {
	Schema      string       `json:"schema"`
	Deployment  Deployment   `json:"deployment"`
	Engine      string       `json:"engine"`
	Rate        float64      `json:"rate"`
	WritesFor   Milliseconds `json:"writes_for_ms"`
	Repeat      int          `json:"repeat"`
	AtOnce      int          `json:"at_once"`
	Interrupted bool         `json:"interrupted"`
	// PowerCuts says how a power cut is simulated, and by which model names of files survive it.
	PowerCuts string                  `json:"power_cuts"`
	Rows      []DurabilityRowDocument `json:"rows"`
	Target    *DurabilityGoalDocument `json:"target"` // null without --rpo
}

// DurabilityRowDocument is one row. Where it was not measured, numbers are 0 and what is measured in time is null.
type DurabilityRowDocument struct {
	Name          string              `json:"name"`
	Configuration string              `json:"configuration"`
	About         string              `json:"about"`
	Chapter       durability.Chapter  `json:"chapter"`
	Crash         durability.Crash    `json:"crash"`
	Recovery      durability.Recovery `json:"recovery"`
	Given         bool                `json:"given"`
	Measured      bool                `json:"measured"`
	Reason        string              `json:"reason"` // why it was not
	// Promised is none, bounded or unbounded; Because says by what.
	Promised    string        `json:"promised"`
	Because     string        `json:"because"`
	RPOPromised *Milliseconds `json:"rpo_promised_ms"` // null when unbounded
	RPOMeasured *Milliseconds `json:"rpo_measured_ms"` // null also when no write was confirmed
	// AtLeast says that all was lost from the first write on.
	AtLeast              bool               `json:"rpo_at_least"`
	Draws                []Milliseconds     `json:"rpo_draws_ms"`
	Writes               int                `json:"writes"`
	Acknowledged         int                `json:"acknowledged"`
	Unconfirmed          int                `json:"unconfirmed"`
	Rejected             int                `json:"rejected"`
	Indeterminate        int                `json:"indeterminate"`
	IndeterminateApplied int                `json:"indeterminate_applied"`
	Lost                 int                `json:"lost"`
	LostUnconfirmed      int                `json:"lost_unconfirmed"`
	PerSecond            float64            `json:"per_second"`
	Latency              *DurabilityLatency `json:"latency_ms"`
	Downtime             *Milliseconds      `json:"downtime_ms"`
	Resync               *DurabilityResync  `json:"resync"`
	PowerCut             *DurabilityCut     `json:"power_cut"`
	Notes                []string           `json:"notes"`
}

// DurabilityLatency is how long the acknowledged writes took.
type DurabilityLatency struct {
	P50 Milliseconds `json:"p50"`
	P99 Milliseconds `json:"p99"`
	Max Milliseconds `json:"max"`
}

// DurabilityResync is how a replica caught up.
type DurabilityResync struct {
	Full    int          `json:"full"`
	Partial int          `json:"partial"`
	Bytes   int64        `json:"bytes"`
	Took    Milliseconds `json:"duration_ms"`
}

// DurabilityCut is what a power cut has taken, and the fsyncs that it was measured by.
type DurabilityCut struct {
	Files       int          `json:"files"`
	Bytes       int64        `json:"bytes"`
	Syncs       int          `json:"fsyncs"`
	Syncing     Milliseconds `json:"fsyncs_took_ms"`
	LongestSync Milliseconds `json:"fsync_longest_ms"`
}

// DurabilityGoalDocument says which configurations meet a target for the RPO, by promise and by measurement, in every one of
// their rows.
type DurabilityGoalDocument struct {
	RPO            Milliseconds                 `json:"rpo_ms"`
	Met            []string                     `json:"met"`
	Configurations []DurabilityStandingDocument `json:"configurations"`
}

// DurabilityStandingDocument is how a configuration stands to the target.
type DurabilityStandingDocument struct {
	Configuration string `json:"configuration"`
	Given         bool   `json:"given"`
	Met           bool   `json:"met"`
	// Proven says that all of its rows could be measured.
	Proven bool                            `json:"proven"`
	Rows   []DurabilityRowStandingDocument `json:"rows"`
}

// DurabilityRowStandingDocument is how a row stands to the target.
type DurabilityRowStandingDocument struct {
	Name     string `json:"name"`
	Promised bool   `json:"promised"`
	Measured bool   `json:"measured"`
}

// NewDurabilityDocument makes the document.
func NewDurabilityDocument(r DurabilityResult) DurabilityDocument {
	d := DurabilityDocument{Schema: DurabilitySchema, Deployment: Lab, Engine: r.Engine, Rate: finite(r.Rate), WritesFor: Milliseconds(r.WritesFor),
		Repeat: r.Repeat, AtOnce: r.AtOnce, Interrupted: r.Interrupted, PowerCuts: durability.PowerCuts(), Rows: convert(r.Rows, durabilityRow)}
	if r.Target == nil {
		return d
	}
	d.Target = &DurabilityGoalDocument{RPO: Milliseconds(*r.Target), Met: []string{}}
	standings := durability.Stand(r.Rows, *r.Target)
	for _, s := range standings {
		if s.Met() {
			d.Target.Met = append(d.Target.Met, s.Configuration)
		}
	}
	d.Target.Configurations = convert(standings, func(s durability.Standing) DurabilityStandingDocument {
		return DurabilityStandingDocument{Configuration: s.Configuration, Given: s.Given, Met: s.Met(), Proven: s.Proven(),
			Rows: convert(s.Rows, func(row durability.RowStanding) DurabilityRowStandingDocument {
				return DurabilityRowStandingDocument{Name: row.Row.Name, Promised: row.Promised, Measured: row.Measured}
			})}
	})
	return d
}

func durabilityRow(r durability.Row) DurabilityRowDocument {
	d := DurabilityRowDocument{
		Name: r.Name, Configuration: r.Configuration, About: r.About, Chapter: r.Chapter, Crash: r.Crash, Recovery: r.Recovery, Given: r.Given,
		Measured: r.Measured(), Promised: r.Promise.Word(), Because: r.Promise.Because, Notes: list(r.Notes),
		Draws: convert(r.Draws, func(d time.Duration) Milliseconds { return Milliseconds(d) }),
	}
	if !r.Promise.Unbounded {
		d.RPOPromised = milliseconds(&r.Promise.RPO)
	}
	if !d.Measured {
		d.Reason = r.Unmeasured.Error()
		return d
	}
	if r.Writes.Confirmed() > 0 {
		d.RPOMeasured, d.AtLeast = milliseconds(&r.Loss.RPO), r.Loss.Everything
	}
	d.Writes, d.Acknowledged, d.Unconfirmed, d.Rejected = r.Writes.Attempted, r.Writes.Acknowledged, r.Writes.Unconfirmed, r.Writes.Rejected
	d.Indeterminate, d.IndeterminateApplied = r.Writes.Indeterminate, r.Writes.Applied
	d.Lost, d.LostUnconfirmed, d.PerSecond = r.Loss.Lost, r.Loss.Unconfirmed, finite(r.PerSecond)
	d.Latency = &DurabilityLatency{P50: Milliseconds(r.Latency.P50), P99: Milliseconds(r.Latency.P99), Max: Milliseconds(r.Latency.Max)}
	d.Downtime = milliseconds(r.Downtime)
	if s := r.Resync; s != nil {
		d.Resync = &DurabilityResync{Full: s.Full, Partial: s.Partial, Bytes: s.Bytes, Took: Milliseconds(s.Took)}
	}
	if c := r.PowerCut; c != nil {
		d.PowerCut = &DurabilityCut{Files: c.Files, Bytes: c.Bytes, Syncs: c.Syncs, Syncing: Milliseconds(c.Syncing), LongestSync: Milliseconds(c.LongestSync)}
	}
	return d
}

// DurabilityProgress is one row in a line, for whoever waits for the others.
func DurabilityProgress(r durability.Row) string {
	switch {
	case !r.Measured():
		return fmt.Sprintf("%-24s not measured: %s", words.Clean(r.Name), words.Said(r.Unmeasured.Error()))
	case r.Resync != nil:
		return fmt.Sprintf("%-24s %s, %s in %s", words.Clean(r.Name), kindOfResync(*r.Resync), words.Bytes(float64(r.Resync.Bytes)), words.Rough(r.Resync.Took))
	}
	return fmt.Sprintf("%-24s %s lost of %s acknowledged; promised %s, measured %s", words.Clean(r.Name),
		words.Thousands(r.Loss.Lost), words.Thousands(r.Writes.Acknowledged), promisedCell(r.Promise), measuredCell(r))
}
