package drill

import (
	"context"
	"sync"
	"time"
)

// timed is the context of one attempt: its session, and a deadline. It is
// context.WithDeadline that sets no timer before somebody waits for its end: attempts
// come by the hundred thousand a second, and a Store has better ways to keep to a
// deadline. See AttemptOf.
type timed struct {
	context.Context           // the session
	began, by       time.Time // by: the deadline

	mu     sync.Mutex
	waited context.Context // with a timer; nil: nobody waits
	stop   context.CancelFunc
}

// attemptKey is the key of a timed context among its own values.
type attemptKey struct{}

// Attempt is what a Store can know of one attempt of the application besides its
// deadline, which is that of the context.
type Attempt struct {
	// Session ends when the attempts that are under way are to be broken off. Many of
	// them have it in common, so that it has to be watched only once.
	Session context.Context
	Began   time.Time // just before the Store was called
}

// AttemptOf returns the attempt that ctx is the context of. For any other ctx it
// returns false.
func AttemptOf(ctx context.Context) (Attempt, bool) {
	t, ok := ctx.Value(attemptKey{}).(*timed)
	if !ok {
		return Attempt{}, false
	}
	return Attempt{t.Context, t.began}, true
}

// begin makes it the context of an attempt that begins now.
func (t *timed) begin(session context.Context, now time.Time, limit time.Duration) {
	t.Context, t.began, t.by = session, now, now.Add(limit)
}

// Deadline returns when the application gives up on the attempt.
func (t *timed) Deadline() (time.Time, bool) { return t.by, true }

// Done returns a channel that is closed when the time is over, or the session is.
func (t *timed) Done() <-chan struct{} {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waited == nil {
		t.waited, t.stop = context.WithDeadline(t.Context, t.by)
	}
	return t.waited.Done()
}

// Err returns why Done is closed, nil as long as it is not.
func (t *timed) Err() error {
	t.mu.Lock()
	defer t.mu.Unlock()
	switch err := t.Context.Err(); {
	case t.waited != nil:
		return t.waited.Err()
	case err == nil && !time.Now().Before(t.by):
		return context.DeadlineExceeded
	default:
		return err
	}
}

// Value returns what the session has, and for AttemptOf the context itself.
func (t *timed) Value(key any) any {
	if key == (attemptKey{}) {
		return t
	}
	return t.Context.Value(key)
}

// end stops the timer, if there is one. It returns whether the context is good for another
// attempt: that is so if nobody has ever waited for its end.
func (t *timed) end() bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.waited == nil {
		return true
	}
	t.stop()
	return false
}
