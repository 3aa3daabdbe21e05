package heartbeat

import (
	"context"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// Store is one region as the heart uses it.
type Store interface {
	// Connect opens a connection to a shard, at the address that the slot map says. It gives up after a time of its own, and
	// when ctx ends.
	Connect(ctx context.Context, address string) (Session, error)
}

// Session is a connection to one shard. It is used by one goroutine at a time.
type Session interface {
	// Exchange sends a batch, all of it at once, its writes first, and fills in what was answered. It repeats nothing. The
	// error says that the connection is of no more use, because it was lost or ctx ended: what has no answer then stays
	// Indeterminate.
	Exchange(ctx context.Context, batch *Batch) error
	// Close ends the connection.
	Close() error
}

// Batch is what goes over a connection at a time. Every key is one of [Key].
type Batch struct {
	Writes []Write
	Reads  []Read
}

// Outcome is what became of a write, or of a read.
type Outcome uint8

// The outcomes.
const (
	Indeterminate Outcome = iota // no answer, or one that leaves it open
	Acknowledged                 // the server said OK, or what the key holds
	Rejected                     // an error that is known to mean that the command was not applied
)

// Write is the writing of a key.
type Write struct {
	Key, Value string
	Expiry     time.Duration // whole seconds

	// Outcome, Cause and Err are the answer; the last two of one that is an error.
	Outcome Outcome
	Cause   probe.Cause
	Err     error
}

// Read is the reading of a key.
type Read struct {
	Key string

	// Outcome and Err are the answer. Value is what the key holds, "" when there is no such key.
	Outcome Outcome
	Value   string
	Err     error
}
