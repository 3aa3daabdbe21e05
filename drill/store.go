package drill

import (
	"context"
	"errors"
	"time"
)

// Store is one region as the application of a drill uses it. It never retries
// on its own: what becomes of a write must be known, and a second attempt would
// hide it. The context of a call is of no use to it after the call, for the next one may
// have the same.
type Store interface {
	// Connect makes the connections ready, so that the first write does not pay
	// for them. It may be called again after it failed.
	Connect(ctx context.Context) error
	// Write sets a key that nobody else writes, with an expiry. A nil error is an
	// acknowledgement, and so is ErrFewReplicas. An error that is ErrRejected,
	// ErrExists or ErrUnsent proves that this attempt was not applied; any other
	// leaves it indeterminate.
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

// Pipeline is a Store that can send several writes together. A drill with a
// pipeline needs it.
type Pipeline interface {
	Store
	// WriteAll is Write for several keys, all of one slot, sent at once. It returns
	// what Write would have returned for each.
	WriteAll(ctx context.Context, keys []string, value []byte, expiry time.Duration) []error
}

var (
	// ErrRejected says that the server answered with one of the errors that are
	// known to mean "not applied".
	ErrRejected = errors.New("write rejected")
	// ErrUnsent says that no byte of the write left this process.
	ErrUnsent = errors.New("write not sent")
	// ErrExists says that a fenced write was not made, because the key was there
	// already: an earlier attempt was applied.
	ErrExists = errors.New("the key exists already")
	// ErrFewReplicas says that a write was acknowledged, and that in the time that
	// the application waits fewer replicas confirmed it than it asked for.
	ErrFewReplicas = errors.New("acknowledged, but by fewer replicas than asked for")
)
