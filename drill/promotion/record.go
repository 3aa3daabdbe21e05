package promotion

import (
	"time"

	"github.com/aafailover/aafailover/drill"
)

// Record is everything that a drill of a failover found out.
type Record struct {
	Topology Topology
	Scenario Scenario
	Settings Settings
	Hosts    []Host
	// Drill is what such a drill has in common with one between regions. Its regions
	// are the servers: each write belongs to the one that acknowledged it. Its moments
	// are those of Moments as far as they were observed.
	Drill   *drill.Record
	Moments Moments
	// Takeovers are those of the shard that was hit: one, unless the successor was replaced as well.
	Takeovers []Takeover
	// HealAt is when the fault began to be undone, SyncedAt when all servers were in sync again; nil: it did not come to that.
	HealAt, SyncedAt *drill.Moment
	Shards           []ShardLoad
	SplitBrain       *SplitBrain // nil: the scenario has no second client
	Resync           *Resync     // nil: not known
	Restart          *Restart    // nil: no server was started with what may be damaged
	Limits           []string    // see [Deployment.Limits]
	// Interrupted says that somebody ended the drill before its end.
	Interrupted bool
}

// ShardLoad is what the application saw of one shard, from the fault to the heal.
type ShardLoad struct {
	Hit    bool // the fault hits it
	Asked  int  // writes that it wanted to make meanwhile
	Failed int  // of them: not acknowledged, or never sent since nobody was found to send them to
	// Gap is the longest time without an acknowledgement that ended after the fault, and GapFrom is when it began. It can end later than
	// the heal: with the end of the drill at the latest.
	Gap     time.Duration
	GapFrom drill.Moment
}

// SplitBrain is what a client that did not follow the failover was told, from the
// fault on.
type SplitBrain struct {
	drill.Tally
	// Lost are the acknowledged ones that are nowhere at the end.
	Lost int
	// AfterPromotion are the acknowledged ones that were acknowledged when there was a new primary already: two took writes at once.
	AfterPromotion int
	// LastAck is when a write was last acknowledged that was thrown away; FirstRefused when the old primary first refused one. Nil: never.
	LastAck, FirstRefused *drill.Moment
}

// Restart is the start of a server with damaged data.
type Restart struct {
	Host    int
	Refused bool
	Said    string // by the server, where it refused; without what names this machine
}

// Parts are those of the time to recover: see [Moments.Parts].
func (r *Record) Parts() (Parts, bool) { return r.Moments.Parts() }
