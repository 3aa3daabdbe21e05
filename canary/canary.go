package canary

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/pause"
	"github.com/aafailover/aafailover/probe"
)

// Canary writes, reads and judges. Make one with New; its methods may be called
// at any time, by many.
type Canary struct {
	config Config // complete
	names  []string
	home   int
	start  time.Time
	wake   chan struct{} // a snapshot came that the mover has not seen

	mu       sync.Mutex
	book     *book
	ways     *ways
	replaced []*ways // to be closed
	snapshot *probe.Snapshot
	active   int // the region that is written to; -1: none as yet

	telling sync.Mutex // one event at a time, in their order
}

// ways are the stores of one topology, and those who use them.
type ways struct {
	stores []drill.Store
	users  sync.WaitGroup
}

// New returns a Canary that does nothing yet. The error is what Config.Check has
// found.
func New(c Config) (*Canary, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	if len(c.Stores) != len(c.Maps) {
		return nil, fmt.Errorf("%d stores for %d regions", len(c.Stores), len(c.Maps))
	}
	c = c.complete()
	start := time.Now()
	return &Canary{config: c, names: c.names(), home: c.home(), start: start, wake: make(chan struct{}, 1),
		book: newBook(c, start), ways: &ways{stores: c.Stores}, active: -1}, nil
}

func (c *Canary) now() Moment { return time.Since(c.start) }

// Observe takes a snapshot of the probe. It is quick.
func (c *Canary) Observe(s *probe.Snapshot) {
	c.mu.Lock()
	c.snapshot = s
	c.book.see(sightOf(s, c.names, c.start, c.now()))
	c.mu.Unlock()
	select {
	case c.wake <- struct{}{}:
	default: // it has not looked since the last time
	}
}

// Change makes the canary follow another topology, of the same regions. The error
// says what makes no sense; then nothing changes, and its stores are not used.
func (c *Canary) Change(t Topology) error {
	if !slices.Equal(t.names(), c.names) || len(t.Stores) != len(t.Maps) || len(t.Cover) == 0 {
		return errors.New("the canary cannot follow a topology of other regions, or without slots")
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.replaced = append(c.replaced, c.ways)
	c.ways = &ways{stores: t.Stores}
	c.book.reshape(t)
	return nil
}

// Proof tells what is known of a region because it is written and read. It is
// quick, and made for probe.Config.
func (c *Canary) Proof(region string) probe.Proof {
	c.mu.Lock()
	defer c.mu.Unlock()
	i := slices.Index(c.names, region)
	if i < 0 {
		return probe.Proof{}
	}
	p := c.book.proof(i, c.now())
	if p.Writes == "" && i == c.active && c.config.writable(region) {
		p.Writes = probe.WritesUnproven
	}
	return p
}

// State is what is known at a moment.
type State struct {
	Rate      float64
	Run       string
	Home      string
	Active    string // where is written; "" before the first snapshot that tells
	Writes    drill.Tally
	HeldBack  int // writes that were due and never begun, because too many were under way
	Lags      []Lag
	Incidents []Incident // the last MaxIncidents that have ended, and those that have not
}

// Lag is how long canary writes took from their acknowledgement until they were
// found in another region, in the last hours: at most, and to lookEvery. Those that
// an outage of a region or a link held up are left out.
type Lag struct {
	From, To string
	Writes   uint64
	probe.RTT
}

// State returns what is known now.
func (c *Canary) State() State {
	c.mu.Lock()
	defer c.mu.Unlock()
	s := State{Rate: c.config.Rate, Run: c.config.Run, Home: c.names[c.home], Writes: c.book.tally, HeldBack: c.book.heldBack, Incidents: c.book.all()}
	if c.active >= 0 {
		s.Active = c.names[c.active]
	}
	for from := range c.names {
		for to := range c.names {
			if rtt, n := c.book.lags.of(from, to); n > 0 && from != to {
				s.Lags = append(s.Lags, Lag{From: c.names[from], To: c.names[to], Writes: n, RTT: rtt})
			}
		}
	}
	return s
}

// Writing tells where is written, "" before the first snapshot that tells, and what became of the writes so far. It is
// quick, as [Canary.State] with many incidents is not.
func (c *Canary) Writing() (active string, writes drill.Tally) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.active >= 0 {
		active = c.names[c.active]
	}
	return active, c.book.tally
}

// Run writes and reads until ctx ends. When it returns, all that it started has
// ended and the stores are closed; the keys are left to expire. It must not run
// twice.
func (c *Canary) Run(ctx context.Context) {
	var running sync.WaitGroup
	for region := range c.names {
		running.Go(func() { c.lookIn(ctx, region) })
	}
	running.Go(func() { c.tend(ctx) })
	c.move(ctx)
	running.Wait()
	c.mu.Lock()
	all := slices.Concat(c.replaced, []*ways{c.ways})
	c.replaced = nil
	c.mu.Unlock()
	closeAll(all)
}

// tendEvery is the time between two times that what can be proven is, and that
// what has expired is forgotten.
const tendEvery = time.Second

// tend proves, tells, forgets and closes what there is.
func (c *Canary) tend(ctx context.Context) {
	for pause.For(ctx, tendEvery) {
		c.prove(ctx)
		c.mu.Lock()
		c.book.expire(c.now())
		replaced := c.replaced
		c.replaced = nil
		c.mu.Unlock()
		closeAll(replaced)
		c.tell()
	}
}

// closeAll closes stores once nobody uses them any more.
func closeAll(all []*ways) {
	for _, w := range all {
		w.users.Wait()
		for _, s := range w.stores {
			_ = s.Close() // nothing is in flight
		}
	}
}

// use returns the present store of a region, which is not closed before done is
// called.
func (c *Canary) use(region int) (store drill.Store, done func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	w := c.ways
	w.users.Add(1)
	return w.stores[region], w.users.Done
}
