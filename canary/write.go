package canary

import (
	"context"
	"sync"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/pause"
)

// value is what every key holds: for people who come across it.
var value = []byte("aafailover canary")

// session is the writing to one region, at the rate.
type session struct {
	region  int
	stop    context.CancelFunc // no more writes
	abandon context.CancelFunc // and what is under way is broken off
	done    chan struct{}
}

// startWriting begins to write to a region, as an application or only on trial.
func (c *Canary) startWriting(ctx context.Context, region int, trial bool) *session {
	underway, abandon := context.WithCancel(ctx)
	due, stop := context.WithCancel(underway)
	s := &session{region: region, stop: stop, abandon: abandon, done: make(chan struct{})}
	go func() {
		defer close(s.done)
		defer abandon()
		c.writeAtRate(due, underway, region, trial)
	}()
	return s
}

// drain ends a session once what is under way is answered; abort breaks that off:
// those writes are indeterminate. Both may be called of none.
func (s *session) drain() { s.end(func() {}) }
func (s *session) abort() {
	if s != nil {
		s.end(s.abandon)
	}
}

func (s *session) end(how func()) {
	if s == nil {
		return
	}
	s.stop()
	how()
	<-s.done
}

// writeAtRate begins a write whenever one is due, until due ends.
func (c *Canary) writeAtRate(due, underway context.Context, region int, trial bool) {
	var group sync.WaitGroup
	defer group.Wait()
	places := make(chan struct{}, workers)
	interval := time.Duration(float64(time.Second) / c.config.Rate)
	next := time.Now()
	for {
		if next = next.Add(interval); time.Since(next) > time.Second {
			next = time.Now() // this process was paused: nobody is served twice as fast afterwards
		}
		if !pause.For(due, time.Until(next)) {
			return
		}
		select {
		case places <- struct{}{}:
			group.Go(func() {
				defer func() { <-places }()
				c.write(underway, region, trial)
			})
		default:
			c.mu.Lock()
			c.book.heldBack++
			c.mu.Unlock()
		}
	}
}

// write makes one write and enters it.
func (c *Canary) write(ctx context.Context, region int, trial bool) (outcome drill.Outcome, at Moment) {
	store, done := c.use(region)
	defer done()
	c.mu.Lock()
	n, key := c.book.begin(region, trial, c.now())
	c.mu.Unlock()
	limited, cancel := context.WithTimeout(ctx, c.config.Timeout)
	defer cancel()
	err := store.Write(limited, key, value, c.config.Expiry)
	outcome, at = drill.OutcomeOf(err), c.now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.book.finish(n, outcome, c.config.CauseOf(err), at, ctx.Err() != nil)
	if w := c.book.at(n); w != nil {
		at = w.ended() // as the ledger has rounded it
	}
	return outcome, at
}
