package drill

import (
	"context"

	"github.com/aafailover/aafailover/probe"
)

// settle writes a little longer, then stops and finds out what became of every
// write that is still missing or indeterminate.
func (r *run) settle(ctx context.Context) (bool, error) {
	until := r.now() + r.Scenario.Settle
	for r.record.Failback.Done != nil && r.now() < until && ctx.Err() == nil {
		r.pollMissing(ctx)
		pause(ctx, min(pollPause, until-r.now()))
	}
	r.writer.drain()
	reachable := r.reachable()
	// A region may hand on what it recovers from another, so one round of fences
	// proves only one step. A write can come to the target over all the others.
	for range max(1, len(reachable)-1) {
		r.quiet = r.now()
		if !r.watch.fenced(ctx, r.Config, r.Limits.Fence, r.quiet, reachable, reachable) {
			break
		}
	}
	r.fences = r.watch.fences(r.Config)
	r.pollMissing(ctx)
	open := r.ledger.selectWrites(func(e Entry, m mark) bool {
		return m&missing != 0 && m&readable == 0 || e.Outcome == Indeterminate || e.Outcome == Rejected
	})
	for _, region := range reachable {
		r.lookFor(ctx, region, open, func(reading Reading) { r.readings = append(r.readings, reading) })
	}
	return true, nil
}

// reachable returns the regions that the probe does not say are down.
func (r *run) reachable() []int {
	var regions []int
	s := r.watch.snapshot()
	for i := range r.Maps {
		if s.Region(r.name(i)).State != probe.RegionDown {
			regions = append(regions, i)
		}
	}
	return regions
}
