package drill

import (
	"context"
	"errors"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"
)

// writer is the application of a drill: it writes at a rate, to one region at a
// time, and enters each write in the ledger. Arrivals do not wait for answers;
// when all connections are busy, or the region cannot be reached, what would
// have been written is counted as held back and forgotten, as a service under
// load does with requests that it cannot take.
type writer struct {
	ledger  *Ledger
	now     func() Moment
	rate    float64       // writes a second
	payload []byte        // the value of every write
	expiry  time.Duration // of every key
	timeout time.Duration // of one write, after which the application gives up on it
	workers int           // connections, and so writes in flight at the most
	random  *rand.Rand    // of the arrivals
	alarm   *alarm        // hears of every write; nil: nobody does

	heldBack atomic.Int64

	// The session that is running. Only the goroutine that runs the drill
	// touches these.
	stop    context.CancelFunc // no more arrivals
	abandon context.CancelFunc // and what is in flight is broken off
	done    chan struct{}      // closed when it has ended
}

// reconnectPause is how long a connection waits after a write could not be
// sent. It is far below any detection time, and keeps a refused endpoint from
// being dialled a thousand times a second.
const reconnectPause = 20 * time.Millisecond

// start begins to write to a region. It must be stopped before another start.
func (w *writer) start(ctx context.Context, store Store, region int) {
	session, abandon := context.WithCancel(ctx)
	arrivals, stop := context.WithCancel(session)
	done := make(chan struct{})
	w.stop, w.abandon, w.done = stop, abandon, done
	w.alarm.attend(region)

	work := make(chan struct{})
	var group sync.WaitGroup
	group.Go(func() { w.arrive(arrivals, work) })
	for range w.workers {
		group.Go(func() {
			for range work {
				if w.write(session, store, region).Outcome == Unsent {
					pause(arrivals, reconnectPause)
				}
			}
		})
	}
	go func() {
		group.Wait()
		abandon()
		close(done)
	}()
}

// drain ends the session once the writes in flight are answered.
func (w *writer) drain() { w.end(func() {}) }

// abort ends the session and breaks off what is in flight: those writes are
// indeterminate.
func (w *writer) abort() { w.end(w.abandon) }

func (w *writer) end(how func()) {
	if w.done == nil {
		return
	}
	w.stop()
	how()
	<-w.done
	w.done = nil
}

// arrive hands out work at random times, exponentially distributed around the
// rate: requests of many independent users. Work that nobody is free to take is
// held back.
func (w *writer) arrive(ctx context.Context, work chan<- struct{}) {
	defer close(work)
	due := w.now()
	for {
		due += time.Duration(w.random.ExpFloat64() / w.rate * float64(time.Second))
		if wait := due - w.now(); wait > 0 {
			pause(ctx, wait)
		}
		if ctx.Err() != nil {
			return
		}
		select {
		case work <- struct{}{}:
		default:
			w.heldBack.Add(1)
		}
	}
}

// write makes one write, to the next slot in turn, and enters it.
func (w *writer) write(ctx context.Context, store Store, region int) Entry {
	return w.send(ctx, store, w.ledger.Begin(region, w.now()))
}

// writeAt is write for a slot of the caller's choice, by its place.
func (w *writer) writeAt(ctx context.Context, store Store, region, place int) Entry {
	return w.send(ctx, store, w.ledger.BeginAt(region, place, w.now()))
}

func (w *writer) send(ctx context.Context, store Store, n int) Entry {
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	err := store.Write(ctx, w.ledger.Key(n), w.payload, w.expiry)
	w.ledger.End(n, outcomeOf(err), w.now())
	e := w.ledger.Entry(n)
	w.alarm.note(e)
	return e
}

func outcomeOf(err error) Outcome {
	switch {
	case err == nil:
		return Acknowledged
	case errors.Is(err, ErrRejected):
		return Rejected
	case errors.Is(err, ErrUnsent):
		return Unsent
	}
	return Indeterminate
}

// pause waits for d or until ctx ends.
func pause(ctx context.Context, d time.Duration) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
	case <-ctx.Done():
	}
}
