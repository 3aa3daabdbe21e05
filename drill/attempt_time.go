package drill

import (
	"context"
	"sync"
	"time"
)

// timed is the context of one attempt: its session, and a deadline. It is
// context.WithDeadline that sets no timer before somebody waits for its end: attempts
// come by the hundred thousand a second, and a Store has better ways to keep to a
// deadline. See Session.
type timed struct {
	context.Context           // the session
	by              time.Time // the deadline

	mu     sync.Mutex
	waited context.Context // with a timer; nil: nobody waits
	stop   context.CancelFunc
}

// sessionKey is the key of the session among the values of a timed context.
type sessionKey struct{}

// Session returns what an attempt is a part of, where ctx is the context of one
// attempt of the application: a context that ends when the attempts that are under way
// are to be broken off, and that many of them have in common, so that it has to be
// watched only once. The deadline is that of ctx. For any other ctx it returns false.
func Session(ctx context.Context) (context.Context, bool) {
	s, ok := ctx.Value(sessionKey{}).(context.Context)
	return s, ok
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

// Value returns what the session has, and the session itself.
func (t *timed) Value(key any) any {
	if key == (sessionKey{}) {
		return t.Context
	}
	return t.Context.Value(key)
}

// end stops the timer, if there is one. What waits for Done goes on.
func (t *timed) end() {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.stop != nil {
		t.stop()
	}
}
