package drill

import (
	"context"
	"errors"
	"time"
)

// Store is one region as the application of a drill uses it. It never retries
// on its own: what becomes of a write must be known, and a second attempt would
// hide it.
type Store interface {
	// Connect makes the connections ready, so that the first write does not pay
	// for them. It may be called again after it failed.
	Connect(ctx context.Context) error
	// Write sets a key that nobody wrote before, with an expiry. A nil error is an
	// acknowledgement. An error that is ErrRejected or ErrUnsent proves that the
	// write was not applied; any other leaves it indeterminate.
	Write(ctx context.Context, key string, value []byte, expiry time.Duration) error
	// Read tells for each key, all of one slot, whether it is readable now. The
	// answer for a key holds for a moment between the call and its return. An
	// error means that nothing was learned of any of them.
	Read(ctx context.Context, keys []string) ([]bool, error)
	// Delete removes keys that the drill wrote, one at a time: a multi-key
	// delete across slots is refused by Active-Active databases.
	Delete(ctx context.Context, keys []string) error
	// Close ends the connections. The Store can be connected again.
	Close() error
}

var (
	// ErrRejected says that the server answered with one of the errors that are
	// known to mean "not applied".
	ErrRejected = errors.New("write rejected")
	// ErrUnsent says that no byte of the write left this process.
	ErrUnsent = errors.New("write not sent")
)
