package durability

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/pause"
)

const (
	// connections of the application: so many writes are under way at the most. With a
	// WAIT of 40 ms that is 1,600 writes a second.
	connections = 64
	// payload is the bytes of every value.
	payload = 100
	// behind is how late a write may begin. What is due for longer than that is held
	// back, as by a service that turns requests away: the rate is then what the server
	// can do, and its crash finds no queue.
	behind = 50 * time.Millisecond
	// redialPause is the time between two attempts to connect.
	redialPause = 5 * time.Millisecond
)

// application writes at a rate, each write to a key of its own, over a number of
// connections, and enters every write into the ledger. It repeats nothing.
//
// The connections take turns: who is free waits for the next write that is due.
type application struct {
	ledger  *drill.Ledger
	now     func() drill.Moment
	waiting waiting
	step    time.Duration // from one write to the next

	mu          sync.Mutex
	address     string       // of the server that it writes to
	next        drill.Moment // when the next write is due
	unconfirmed drill.Numbers
	refusal     error // what a server said to a write that it refused; nil when it refused none

	cancel context.CancelFunc // no more writes
	done   sync.WaitGroup
}

// start begins to write. It returns when every connection is open, so that no write
// pays for one. stop must follow, also after an error.
func (a *application) start(ctx context.Context) error {
	arriving, cancel := context.WithCancel(ctx)
	a.cancel = cancel
	open := make([]*connection, connections)
	for i := range open {
		var err error
		if open[i], err = dial(ctx, a.address); err != nil {
			for _, c := range open[:i] {
				c.close()
			}
			return fmt.Errorf("connect an application to %s: %w", a.address, err)
		}
	}
	a.next = a.now()
	for _, c := range open {
		a.done.Go(func() { a.serve(ctx, arriving, &user{connection: c, address: a.address}) })
	}
	return nil
}

// stop ends the writing once what is under way is answered. It may be called again.
func (a *application) stop() {
	if a.cancel != nil {
		a.cancel()
	}
	a.done.Wait()
}

// repoint makes the application write to another server from now on.
func (a *application) repoint(address string) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.address = address
}

// unheard is why there is nothing to compare with what is there: not one write was acknowledged. nil when some were.
// Not before stop.
func (a *application) unheard() error {
	switch tally := a.ledger.Tally(); {
	case tally.Acknowledged > 0:
		return nil
	case a.refusal != nil:
		return fmt.Errorf("the server took none of %d writes: %w", tally.Attempted, a.refusal)
	}
	return errors.New("the server answered no write")
}

// user is one connection of the application and where it leads; connection is nil
// while there is none.
type user struct {
	connection *connection
	address    string
}

func (u *user) hangUp() {
	if u.connection != nil {
		u.connection.close()
		u.connection = nil
	}
}

// serve writes over one connection until no more writes arrive. ctx ends what is
// under way.
func (a *application) serve(ctx, arriving context.Context, u *user) {
	defer u.hangUp()
	value := strings.Repeat("x", payload)
	for pause.For(arriving, a.claim()) {
		if !a.connect(ctx, u) {
			pause.For(arriving, redialPause)
			continue
		}
		n := a.ledger.Begin(0, a.now())
		outcome, confirmed := u.connection.set(a.ledger.Key(n), value, a.waiting)
		a.ledger.End(n, outcome, a.now())
		a.mu.Lock()
		switch {
		case outcome == drill.Rejected:
			a.refusal = u.connection.refusal
		case outcome == drill.Acknowledged && !confirmed:
			a.unconfirmed.Add(n)
		}
		a.mu.Unlock()
		if outcome == drill.Indeterminate {
			u.hangUp()
		}
	}
}

// claim takes the next write that is due, and returns how long it is until then.
func (a *application) claim() time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	now := a.now()
	a.next = max(a.next, now-behind)
	due := a.next
	a.next += a.step
	return due - now
}

// connect makes the connection lead to where the application writes now.
func (a *application) connect(ctx context.Context, u *user) bool {
	a.mu.Lock()
	address := a.address
	a.mu.Unlock()
	if u.connection != nil && u.address == address {
		return true
	}
	u.hangUp()
	c, err := dial(ctx, address)
	if err != nil {
		return false
	}
	u.connection, u.address = c, address
	return true
}
