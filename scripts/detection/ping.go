package main

import (
	"context"
	"errors"
	"sync"
	"time"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/failover/habit"
	"github.com/aafailover/aafailover/internal/pause"
	"github.com/aafailover/aafailover/region"
)

// look is how often the client library is asked where it would be.
const look = 5 * time.Millisecond

// pinged is a deployment as a client library sees it that PINGs its regions. It has a new client for every fault: one that has
// left a region does not look at it again for a minute.
type pinged struct {
	settings habit.Settings
	names    []string
	pingers  []habit.Pinger
	clients  []*region.Client

	client  *habit.Client
	end     context.CancelFunc
	running sync.WaitGroup
}

// pinger is a region that is asked whether all of its shards answer.
type pinger struct{ *region.Client }

func (p pinger) Ping(ctx context.Context) error { return p.Connect(ctx) }

func ping(ctx context.Context, d *deployment, s habit.Settings) (*pinged, error) {
	p := &pinged{settings: s, end: func() {}}
	o := region.Options{Timeout: s.Timeout}
	for _, r := range d.regions {
		m, err := region.Discover(ctx, r, o)
		if err != nil {
			return nil, errors.Join(err, p.close())
		}
		c := region.NewClient(r, m, o)
		p.names, p.clients, p.pingers = append(p.names, r.Name), append(p.clients, c), append(p.pingers, pinger{c})
	}
	return p, nil
}

func (p *pinged) healthy(ctx context.Context) bool {
	p.stop()
	for _, one := range p.pingers {
		for one.Ping(ctx) != nil {
			if !pause.For(ctx, look) {
				return false
			}
		}
	}
	client, err := habit.New(p.names, p.settings, time.Now(), nil)
	if err != nil {
		return false
	}
	checking, end := context.WithCancel(context.WithoutCancel(ctx))
	p.client, p.end = client, end
	p.running.Go(func() { habit.Check(checking, client, p.pingers) })
	return true
}

func (p *pinged) noticed(ctx context.Context, _ kind) (time.Time, bool) {
	for {
		now := time.Now()
		if p.client.Decide(nil, failover.History{Active: p.names[0]}, now).Action.Moves() {
			return now, true
		}
		if !pause.For(ctx, look) {
			return time.Time{}, false
		}
	}
}

// stop ends the PINGs.
func (p *pinged) stop() {
	p.end()
	p.running.Wait()
}

func (p *pinged) close() error {
	p.stop()
	for _, c := range p.clients {
		_ = c.Close() // nothing is in flight any more
	}
	return nil
}
