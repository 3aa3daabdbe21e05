package recorder

import (
	"hash/maphash"
	"iter"
	"time"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/drill"
)

// DefaultMemory is what a Log takes at most unless it is told otherwise, in bytes.
const DefaultMemory = 256 << 20

// LogOptions are what a Log is made with.
type LogOptions struct {
	// Regions is how many regions there are: they go by their index.
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
type Log struct{}

// NewLog returns an empty Log. The error names a pattern of Match that is none.
func NewLog(o LogOptions) (*Log, error) { return &Log{}, nil }

// Seed is what the digests are made with.
func (l *Log) Seed() maphash.Seed { return maphash.Seed{} }

// Moment returns what a time is, counted from the start.
func (l *Log) Moment(at time.Time) drill.Moment { return 0 }

// NoItem stands for an item that is not known: of an XADD whose id was never told.
const NoItem = -1

// NoWrite stands for no write.
const NoWrite = -1

// Write is one command on one item.
type Write struct {
	N          int // which write it is; numbers have gaps
	Operation  int // what the writes of one command have in common
	Region     int // index
	Connection int // index in Connections; -1 if it is one of too many
	Command    string
	Item       int // for Item, Last and Judge; NoItem
	Sent       drill.Moment
	Ended      drill.Moment // when the outcome was known: for Acknowledged, when the reply had been delivered
	Outcome    drill.Outcome
	// Answered says that the region had answered, be it that the service did not get that: an Indeterminate write was
	// carried out by Ended, or never.
	Answered bool
	// State is what it left behind of the item. Unchanged: it was carried out, and wrote nothing, since its condition was not
	// met, or only changed the expiry.
	State commands.State
	// Repeats is the earlier write that this one repeats: the same command, with the same arguments, which had been
	// rejected, was indeterminate, or had not been answered for a second. NoWrite: none.
	Repeats int
	// Doubtful says that the earlier one may have been applied as well, and that it makes a difference: INCR, LPUSH, XADD.
	Doubtful bool
}

// Writes hands out the writes so far, those in flight included, in the order in which they were sent.
func (l *Log) Writes() iter.Seq[Write] { return func(func(Write) bool) {} }

// Write returns write n.
func (l *Log) Write(n int) Write { return Write{} }

// Item returns what an item is.
func (l *Log) Item(item int) Item { return Item{} }

// Item is an item of the Log.
type Item struct {
	Key, Part string // Part is empty where it is the key as a whole
	Kind      commands.ItemKind
	// Followed is false where some writes of the item were not recorded, for want of memory: it cannot be judged.
	Followed bool
}

// Previous returns the write of the same item before write n, or NoWrite.
func (l *Log) Previous(n int) int { return NoWrite }

// Last returns the write of an item that was acknowledged last and wrote something, or NoWrite.
func (l *Log) Last(item int) int { return NoWrite }

// Superseded tells whether a write cannot be judged any more, since a later one of the same item, or of the key that it is a part of,
// was sent after this one had ended, and has been acknowledged.
func (l *Log) Superseded(n int) bool { return false }

// Judge says what was found of an item by a read that was carried out at some moment from began to ended.
func (l *Log) Judge(item int, found commands.State, began, ended drill.Moment) Verdict {
	return Unjudged
}

// Verdict is what a read of an item found, compared with what the service wrote.
type Verdict uint8

// The verdicts. Only Older and Missing are bad.
const (
	Unjudged Verdict = iota // nothing can be said: its state is not known, or nobody wrote it before
	Current                 // what was acknowledged last, or one of those of which the order is unknown
	Newer                   // what was in flight, or indeterminate
	Gone                    // absent, and that is as it should be: deleted, or its expiry had passed
	Foreign                 // what this service did not write, as far as it is known
	Older                   // what had been there before the write that was acknowledged last
	Missing                 // absent, although a write was acknowledged
)

func (v Verdict) String() string {
	return [...]string{"unjudged", "current", "newer", "gone", "foreign", "older", "missing"}[v]
}
