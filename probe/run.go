package probe

import (
	"context"
	"fmt"
	"time"

	"golang.org/x/sync/errgroup"
)

// Run observes until ctx ends or c.Done says so, and returns the last snapshot. When it returns, everything that it
// started has ended. The error is what [Config.Check] has found, before anything was started, or that of an endpoint
// that could not run; that ctx ended is no error.
func Run(ctx context.Context, c Config) (*Snapshot, error) {
	o, err := NewObserver(c, time.Now)
	if err != nil {
		return nil, err
	}
	group, running := errgroup.WithContext(ctx)
	running, stop := context.WithCancel(running)
	defer stop()
	r := &run{observer: o, group: group, tenures: make([]tenure, len(c.Maps))}
	for i := range c.Maps {
		r.start(running, i)
	}
	last := r.turn(running, c.Changes)
	stop()
	return last, group.Wait()
}

// run is an Observer in real time: the goroutine that calls it, and those that its endpoints run in.
type run struct {
	observer *Observer
	group    *errgroup.Group
	tenures  []tenure // by region
}

// tenure is the time for which an endpoint is run with the same channels.
type tenure struct {
	stop  context.CancelFunc
	ended chan struct{}
}

// start runs the present endpoint of a region, as soon as the one before has ended: it may be the same one.
func (r *run) start(running context.Context, region int) {
	t := r.observer.state.topology
	endpoint, name := t.Endpoints[region], t.Maps[region].Region
	channels, sink := r.observer.Channels(region), r.observer.Sink(region)
	before := r.tenures[region]
	if before.stop != nil {
		before.stop()
	}
	running, stop := context.WithCancel(running)
	now := tenure{stop: stop, ended: make(chan struct{})}
	r.tenures[region] = now
	r.group.Go(func() error {
		defer close(now.ended)
		defer stop()
		if before.ended != nil {
			<-before.ended
		}
		err := endpoint.Run(running, channels, sink)
		switch {
		case running.Err() != nil:
			err = nil // it was told to end: what it says of that is no news
		case err == nil:
			err = fmt.Errorf("%s: stopped observing by itself", name)
		}
		return err
	})
}

// turn calls the observer whenever something is due, was observed or has changed, and returns the last snapshot.
func (r *run) turn(ctx context.Context, changes <-chan Topology) *Snapshot {
	timer := time.NewTimer(0)
	defer timer.Stop()
	for ctx.Err() == nil {
		select {
		case <-ctx.Done():
			continue
		case <-r.observer.Ready():
		case <-timer.C:
		case t, more := <-changes:
			if !more {
				changes = nil
				continue
			}
			r.change(ctx, t)
		}
		next, done := r.observer.Turn()
		if done {
			return r.observer.Snapshot()
		}
		timer.Reset(time.Until(next))
	}
	return r.observer.Finish()
}

// change goes on with another topology; one that makes no sense is only told.
func (r *run) change(ctx context.Context, t Topology) {
	anew, err := r.observer.Change(t)
	if err != nil {
		r.observer.state.ignored(err)
		return
	}
	for _, region := range anew {
		r.start(ctx, region)
	}
}
