package recorder

import (
	"hash/maphash"
	"sync/atomic"
	"time"

	"github.com/aafailover/aafailover/drill"
)

// DefaultMemory is what a Log takes at most for items and writes unless it is told otherwise, in bytes.
const DefaultMemory = 256 << 20

// LogOptions are what a Log is made with.
type LogOptions struct {
	// Regions is how many regions there are, at most 256: they go by their index.
	Regions int
	// Start is when moments begin.
	Start time.Time
	// Seed keys all digests.
	Seed maphash.Seed
	// Match are patterns as those of KEYS: only what is done to keys that match one of them is recorded. None: to all keys.
	Match []string
	// Memory bounds what is kept of items and writes, in bytes; 0: DefaultMemory.
	Memory int64
}

// Log is what a service wrote, what it was told of that, and what it found when it read its own writes back. It is safe for
// concurrent use, also while connections go on.
//
//	Open ──> Session ── Begin, Answered, Delivered | Abandoned ──> writes and reads of items, errors, repeats, traffic
//	Log  ── Writes, Item, Last, Judge ──> what the drill measures and verifies
type Log struct {
	start  time.Time
	seed   maphash.Seed
	places maphash.Seed // of the places of items
	match  globs
	room   memoryLeft

	operations  atomic.Uint32
	names       names
	stripes     [stripes]stripe
	regions     []traffics
	connections connections
	errors      failures
	reads       reads
	flushes     flushes
	dropped     dropped
}

// NewLog returns an empty Log. The error names a pattern of Match that is none.
func NewLog(o LogOptions) (*Log, error) {
	match, err := parseGlobs(o.Match)
	if err != nil {
		return nil, err
	}
	l := &Log{start: o.Start, seed: o.Seed, places: maphash.MakeSeed(), match: match, regions: make([]traffics, o.Regions)}
	if o.Memory == 0 {
		o.Memory = DefaultMemory
	}
	l.room.left.Store(o.Memory)
	for i := range l.regions {
		for j := range l.regions[i] {
			l.regions[i][j].of.Width = stepWidth
		}
	}
	l.reads.sums = make([][Missing + 1]Reads, o.Regions)
	return l, nil
}

// Seed is what the digests are made with.
func (l *Log) Seed() maphash.Seed { return l.seed }

// Moment returns what a time is, counted from the start.
func (l *Log) Moment(at time.Time) drill.Moment { return at.Sub(l.start) }

// skew is by how much the clock of a server may be ahead of ours: what expires at a time of that clock may be gone so much earlier.
const skew = 5 * time.Second

// until returns how long it is at least from a moment until a time in milliseconds since 1970.
func (l *Log) until(from drill.Moment) func(ms int64) time.Duration {
	return func(ms int64) time.Duration { return time.UnixMilli(ms).Sub(l.start.Add(from)) - skew }
}
