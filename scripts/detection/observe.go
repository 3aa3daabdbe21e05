package main

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/survey"
)

// observed is a deployment as a probe sees it.
type observed struct {
	end     context.CancelFunc
	running sync.WaitGroup
	ended   chan struct{} // closed when the probe has ended
	failed  error         // of the probe; to be read when it has ended

	mu      sync.Mutex
	awaited func(*probe.Snapshot) bool // nil: nothing is
	met     chan time.Time             // gets the time of the first snapshot that is as awaited
}

// observe starts a probe, which follows the topology as the command does.
func observe(ctx context.Context, d *deployment, p probe.Policy) (*observed, error) {
	s, err := survey.Take(ctx, d.regions, region.Options{})
	if err != nil {
		return nil, err
	}
	s.Assume()
	t, err := s.Prepare(ctx)
	if err != nil {
		return nil, err
	}
	o := &observed{ended: make(chan struct{})}
	following := s.Follow(t, survey.Following{})
	c := probe.Config{
		Policy: p, Prefix: region.DefaultPrefix, Maps: t.Maps, Endpoints: t.Endpoints, Cover: t.Cover, Changes: following.Changes(),
		OnSnapshot: func(s *probe.Snapshot) {
			following.Notice(s)
			o.see(s)
		},
	}
	ctx, o.end = context.WithCancel(ctx)
	o.running.Go(func() { following.Run(ctx) })
	o.running.Go(func() {
		defer close(o.ended)
		_, o.failed = probe.Run(ctx, c)
	})
	return o, nil
}

// see takes a snapshot.
func (o *observed) see(s *probe.Snapshot) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.awaited != nil && o.awaited(s) {
		o.awaited = nil
		o.met <- s.At
	}
}

// await waits for a snapshot, and tells when it was made.
func (o *observed) await(ctx context.Context, is func(*probe.Snapshot) bool) (time.Time, bool) {
	met := make(chan time.Time, 1)
	o.mu.Lock()
	o.awaited, o.met = is, met
	o.mu.Unlock()
	select {
	case at := <-met:
		return at, true
	case <-ctx.Done():
	case <-o.ended:
	}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.awaited = nil
	return time.Time{}, false
}

func (o *observed) healthy(ctx context.Context) bool {
	_, ok := o.await(ctx, func(s *probe.Snapshot) bool { return s.Verdict == probe.Healthy && s.Settled && !s.Paused })
	return ok
}

func (o *observed) noticed(ctx context.Context, k kind) (time.Time, bool) {
	return o.await(ctx, func(s *probe.Snapshot) bool {
		return slices.ContainsFunc(s.Findings, func(f probe.Finding) bool { return f.Severity == probe.Failure && k.finding(f) })
	})
}

func (o *observed) close() error {
	o.end()
	o.running.Wait()
	return o.failed
}
