package promotion

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/pause"
)

// load is one client that writes to one shard at a rate. Requests do not wait for
// answers: those for which no connection is free are held back, and counted.
//
// Each shard has a load of its own, so that one which hangs does not take the
// connections of the others.
type load struct {
	run    *run
	client Client
	second bool
	place  int // of the slot that it writes to, among those of the ledger
	rate   float64
	users  int // writes under way at the most

	heldBack atomic.Int64
	began    atomic.Bool            // a write was acknowledged
	failed   atomic.Pointer[string] // why the last one was not; nil: none failed
	stop     context.CancelFunc     // no more writes; those under way are waited for
	abandon  context.CancelFunc     // and what is under way is broken off
	done     chan struct{}          // closed when it has ended
}

// begin begins to write.
func (l *load) begin(ctx context.Context) {
	writing, abandon := context.WithCancel(ctx)
	arriving, stop := context.WithCancel(writing)
	l.stop, l.abandon, l.done = stop, abandon, make(chan struct{})
	free := make(chan struct{})
	var users sync.WaitGroup
	for range l.users {
		users.Go(func() {
			for range free {
				l.write(writing)
			}
		})
	}
	go func() {
		defer close(l.done)
		l.arrive(arriving, free)
		close(free)
		users.Wait()
	}()
}

// arrive hands one request after the other to whoever is free, at the rate: late
// ones at once, but none that would have come more than a second ago, since no
// application makes up for what it could not ask.
func (l *load) arrive(ctx context.Context, free chan<- struct{}) {
	const latest = time.Second
	pause := time.Duration(float64(time.Second) / l.rate)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for next := l.run.now(); ; next += pause {
		if behind := l.run.now() - next; behind > latest {
			next += behind
		}
		if wait := next - l.run.now(); wait > 0 {
			timer.Reset(wait)
			select {
			case <-timer.C:
			case <-ctx.Done():
				return
			}
		}
		select {
		case free <- struct{}{}:
		case <-ctx.Done():
			return
		default:
			l.heldBack.Add(1)
		}
	}
}

// write makes one write and enters what became of it.
func (l *load) write(ctx context.Context) {
	r := l.run
	n := r.ledger.BeginAt(r.primaryOf(l.place), l.place, r.now())
	if l.second {
		r.noteStray(n)
	}
	limited, cancel := context.WithTimeout(ctx, r.WriteTimeout)
	defer cancel()
	answer := l.client.Write(limited, r.ledger.Key(n), r.payload, r.Expiry)
	at := r.now()
	host, known := r.hostAt(answer.By)
	if !known {
		host = r.ledger.Entry(n).Region
	}
	r.ledger.EndIn(n, host, answer.Outcome, at)
	if answer.Outcome == drill.Acknowledged {
		l.began.Store(true)
	} else if answer.Err != nil {
		why := firstLine(answer.Err.Error())
		l.failed.Store(&why)
	}
	if answer.Outcome == drill.Acknowledged && !l.second {
		r.acknowledged(l.place, host, at)
	}
	if answer.Outcome == drill.Unsent {
		pause.For(ctx, unsentPause) // a closed port answers at once: do not spin on it
	}
}

// unsentPause is how long a connection waits after nobody was found to send to. It is
// far below any detection time.
const unsentPause = 10 * time.Millisecond

// end ends the load and its client: what is under way is waited for, unless ctx ends
// first.
func (l *load) end(ctx context.Context) {
	l.stop()
	select {
	case <-l.done:
	case <-ctx.Done():
	}
	l.abandon()
	_ = l.client.Close() // which breaks off what does not listen to its context
	<-l.done
}

// awaitFirst waits until a write was acknowledged, for as long as a step may take: what never worked cannot be broken.
func (l *load) awaitFirst(ctx context.Context) error {
	r := l.run
	limited, cancel := context.WithTimeout(ctx, r.Limits.Step)
	defer cancel()
	for !l.began.Load() {
		if pause.For(limited, pollPause); limited.Err() == nil {
			continue
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
		host, why := r.hosts[r.primaryOf(l.place)], "no answer"
		if last := l.failed.Load(); last != nil {
			why = *last
		}
		return fmt.Errorf("%s (%s): no write was acknowledged before the fault: %s", host.Name, host.Address, why)
	}
	return nil
}
