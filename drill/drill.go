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

import "time"

// Moment is a time since the start of the run, by the monotonic clock.
type Moment = time.Duration
