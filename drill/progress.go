package drill

import (
	"time"

	"github.com/aafailover/aafailover/probe"
)

// ProgressInterval is the time between two calls of Config.OnProgress; there is one more whenever a stage begins, the
// application moves, or somebody calls the drill off.
const ProgressInterval = 250 * time.Millisecond

// Progress is what a drill that is under way knows of itself. Nothing in it changes any more, so that it can be kept.
//
// The writes of the regions and those that were missing only ever grow in the ways that their fields say. Nothing is judged
// yet: what became of a missed write, and how many there were, is for the analysis at the end to say.
type Progress struct {
	At     Moment  // when all of this was so
	Phases []Phase // that have ended, in their order
	Now    Stage   // what the drill is about
	// Ahead are the phases that come next if all goes as the scenario has it.
	Ahead []Stage
	// Stopping is why the drill ends early, nil as long as it does not: context.Canceled when whoever runs it called it
	// off, else what Run returns, such as ErrAborted.
	Stopping error

	// FaultAt and FaultBy bound when the fault came into force, as far as it has: see Record.
	FaultAt, FaultBy *Moment
	// Broken tells whether something that the drill made may be in force.
	Broken bool

	Active   int    // index of the region where the application is, or is going to
	Moves    []Move // in their order, without what is judged at the end; the last one is under way while it has no CutOverAt
	Stranded bool   // the last move came to nothing, and the application gave up

	Regions []RegionProgress // with the index of the regions
	// Missed are the shards of the regions that the application left in a failover, by region and shard.
	Missed []ShardMissed
	Look   *Look // the one that is under way; nil: none is

	// Snapshot is what the probe sees; nil at the very beginning.
	Snapshot *probe.Snapshot
}

// Stages that are no phases: what comes before them and after them.
const (
	StagePreflight = "preflight" // until the deployment is healthy and the drill may begin
	StageUndo      = "undo"      // what is still in force is taken back
	StageCleanUp   = "clean up"  // what became of the writes is worked out, and their keys are deleted
)

// Stage is what a drill does or waits for: a phase that has not ended, or what comes before and after the phases.
type Stage struct {
	Name  string // of the phase, or one of StagePreflight, StageUndo, StageCleanUp
	At    Moment // its begin; 0 for those that are ahead
	Waits string // for what, in words; "" when for nothing but its time
	// Planned is how long it takes when all goes well, which the scenario says; 0 where it does not.
	Planned time.Duration
	Limit   time.Duration // how long it takes at the most; 0 where that is not known
}

// RegionProgress is what is known of one region.
type RegionProgress struct {
	Writes WriteCounts
	// Lag is that of the writes from the preferred region, measured before the fault; nil where nothing was yet.
	Lag *Lag
}

// WriteCounts are the outcomes of the writes to a region. Acknowledged never gets less. The others do when a write is
// attempted again, and Begun when another region tells what became of it; what all regions have begun does not.
type WriteCounts struct {
	InFlight, Acknowledged, Rejected, Indeterminate, Unsent int
}

// Begun is how many writes there are, whatever became of them.
func (c WriteCounts) Begun() int {
	return c.InFlight + c.Acknowledged + c.Rejected + c.Indeterminate + c.Unsent
}

// ShardMissed counts the acknowledged writes of one shard that were not readable where the application arrived in a failover,
// as far as was looked. A write that was missing at two of them counts once. Absent and Back together never get less, and
// are in the end the missed writes of the record.
type ShardMissed struct {
	Region int // that acknowledged them
	Shard  int // of that region, by its index in the slot map; -1 if nobody owns the slot
	Absent int // not readable there yet, when it was last looked for them
	Back   int // found there since, but for those that only the last look of all may find
}

// Look is a pass over all writes in a region.
type Look struct {
	Region     int
	Looked, Of int // writes
}
