package drill

import (
	"context"
	"math/rand/v2"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/pause"
)

// Arrival is how the requests come that make the application write.
type Arrival string

// The kinds of arrival. The empty one is Poisson.
const (
	// Poisson is at random times, as the requests of many independent users come.
	Poisson Arrival = "poisson"
	// Constant is one after the other in equal steps.
	Constant Arrival = "constant"
)

func (a Arrival) known() bool { return a == "" || a == Poisson || a == Constant }

// patience is how long a request waits for a connection to be free: a service
// under load lets requests queue a little, and then turns them away.
const patience = 100 * time.Millisecond

// arrivals are the requests to come. Those who serve them ask for the next one by
// themselves, and wait for it: there is no hand-off between goroutines, and so no
// limit to the rate but that of the connections. They come independently of the
// answers; a request for which nobody was free within patience is held back, which
// is counted, and forgotten. It is safe for concurrent use.
type arrivals struct {
	now  func() Moment
	step func() time.Duration // from one arrival to the next

	mu       sync.Mutex
	next     Moment // the first arrival that nobody has taken
	left     int    // how many may still be taken; negative: any number
	heldBack int
	refused  bool // the last one that came was beyond what was left
}

// newArrivals returns the arrivals of a rate, a second.
func newArrivals(m Manners, rate float64, random *rand.Rand, now func() Moment) *arrivals {
	a := &arrivals{now: now, left: m.Keys}
	if m.Keys == 0 {
		a.left = -1
	}
	mean := float64(time.Second) / rate
	a.step = func() time.Duration { return time.Duration(mean * random.ExpFloat64()) }
	if m.Arrival == Constant {
		a.step = func() time.Duration { return time.Duration(mean) }
	}
	return a
}

// begin says that arrivals come from now on.
func (a *arrivals) begin() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.next = a.now() + a.step()
}

// take waits for the next arrival, and takes with it those that are due by then, up
// to most. It returns how many it took, and when: 0 when ctx has ended, or no more may
// be taken.
func (a *arrivals) take(ctx context.Context, most int) (taken int, at Moment) {
	if ctx.Err() != nil {
		return 0, 0
	}
	at = a.now()
	taken, due := a.claim(at, most)
	if taken == 0 || due <= at {
		return taken, at
	}
	pause.For(ctx, due-at)
	if ctx.Err() != nil {
		return 0, 0
	}
	at = a.now()
	if most > taken {
		taken += a.claimDue(at, most-taken)
	}
	return taken, at
}

// claim takes the next arrival, which may lie in the future, and with it those that are
// due already. It returns when the last one of them is due.
func (a *arrivals) claim(now Moment, most int) (taken int, due Moment) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.forget(now - patience)
	due, ok := a.one()
	if !ok {
		return 0, 0
	}
	if due > now {
		return 1, due
	}
	return 1 + a.due(now, most-1), due
}

// claimDue takes arrivals that are due already.
func (a *arrivals) claimDue(now Moment, most int) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.due(now, most)
}

// due takes arrivals that are due by now. The caller holds mu.
func (a *arrivals) due(now Moment, most int) int {
	for n := range most {
		if a.next > now {
			return n
		}
		if _, ok := a.one(); !ok {
			return n
		}
	}
	return most
}

func (a *arrivals) one() (due Moment, ok bool) {
	if a.left == 0 {
		a.refused = true
		return 0, false
	}
	a.left = max(a.left-1, -1)
	due = a.next
	a.next += a.step()
	return due, true
}

// another takes a write that answers no arrival, and tells whether it may be made.
func (a *arrivals) another() bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if a.left == 0 {
		a.refused = true
		return false
	}
	a.left = max(a.left-1, -1)
	return true
}

// forget holds back what arrived before a moment.
func (a *arrivals) forget(before Moment) {
	for a.left != 0 && a.next < before {
		a.heldBack++
		a.next += a.step()
	}
}

// end says that no more come: those that are due are held back.
func (a *arrivals) end() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.forget(a.now())
}

// count returns how many arrivals were held back so far, and whether some came
// after the last one that might be taken.
func (a *arrivals) count() (heldBack int, exhausted bool) {
	a.mu.Lock()
	defer a.mu.Unlock()
	return a.heldBack, a.refused
}
