package drill

import (
	"fmt"
	"math/rand/v2"
	"time"
)

// Retry is what the application does about a write that was not acknowledged. It
// tries again where it is at that moment: after a failover, in the other region.
type Retry struct {
	Limit       int           // further attempts; 0: none
	Least, Most time.Duration // the pause before the first of them, and the longest
	// Fresh gives each attempt a number, and so a key, of its own: what is written
	// is then not idempotent, and may be there twice.
	Fresh bool
}

func (r Retry) check() error {
	switch {
	case r.Limit < 0 || r.Limit > MaxRetries:
		return fmt.Errorf("%d retries make no sense: it must be 0 to %d", r.Limit, MaxRetries)
	case r.Limit > 0 && (r.Least <= 0 || r.Most < r.Least || r.Most > MaxBackoff):
		return fmt.Errorf("a backoff of %v to %v makes no sense: it must be over 0, rising, and at most %v", r.Least, r.Most, MaxBackoff)
	case time.Duration(r.Limit)*r.Most > maxRetrying:
		return fmt.Errorf("%d retries with pauses of up to %v make no sense: together they must not take longer than an hour", r.Limit, r.Most)
	}
	return nil
}

// maxRetrying bounds how long one write is tried: the ledger can tell 71 minutes.
const maxRetrying = time.Hour

// pause returns the pause before an attempt: the first retry is attempt 1. It
// doubles from one to the next, up to the longest, and of that a random part, from
// half to all, keeps those who failed together from coming back together.
func (r Retry) pause(attempt int, random *rand.Rand) time.Duration {
	d := r.Least
	for ; attempt > 1 && d < r.Most; attempt-- {
		d = min(2*d, r.Most)
	}
	return d/2 + time.Duration(random.Int64N(int64(d/2)+1))
}
