// Package habit is how other clients fail over by themselves, for comparison with
// the policy of package failover: those that PING every region now and then, and
// those that count the errors of the application's commands.
//
//	rounds of PINGs (Check) ──> Round ──┐
//	                                    ├──> circuits, one for each region ──> Decide ──> failover.Decision
//	the application's writes ─> Outcome ┘
//
// None of them looks at replication, nor at what a region holds: a link that carries
// nothing is never noticed, and a region that came back empty answers a PING. That
// is what a comparison is to show, so nothing here is better than what it stands for.
//
// A Client is a state machine: it opens no connection and knows no clock but the
// times that it is given. [Check], which makes the PINGs, is apart from it.
package habit

import (
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/probe"
)

// Client is the part of a client library that decides which region is used. Its
// methods may be called by many. Make one with [New].
type Client struct {
	settings Settings
	regions  []string // the local one first, which is the order of preference
	counts   func(error) bool

	mu       sync.Mutex
	circuits map[string]*circuit
	due      time.Time // of the next look whether it can return
}

// circuit is what is known of one region.
type circuit struct {
	open   bool // it is not used
	since  time.Time
	why    string
	writes *window
}

// New returns a client of regions, the local one first, that begins to count at a
// time. Counts tells which errors of writes the library takes for a failure of the
// region; nil takes all. The errors are those of [Settings.Check], and that there are
// no regions.
func New(regions []string, s Settings, begin time.Time, counts func(error) bool) (*Client, error) {
	err := s.Check()
	if len(regions) == 0 {
		err = errors.Join(err, errors.New("a client needs a region"))
	}
	if err != nil {
		return nil, err
	}
	c := &Client{settings: s, regions: slices.Clone(regions), counts: counts, circuits: make(map[string]*circuit), due: begin.Add(s.Return)}
	if c.counts == nil {
		c.counts = func(error) bool { return true }
	}
	for _, r := range regions {
		c.circuits[r] = &circuit{writes: newWindow(s.Span)}
	}
	return c, nil
}

// Round tells how a round of PINGs to a region has ended; nil is that all were
// answered. A region that is unknown is ignored.
func (c *Client) Round(region string, err error, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.circuits[region]
	switch {
	case r == nil || r.open && at.Sub(r.since) < c.settings.Grace:
	case err != nil:
		r.fail(fmt.Sprintf("%s does not answer a PING: %v", region, err), at)
	default:
		r.open = false
	}
}

// Outcome tells what became of a write of the application in a region. It never
// waits for anything but other calls.
func (c *Client) Outcome(region string, err error, at time.Time) {
	failed := err != nil && c.counts(err)
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.circuits[region]
	if r == nil {
		return
	}
	r.writes.add(at, failed)
	if !failed || r.open {
		return
	}
	all, failures := r.writes.sum(at)
	if failures >= c.settings.Failures && float64(failures) >= c.settings.Share*float64(all) {
		r.fail(fmt.Sprintf("%d of %d commands to %s failed in the last %v", failures, all, region, c.settings.Span), at)
	}
}

// Decide tells where the application should be at a time. It is asked again and
// again, with times that do not go back. What a probe sees is not looked at.
func (c *Client) Decide(_ *probe.Snapshot, h failover.History, now time.Time) failover.Decision {
	c.mu.Lock()
	defer c.mu.Unlock()
	look := !now.Before(c.due)
	for !now.Before(c.due) {
		c.due = c.due.Add(c.settings.Return)
	}
	active := c.circuits[h.Active]
	if active == nil {
		return failover.Decision{Action: failover.Remain, To: h.Active, Why: h.Active + " is not a region that is known"}
	}
	best := slices.IndexFunc(c.regions, func(r string) bool { return c.usable(r, now) })
	if best < 0 {
		return failover.Decision{Action: failover.Alert, To: h.Active, Why: active.why + ", and no other region is known to be better"}
	}
	to := c.regions[best]
	switch {
	case to == h.Active:
		return failover.Decision{Action: failover.Remain, To: h.Active, Why: "no failure of " + h.Active + " was noticed"}
	case !c.usable(h.Active, now):
		return failover.Decision{Action: failover.FailOver, To: to, Why: active.why}
	case slices.Index(c.regions, h.Active) < best || !look:
		return failover.Decision{Action: failover.Remain, To: h.Active, Why: fmt.Sprintf("%s is looked at again every %v", to, c.settings.Return)}
	case best == 0:
		return failover.Decision{Action: failover.FailBack, To: to, Why: c.comeback(to)}
	}
	return failover.Decision{Action: failover.FailOver, To: to, Why: c.comeback(to) + ", and is preferred"}
}

// usable tells whether a region may be used. Where nothing is pinged, one that has
// failed may be tried again after the grace.
func (c *Client) usable(region string, now time.Time) bool {
	r := c.circuits[region]
	return !r.open || c.settings.Probes == 0 && now.Sub(r.since) >= c.settings.Grace
}

// comeback says why a region is returned to.
func (c *Client) comeback(region string) string {
	if c.settings.Probes == 0 {
		return fmt.Sprintf("%s has failed %v ago or longer", region, c.settings.Grace)
	}
	return region + " answers PINGs"
}

// fail opens a circuit, or begins its grace anew.
func (r *circuit) fail(why string, at time.Time) { r.open, r.since, r.why = true, at, why }
