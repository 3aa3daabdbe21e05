package drill

import (
	"context"
	"math/rand/v2"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aafailover/aafailover/internal/pause"
)

// writer is the application of a drill: it writes at a rate, to one region at a
// time, and enters each write in the ledger. Requests do not wait for answers:
// see arrivals.
//
//	arrivals ──> worker, one for each connection ──> Store
//	                │  ^                               │
//	         Ledger <┘  └── attempt again (Retry) <────┘ answers
//
// What is still to be attempted again when the application leaves a region, it
// attempts in the next one.
type writer struct {
	ledger  *Ledger
	zero    time.Time // the moment 0
	manners Manners
	payload []byte        // the value of every write
	expiry  time.Duration // of every key
	timeout time.Duration // of one attempt, after which the application gives up on it

	arrivals *arrivals
	own      *ownReads
	alarm    *alarm  // hears of every attempt; nil: nobody does
	users    []*user // one for each connection, and so for each batch of writes that is under way
	// heard, unless it is nil, is told what the store answered to each write of the
	// load, by many goroutines. It must not block.
	heard func(region, n int, err error, at Moment)

	operations atomic.Int64   // that it began
	turn       atomic.Uint64  // of the slots
	waiting    atomic.Int32   // how many batches are carried
	mu         sync.Mutex     // of all below
	carried    [][]*operation // what the last session left, to be attempted again
	several    []*operation   // those that were attempted with several numbers
	account    account

	// The session that is running. Only the goroutine that runs the drill
	// touches these.
	stop    context.CancelFunc // no more arrivals
	abandon context.CancelFunc // and what is in flight is broken off
	done    chan struct{}      // closed when it has ended
}

// account is what the application counts besides the ledger.
type account struct {
	retried int // of them: attempted more than once
	retries int // further attempts
	fenced  int // writes that a fenced retry proved to have been applied by an earlier attempt
	existed int // writes whose key was there although no attempt can have been applied
	thin    int // acknowledged writes that fewer replicas confirmed than asked for
}

// newWriter returns the application of a configuration that was checked. Its moments
// count from zero.
func newWriter(l *Ledger, zero time.Time, c Config) *writer {
	source := func(of int) *rand.Rand { return rand.New(rand.NewPCG(c.Seed, c.Seed^0x9e3779b97f4a7c15+uint64(of))) }
	w := &writer{
		ledger: l, zero: zero, manners: c.Manners, own: &ownReads{share: c.Manners.ReadOwn},
		payload: []byte(strings.Repeat("x", max(c.Payload, 0))), expiry: c.Expiry, timeout: c.WriteTimeout,
	}
	w.arrivals = newArrivals(c.Manners, c.Rate, source(0), w.now)
	for i := range c.Connections {
		w.users = append(w.users, &user{random: source(i + 1), latest: -1})
	}
	return w
}

func (w *writer) now() Moment { return time.Since(w.zero) }

// heldBack is how many requests nothing took in time.
func (w *writer) heldBack() int {
	n, _ := w.arrivals.count()
	return n
}

// reconnectPause is how long a connection waits after a write could not be
// sent. It is far below any detection time, and keeps a refused endpoint from
// being dialled a thousand times a second.
const reconnectPause = 20 * time.Millisecond

// start begins to write to a region. It must be stopped before another start.
func (w *writer) start(ctx context.Context, store Store, region int) {
	session, abandon := context.WithCancel(ctx)
	arriving, stop := context.WithCancel(session)
	done := make(chan struct{})
	w.stop, w.abandon, w.done = stop, abandon, done
	w.alarm.attend(region)

	w.arrivals.begin()
	var group sync.WaitGroup
	for _, u := range w.users {
		group.Go(func() { w.serve(session, arriving, store, region, u) })
	}
	go func() {
		group.Wait()
		w.arrivals.end()
		abandon()
		close(done)
	}()
}

// drain ends the session once the writes in flight are answered.
func (w *writer) drain() { w.end(func() {}) }

// abort ends the session and breaks off what is in flight: those attempts are
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

// serve writes over one connection, for one user, until no more arrives.
func (w *writer) serve(session, arriving context.Context, store Store, region int, u *user) {
	for {
		batch, at := w.resume(), Moment(0)
		if batch == nil {
			var count int
			if count, at = w.arrivals.take(arriving, w.manners.atOnce()); count == 0 {
				return
			}
			if w.own.wants(u) {
				w.lookOwn(session, store, u)
				at = w.now()
			}
			batch = w.begin(region, count, u, at)
		}
		for len(batch) > 0 {
			if batch[0].attempts > 0 {
				if !w.await(arriving, batch, u) {
					w.carry(batch)
					return
				}
				if batch = w.prepare(region, batch); len(batch) == 0 {
					break
				}
				at = w.now()
			}
			w.attempt(session, store, region, batch, u, at)
			unsent := batch[0].outcome == Unsent
			if batch = w.unfinished(batch); len(batch) > 0 {
				u.keepBatch()
			} else if unsent {
				pause.For(arriving, reconnectPause)
			}
		}
	}
}

// lookOwn lets a user look for what it wrote last.
func (w *writer) lookOwn(ctx context.Context, store Store, u *user) {
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	w.own.look(ctx, store, u, w.ledger.Key(u.latest), w.now)
}

// begin enters as many writes as have arrived, all to the slot whose turn it is, so
// that they can be sent together.
func (w *writer) begin(region, count int, u *user, at Moment) []*operation {
	place := int((w.turn.Add(1) - 1) % uint64(w.ledger.places()))
	w.operations.Add(int64(count))
	batch, of := u.batchOf(count)
	first := w.ledger.beginAll(region, place, count, at)
	for i := range batch {
		batch[i] = &of[i]
		of[i] = operation{n: first + i, place: place, region: region}
	}
	return batch
}

// write makes one write, to the next slot in turn, and enters it.
func (w *writer) write(ctx context.Context, store Store, region int) Entry {
	return w.once(ctx, store, w.ledger.Begin(region, w.now()))
}

// writeAt is write for a slot of the caller's choice, by its place.
func (w *writer) writeAt(ctx context.Context, store Store, region, place int) Entry {
	return w.once(ctx, store, w.ledger.BeginAt(region, place, w.now()))
}

// once makes one attempt at a write that is no part of the load.
func (w *writer) once(ctx context.Context, store Store, n int) Entry {
	ctx, cancel := context.WithTimeout(ctx, w.timeout)
	defer cancel()
	err := store.Write(ctx, w.ledger.Key(n), w.payload, w.expiry)
	w.ledger.End(n, answerOf(err).outcome, w.now())
	e := w.ledger.Entry(n)
	w.alarm.note(e)
	return e
}
