package survey

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// contact is what the connections to a region let its watcher know.
type contact struct {
	alarm   chan struct{} // holds a token when the region may have something new to tell this moment
	renewed atomic.Bool   // the region may be another server than when it was last compared with the others
}

func newContact() *contact { return &contact{alarm: make(chan struct{}, 1)} }

// attentive is an endpoint that raises the alarm in the moment in which a connection to one of its shards is lost, or a shard
// says that a slot has moved: one that has gone elsewhere, or is no more, is known as such before it can be taken for one that is
// down. It does so too when all its connections were made anew: a name may lead to another server by then.
type attentive struct {
	probe.Endpoint
	shards  int
	contact *contact
	ran     atomic.Bool
}

// Run runs the endpoint and watches its connections.
func (a *attentive) Run(ctx context.Context, channels [][]string, sink probe.Sink) error {
	return a.Endpoint.Run(ctx, channels, &attention{Sink: sink, contact: a.contact, ages: make([][2]age, a.shards), lost: a.ran.Swap(true)})
}

// age says since when a connection has been there.
type age uint8

const (
	unborn age = iota // it was never there
	gone              // it was lost
	young             // it was made since the region was last compared with the others
	old               // it was there then, or is as good as that: nothing was lost before it was made, or a comparison is to come
)

// attention is the sink of an attentive endpoint. It passes everything on.
type attention struct {
	probe.Sink
	contact *contact

	mu         sync.Mutex
	ages       [][2]age // by shard and role
	young, old int      // how many there are of these ages
	lost       bool     // no connection is left, or none could be made
}

// Opened notes that there is something to lose, and raises the alarm when it is the first connection after all were lost.
func (a *attention) Opened(shard int, role probe.Role, at time.Time) {
	a.opened(&a.ages[shard][role])
	a.Sink.Opened(shard, role, at)
}

func (a *attention) opened(c *age) {
	a.mu.Lock()
	defer a.mu.Unlock()
	first := *c == unborn
	switch {
	case a.lost:
		*c = young
		a.young++
		a.renew()
	case first || a.contact.renewed.Load():
		*c = old
		a.old++
	default:
		*c = young
		a.young++
	}
}

// Closed raises the alarm once for each connection that was open.
func (a *attention) Closed(shard int, role probe.Role, cause probe.Cause, err error, at time.Time) {
	a.closed(&a.ages[shard][role])
	a.Sink.Closed(shard, role, cause, err, at)
}

func (a *attention) closed(c *age) {
	a.mu.Lock()
	defer a.mu.Unlock()
	switch *c {
	case young:
		a.young--
	case old:
		a.old--
	}
	if *c == young || *c == old {
		*c = gone
		signal(a.contact.alarm)
	}
	switch {
	case a.old > 0:
	case a.young > 0:
		a.renew()
	default:
		a.lost = true
	}
}

// renew tells that nothing is left of the connections that there were, and begins with those that there are. The caller
// holds mu.
func (a *attention) renew() {
	for i := range a.ages {
		for role, age := range a.ages[i] {
			if age == young {
				a.ages[i][role] = old
			}
		}
	}
	a.old, a.young, a.lost = a.old+a.young, 0, false
	a.contact.renewed.Store(true)
	signal(a.contact.alarm)
}

// Refused raises the alarm when the shard says that the slot is elsewhere.
func (a *attention) Refused(shard int, id uint64, cause probe.Cause, err error, at time.Time) {
	if cause == probe.Moved {
		signal(a.contact.alarm)
	}
	a.Sink.Refused(shard, id, cause, err, at)
}

// signal leaves a token, unless there is one. It never waits.
func signal(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}
