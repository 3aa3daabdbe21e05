package drill

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/internal/pause"
)

// What a Store sees of the time of an attempt is what context.WithTimeout would show.
func TestTheTimeOfAnAttempt(t *testing.T) {
	for _, test := range []struct {
		name  string
		after time.Duration // when it is looked at
		end   time.Duration // when the session ends; 0: it does not
		want  error
		waits bool // somebody waits for Done from the start
	}{
		{"before the deadline", time.Second - 1, 0, nil, false},
		{"before the deadline, waited for", time.Second - 1, 0, nil, true},
		{"at the deadline", time.Second, 0, context.DeadlineExceeded, false},
		{"at the deadline, waited for", time.Second, 0, context.DeadlineExceeded, true},
		{"after the session", 2 * time.Millisecond, time.Millisecond, context.Canceled, false},
		{"after the session, waited for", 2 * time.Millisecond, time.Millisecond, context.Canceled, true},
		{"after the session, and long after the deadline", time.Hour, time.Millisecond, context.Canceled, true},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				session, abandon := context.WithCancel(t.Context())
				defer abandon()
				began := time.Now()
				ctx := new(timed)
				ctx.begin(session, began, time.Second)
				defer ctx.end()
				var done <-chan struct{}
				if test.waits {
					done = ctx.Done()
				}
				if test.end > 0 {
					time.AfterFunc(test.end, abandon)
				}
				time.Sleep(test.after)
				synctest.Wait()
				if done == nil {
					done = ctx.Done()
				}
				closed := false
				select {
				case <-done:
					closed = true
				default:
				}
				if err := ctx.Err(); !errors.Is(err, test.want) || closed != (test.want != nil) {
					t.Errorf("%v, closed: %v, want %v", err, closed, test.want)
				}
				by, ok := ctx.Deadline()
				if of, is := AttemptOf(ctx); !ok || time.Until(by) != time.Second-test.after || !is || of.Session != session || of.Began != began {
					t.Errorf("by %v of %v", by, of)
				}
			})
		})
	}
}

// Contexts that are made from the one of an attempt end with it, and tell its session.
func TestWhatIsMadeFromTheTimeOfAnAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx := new(timed)
		ctx.begin(t.Context(), time.Now(), time.Second)
		defer ctx.end()
		child, cancel := context.WithTimeout(ctx, time.Hour)
		defer cancel()
		began := time.Now()
		<-child.Done()
		if took := time.Since(began); took != time.Second || !errors.Is(child.Err(), context.DeadlineExceeded) {
			t.Errorf("after %v: %v", took, child.Err())
		}
		if of, ok := AttemptOf(child); !ok || of.Session != t.Context() {
			t.Error("it does not tell the session")
		}
		if _, ok := AttemptOf(t.Context()); ok {
			t.Error("a context that is no attempt's tells of one")
		}
	})
}

// Attempts have a context one after the other, but for one that somebody waits for yet:
// what he waits for is the end of his own.
func TestAContextThatIsWaitedForIsOfOneAttempt(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var seen []context.Context
		w := newTestWriter(Manners{Arrival: Constant})
		w.users = w.users[:1]
		w.start(t.Context(), &fakeStore{write: func(ctx context.Context, _ string) error {
			if seen = append(seen, ctx); len(seen) == 2 {
				ctx.Done()
			}
			return nil
		}}, 0)
		pause.For(t.Context(), 5500*time.Microsecond) // simulated: five arrivals
		w.drain()
		if len(seen) != 5 || seen[0] != seen[1] || seen[1] == seen[2] || seen[2] != seen[3] {
			t.Errorf("%d attempts: %p", len(seen), seen)
		}
	})
}
