package durability

import "time"

// Crash is how a row ends the life of its servers.
type Crash string

// The crashes.
const (
	NoCrash  Crash = ""          // the servers stay; what is looked at is a resync, a backup or an upgrade
	Kill     Crash = "kill"      // SIGKILL: what was written, the kernel keeps
	PowerCut Crash = "power_cut" // SIGKILL, and what was not fsynced is gone
)

// Recovery is where the application finds its data after a crash.
type Recovery string

// The recoveries.
const (
	Restarted Recovery = "restarted" // the same server, from its own disk
	Promoted  Recovery = "promoted"  // the replica with the most data
	Restored  Recovery = "restored"  // another server, from a copy of a snapshot
	Upgraded  Recovery = "upgraded"  // the server that took over
	Resynced  Recovery = "resynced"  // a replica that was behind, while the primary lives
)

// Row is what one case came to: a line of the matrix.
type Row struct {
	Name string
	// Configuration is the same for the rows that differ in their crash only.
	Configuration string
	About         string // what is done, in a sentence
	Chapter       Chapter
	Crash         Crash
	Recovery      Recovery
	// Given says that the configuration is the user's own.
	Given bool

	// Promise is what the configuration promises; known before anything is measured.
	Promise Promise
	// Unmeasured is why the row could not be measured; nil when it was. It is an
	// ErrUnsupported where this machine does not offer what the row needs.
	Unmeasured error

	Writes    Counts
	Loss      Loss
	Latency   Latency
	PerSecond float64 // acknowledged writes a second, until the crash
	// Downtime is the longest time between two acknowledgements, where a client
	// changes servers; nil where none does.
	Downtime *time.Duration
	Resync   *Resync // nil where there was none
	// PowerCut tells what the power cut took away; nil where there was none.
	PowerCut *Cut
	Notes    []string
	// Draws are the RPO of every repeat, in their order; the row shows the worst.
	Draws []time.Duration
}

// Measured tells whether the row was measured.
func (r *Row) Measured() bool { return r.Unmeasured == nil }

// Counts are the writes of a row. Attempted is the sum of acknowledged, rejected
// and indeterminate.
type Counts struct {
	Attempted, Acknowledged, Rejected, Indeterminate int
	// Unconfirmed are the acknowledged writes of which fewer replicas told, in the
	// time that the application waits, than it asked for.
	Unconfirmed int
	// Applied are the writes that are there without having been acknowledged.
	Applied int
}

// Confirmed are the acknowledged writes of which as many replicas told in time as
// the application asks for: all of them where it does not ask.
func (c Counts) Confirmed() int { return c.Acknowledged - c.Unconfirmed }

// Loss is what was acknowledged and is not there.
type Loss struct {
	// Lost are all of them, and Unconfirmed those that the application knew to be
	// on fewer replicas than it asked for.
	Lost, Unconfirmed int
	// RPO is the last acknowledgement minus that of the oldest lost write which was
	// not unconfirmed; 0 when there is none.
	RPO time.Duration
	// Everything says that the first write of the row is lost, too: with an earlier
	// start more would have been.
	Everything bool
}

// Latency is how long the acknowledged writes took.
type Latency struct{ P50, P99, Max time.Duration }

// Resync is how a replica got what it had missed.
type Resync struct {
	Full, Partial int           // of each kind, as the primary counts them
	Bytes         int64         // that came over the link until the replica had caught up
	Took          time.Duration // from the connection of the replica until it had caught up
}

// Cut is what a power cut took from the files of the servers, and the fsyncs that
// it was measured by.
type Cut struct {
	Bytes       int64         // that had been written, and not fsynced
	Files       int           // that were made shorter, or are gone
	Syncs       int           // that succeeded
	Syncing     time.Duration // all of them together
	LongestSync time.Duration
}

// Kept tells whether no more was lost than is promised; true where nothing was
// measured, or no bound is promised.
func (r *Row) Kept() bool {
	return !r.Measured() || r.Promise.Unbounded || r.Loss.RPO <= r.Promise.RPO && (r.Promise.RPO > 0 || r.Loss.Lost == r.Loss.Unconfirmed)
}
