package engine

import "github.com/aafailover/aafailover/slots"

// Kind says what kind of change an [Effect] reports. It decides nothing when the effect is applied, except that a
// Publish is not about a key.
type Kind uint8

// The kinds of effects.
const (
	Write   Kind = iota + 1 // the register got a new value
	Count                   // a region's share of a counter changed
	Remove                  // the key was removed as far as it was seen
	Expire                  // the moment at which the key expires was set, moved or taken away
	Publish                 // a message was published: Key is the channel, Value the message
)

// String returns the kind in lower case.
func (k Kind) String() string {
	switch k {
	case Write:
		return "write"
	case Count:
		return "count"
	case Remove:
		return "remove"
	case Expire:
		return "expire"
	case Publish:
		return "publish"
	}
	return "unknown"
}

// Effect is what one command did to one key: everything that the replica knew of the key right after it. Applying it
// twice, or before or after any other effect, comes to the same.
//
// The slices of an effect are shared by all who hold it, other engines included. They are never changed.
type Effect struct {
	Kind    Kind
	Sharded bool   // of a Publish: by SPUBLISH
	Removed bool   // the value of Base was removed; Value is nil
	Dumped  bool   // Value is what DUMP says of a key of another type than string
	Key     string // or the channel
	Value   []byte // of the register, or the message
	Stamp   Stamp  // of the effect itself; not before any other stamp in it
	Base    Stamp  // of the write that Value is from; zero when the key was only ever counted
	Parts   []Part // what was counted since Base, ascending by Start
	Ends    []End  // ascending by replica, one each at the most
}

// Part is what one replica added to a counter.
type Part struct {
	// Start is the stamp of the first addition, and so names the part. A replica that lost state in a crash starts a new
	// one, since others may have seen more of the old one than it has.
	Start Stamp
	Time  int64 // of the last addition; the higher one is the newer knowledge
	Sum   int64 // of all additions up to Time

	RemovedTime int64 // additions up to then were seen by a removal, ...
	RemovedSum  int64 // ... and this was their sum
}

// End is a replica's last word on when a key expires.
type End struct {
	Stamp Stamp
	At    int64 // unix time in milliseconds, or Never, or Replaced
}

// What End.At may be besides a moment.
const (
	Never    int64 = 0  // the key was written without an expiry, or made persistent
	Replaced int64 = -1 // another end, written with knowledge of this one, counts instead
)

// Slot returns the hash slot of the key or channel, 0 to 16383.
func (x Effect) Slot() int { return slots.Of(x.Key) }

// The sizes that [Effect.Size] reckons with, in bytes.
const (
	effectSize = 56 // kind, flags, stamps, and the lengths of what follows
	partSize   = 48
	endSize    = 24
)

// Size returns how many bytes the effect is taken to need in a backlog or on a link: 56, the lengths of key and value,
// 48 for each part and 24 for each end. It is an estimate: effects stay in memory and are never encoded.
func (x Effect) Size() int {
	return effectSize + len(x.Key) + len(x.Value) + partSize*len(x.Parts) + endSize*len(x.Ends)
}
