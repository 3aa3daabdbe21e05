package client

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"

	"github.com/aafailover/aafailover/heartbeat"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/survey"
)

// observer is what a Client knows of the regions.
//
//	survey.Take ─> probe.Run ─> latest, a token in news
//	   │ Follow       ^
//	   └──────────────┴── heartbeat.Heart, with Config.Heartbeats
type observer struct {
	probe    probe.Config
	heart    *heartbeat.Heart // nil without Config.Heartbeats
	follower *survey.Follower

	latest atomic.Pointer[probe.Snapshot]
	news   chan struct{} // holds a token when there is a snapshot that nobody looked at

	mu     sync.Mutex
	maps   []slots.Map
	failed error // of the probe, which has ended then
}

// newObserver asks all regions how they are sharded. The error is what makes no
// sense, or that of ctx: that regions do not answer is for the probe to find.
func newObserver(ctx context.Context, c Config, regions []config.Region) (*observer, error) {
	s, err := survey.Take(ctx, regions, c.Observe)
	if err != nil {
		return nil, fmt.Errorf("survey the regions: %w", err)
	}
	s.Assume()
	if c.Observe.PubSub == region.Auto {
		choice, err := region.ChoosePubSub(ctx, regions, s.Maps, c.Observe)
		if err != nil {
			return nil, fmt.Errorf("choose between PUBLISH and SPUBLISH: %w", err)
		}
		s.Options.PubSub = choice.Mode
	}
	t, err := s.Prepare(ctx)
	if err != nil {
		return nil, fmt.Errorf("compare the regions: %w", err)
	}
	o := &observer{news: make(chan struct{}, 1), maps: t.Maps}
	o.probe = probe.Config{Policy: c.Probe, Prefix: c.Observe.Prefix, Maps: t.Maps, Endpoints: t.Endpoints, Cover: t.Cover,
		SameServers: t.SameServers, OnSnapshot: o.see}
	if c.Heartbeats {
		if err := o.beat(c, regions, s.Options, t); err != nil {
			return nil, err
		}
	}
	o.follower = s.Follow(t, survey.Following{Allow: o.follow, Complain: c.OnError})
	o.probe.Changes = o.follower.Changes()
	return o, nil
}

// beat prepares the heartbeats.
func (o *observer) beat(c Config, regions []config.Region, options region.Options, t probe.Topology) error {
	beats := heartbeat.Config{Topology: heartbeat.Topology{Maps: t.Maps, Cover: t.Cover}, Prefix: c.Observe.Prefix, Timeout: options.Timeout}
	for _, r := range regions {
		beats.Writable = append(beats.Writable, r.Name)
		beats.Stores = append(beats.Stores, region.NewHeart(r, options))
	}
	var err error
	if o.heart, err = heartbeat.New(beats); err != nil {
		return fmt.Errorf("heartbeats: %w", err)
	}
	o.probe.Proof, o.probe.Keys = o.heart.Proof, o.heart.Keys
	return nil
}

// follow takes note of a topology that is about to be used.
func (o *observer) follow(t probe.Topology) error {
	if o.heart != nil {
		if err := o.heart.Change(heartbeat.Topology{Maps: t.Maps, Cover: t.Cover}); err != nil {
			return err
		}
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.maps = t.Maps
	return nil
}

// run observes until ctx ends, and returns when all that it started has ended.
func (o *observer) run(ctx context.Context) {
	beside, stop := context.WithCancel(ctx)
	var running sync.WaitGroup
	running.Go(func() { o.follower.Run(beside) })
	if o.heart != nil {
		running.Go(func() { o.heart.Run(beside) })
	}
	_, err := probe.Run(ctx, o.probe)
	stop()
	running.Wait()
	if err != nil {
		o.mu.Lock()
		defer o.mu.Unlock()
		o.failed = err
	}
}

// see takes a snapshot.
func (o *observer) see(s *probe.Snapshot) {
	o.latest.Store(s)
	o.follower.Notice(s)
	select {
	case o.news <- struct{}{}:
	default:
	}
}

// mapOf returns how a region is sharded, as far as that is known.
func (o *observer) mapOf(region string) slots.Map {
	o.mu.Lock()
	defer o.mu.Unlock()
	i := slices.IndexFunc(o.maps, func(m slots.Map) bool { return m.Region == region })
	return o.maps[i]
}

// err returns why nothing is observed any more, nil while it is.
func (o *observer) err() error {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.failed
}
