// Package canary keeps a small ledger for as long as a probe runs: it writes a
// few keys a second as an application under the failover policy would, so that
// an outage that nobody rehearsed ends in the same missed-write report as a drill.
//
//	probe.Snapshot ──> mover: failover.Decide ──> where is written
//	                     │
//	writer ── SET ──> drill.Store <── EXISTS ── looker, one per region
//	   │ outcomes                    readings │
//	   └──────────────> book (pure) <─────────┘ <── fences, connections (sight)
//	                     │
//	                     └──> probe.Proof, lags, Incident
//
// The moment at which the policy would fail over is a cut-over: from then on the
// canary writes in the target, and all that was acknowledged before and has not
// expired is looked for there. What is not readable is missed, and is followed
// until its fate is known: by a reading that finds it, by its expiry, or by fences
// that prove that it is not on its way. The judgement is that of drill.Analyse.
// When the policy would return, the same is looked for in the region that is
// returned to.
//
// It moves nobody and mends nothing; only regions that the command line names are
// written, all are read. A failed read or write is never evidence. Memory is
// bounded: a write is remembered until it has expired, and of incidents the last
// MaxIncidents are kept.
//
// All moments are durations since the start, by the monotonic clock of this one
// observer.
package canary

import (
	"time"

	"github.com/aafailover/aafailover/drill"
)

// Moment is a time since the start of the canary, by the monotonic clock.
type Moment = drill.Moment

const (
	// lookEvery is the time between two looks for what is not readable yet, and so
	// what lags are told to.
	lookEvery = 100 * time.Millisecond
	// workers bounds the writes under way; what is due beyond is held back.
	workers = 16
	// readBatch is how many keys, all of one slot, one read asks for.
	readBatch = 100
	// oldAtOnce is how many of the writes that have been missing for long one look
	// asks for: all of them in turn, so that an outage of an hour costs a region no
	// more than fifty reads a second.
	oldAtOnce = 500
	// readsAtOnce bounds the reads under way in a region.
	readsAtOnce = 4
	// margin is how much of its life a write must have left to be called missing:
	// regions see it expire by clocks of their own.
	margin = 10 * time.Second
	// kept is how long a write is remembered after it has expired: for a last look.
	kept = time.Minute
)
