package drill

import (
	"context"
	"errors"
	"slices"
	"sync"

	"github.com/aafailover/aafailover/probe"
)

// RunPreflight looks at all that a drill with this configuration needs, and
// begins none. The error is that of Config.Check or the context; what was found
// missing is in the Preflight.
func RunPreflight(ctx context.Context, c Config) (*Preflight, error) {
	if err := c.Check(); err != nil {
		return nil, err
	}
	r := newRun(c, mistakes{})
	ctx, r.cancel = context.WithCancelCause(ctx)
	defer r.cancel(nil)
	r.watch.Run(ctx, r.observed(func(probe.Event) {}, r.proof.of))
	defer r.watch.Stop()
	_ = r.preflight(ctx) // what it says is in the record
	r.lock.release(context.WithoutCancel(ctx))
	return r.record.Preflight, ctx.Err()
}

// preflight waits for a healthy deployment, asks the regions what could do harm,
// and takes the lock. Without inspectors only the first.
func (r *run) preflight(ctx context.Context) error {
	if r.Safety.Inspectors == nil {
		return r.healthy(ctx, func() bool { return false })
	}
	facts := make(chan [][]ShardFacts, 1)
	go func() { facts <- r.inspect(ctx) }()
	var known [][]ShardFacts // nil as long as the regions are asked
	unhealthy := r.healthy(ctx, func() bool {
		select {
		case known = <-facts:
		default:
		}
		return failing(judgeFacts(r.Config, known))
	})
	if known == nil {
		known = <-facts
	}
	if ctx.Err() != nil {
		return ctx.Err()
	}
	p := &Preflight{Estimate: r.Estimate()}
	r.record.Preflight = p
	p.Checks = judge(r.Config, r.watch.Snapshot(), known)
	switch {
	case unhealthy != nil:
		return errors.Join(unhealthy, (&Preflight{Checks: judgeFacts(r.Config, known)}).Err())
	case p.Err() != nil:
		return p.Err()
	}
	check := r.takeLock(ctx)
	p.Checks = append(p.Checks, check)
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return p.Err()
}

// settingIsWrong tells whether the probe is turned away for something that no wait mends.
func settingIsWrong(s *probe.Snapshot) bool {
	return slices.ContainsFunc(s.Regions, func(r probe.Region) bool {
		return slices.Contains([]probe.Cause{probe.TLS, probe.Authentication, probe.Permission}, r.Cause)
	})
}

// failing tells whether a check failed.
func failing(checks []Check) bool {
	return slices.ContainsFunc(checks, func(c Check) bool { return c.State == Failed })
}

// acceptable tells whether a drill may begin on what the probe sees.
func (c Config) acceptable(s *probe.Snapshot) bool {
	return judgeLinks(c, s).State != Failed
}

// inspect asks all regions at once.
func (r *run) inspect(ctx context.Context) [][]ShardFacts {
	facts := make([][]ShardFacts, len(r.Safety.Inspectors))
	var group sync.WaitGroup
	for i, inspector := range r.Safety.Inspectors {
		group.Go(func() { facts[i] = inspector.Inspect(ctx, r.trialKeys(i)) })
	}
	group.Wait()
	return facts
}

// trialKeys are a key for each shard of a region, on a slot of its own; "" for a
// shard without any.
func (r *run) trialKeys(region int) []string {
	m := r.Maps[region]
	keys := make([]string, len(m.Shards))
	for i, shard := range m.Shards {
		if len(shard.Slots) > 0 {
			keys[i] = trialKey(r.Prefix, r.Run, shard.Slots[0].First, m.Region)
		}
	}
	return keys
}

func (r *run) takeLock(ctx context.Context) Check {
	places := make([]LockPlace, len(r.Safety.Inspectors))
	names := make([]string, len(places))
	for i, inspector := range r.Safety.Inspectors {
		places[i], names[i] = inspector, r.name(i)
	}
	l := newLock(places, names, r.Prefix, r.Run, r.Safety.Holder)
	if err := l.acquire(ctx, r.Probe.Deadline); err != nil {
		return failedCheck("lock", err)
	}
	r.lock = l
	l.keep(ctx, r.cancel)
	return Check{Name: "lock", State: Passed, Text: "no other drill runs, and none can begin until this one has ended"}
}
