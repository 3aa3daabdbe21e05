// Package drill rehearses the failover of an application and reports which of
// its acknowledged writes were missing, from when to when, and what became of
// them.
//
//	Scenario + Fault ─┐
//	probe.Run ── Snapshot ─> failover.Decide ─> phases (Run)
//	                                             │ writes, reads
//	                              Store <────────┘
//	                                │ outcomes
//	                                v
//	                  Ledger + Readings + Fences ─> Analyse ─> Record
//
// The analysis is pure: it judges from what was acknowledged, what was read and
// which fences arrived, and from nothing else. How a fault is made and healed,
// and how a region is reached, come in through the interfaces Fault and Store.
//
// All moments are durations since the start of the run, by the monotonic clock
// of the one observer; nothing of a server's clock enters.
package drill

import (
	"context"
	"time"
)

// Moment is a time since the start of the run, by the monotonic clock.
type Moment = time.Duration

// Fault is what a drill brings about. Once Inject was called, Heal is called
// whatever happens, also when Inject failed, and again after it failed itself; it
// is never called before.
type Fault interface {
	// Inject makes the fault and returns when it is in force.
	Inject(ctx context.Context) error
	// Heal undoes it.
	Heal(ctx context.Context) error
}
