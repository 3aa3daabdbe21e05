package drill

import (
	"context"
	"fmt"
	"time"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/probe"
)

// The steps of the way out: steady, fault, detect, cut over, outage.

// healthy waits for a healthy deployment: a drill on a broken one would measure
// what was broken before.
func (r *run) healthy(ctx context.Context) error {
	ok := r.watch.until(ctx, r.Limits.Healthy, func(s *probe.Snapshot) bool {
		return s.Settled && s.Verdict == probe.Healthy
	})
	switch s := r.watch.snapshot(); {
	case ctx.Err() != nil:
		return ctx.Err()
	case ok:
		return nil
	case s == nil:
		return fmt.Errorf("%w: nothing could be observed in %v", ErrNotHealthy, r.Limits.Healthy)
	default:
		return fmt.Errorf("%w: %s", ErrNotHealthy, s.Sentence)
	}
}

func (r *run) steady(ctx context.Context) (bool, error) {
	from := r.record.From
	if err := r.Stores[from].Connect(ctx); err != nil {
		return false, fmt.Errorf("connect the application: %w", err)
	}
	r.writer.start(ctx, r.Stores[from], from)
	began := r.now()
	pause(ctx, r.Scenario.Steady)
	r.record.Reached = float64(r.ledger.Tally().Acknowledged) / (r.now() - began).Seconds()
	r.steadyLags = r.lags()
	return true, nil
}

func (r *run) fault(ctx context.Context) (bool, error) {
	at := r.now()
	r.record.FaultAt = &at
	r.proof.forget(r.name(r.record.From))
	if err := r.Fault.Inject(ctx); err != nil {
		return false, fmt.Errorf("make the fault: %w", err)
	}
	return true, nil
}

// detect lets the policy act on what the probe sees.
func (r *run) detect(ctx context.Context) (bool, error) {
	active := r.name(r.record.From)
	moved := r.watch.until(ctx, r.Limits.Detect, func(s *probe.Snapshot) bool {
		now := r.now()
		decision := failover.Decide(r.Failover, s, failover.History{Active: active}, time.Now())
		left := s.Region(active).State != probe.RegionAvailable || decision.Action == failover.FailOver
		if r.record.DetectedAt == nil && left {
			r.record.DetectedAt = &now
		}
		if decision.Action != failover.FailOver {
			return false
		}
		r.record.DecidedAt = &now
		r.record.To = r.index(decision.To)
		r.record.Lag = r.steadyLags[decision.To]
		r.tell(now, EventDecision, fmt.Sprintf("fail over to %s: %s", decision.To, decision.Why))
		return true
	})
	return moved, nil
}

// cutOver moves the application and looks at once for all that it wrote before.
func (r *run) cutOver(ctx context.Context) (bool, error) {
	r.writer.abort()
	to := r.record.To
	at, ok := r.arrive(ctx, to)
	if !ok {
		return false, nil
	}
	r.record.CutOverAt = &at
	r.tell(at, EventReached, "first write acknowledged by "+r.name(to))
	r.writer.start(ctx, r.Stores[to], to)

	before := r.ledger.selectWrites(func(e Entry, _ mark) bool {
		return e.Outcome == Acknowledged && e.Region != to && e.Ended <= at
	})
	r.record.Unread += r.lookFor(ctx, to, before, func(reading Reading) {
		if reading.Found {
			r.ledger.set(reading.Write, readable)
		} else {
			r.ledger.set(reading.Write, missing)
		}
	})
	return true, nil
}

// arrive connects to a region and writes until the first write is acknowledged,
// which is the cut-over. It returns false when that did not happen in time.
func (r *run) arrive(ctx context.Context, region int) (Moment, bool) {
	ctx, cancel := context.WithTimeout(ctx, r.Limits.Connect)
	defer cancel()
	for ctx.Err() == nil {
		if r.Stores[region].Connect(ctx) == nil {
			if e := r.writer.write(ctx, r.Stores[region], region); e.Outcome == Acknowledged {
				return e.Ended, true
			}
		}
		pause(ctx, reconnectPause)
	}
	return 0, false
}

// lookFor reads the given writes in a region until each was read, and returns
// how many were not within the limit.
func (r *run) lookFor(ctx context.Context, region int, ns []int, each func(Reading)) int {
	ctx, cancel := context.WithTimeout(ctx, r.Limits.Connect)
	defer cancel()
	for len(ns) > 0 && ctx.Err() == nil {
		readings, unread, err := readBack(ctx, r.Stores[region], region, r.ledger, r.now, ns)
		for _, reading := range readings {
			each(reading)
		}
		if ns = unread; err != nil {
			pause(ctx, pollPause)
		}
	}
	return len(ns)
}

func (r *run) outage(ctx context.Context) (bool, error) {
	ctx, cancel := context.WithTimeout(ctx, r.Scenario.Outage)
	defer cancel()
	for ctx.Err() == nil {
		r.pollMissing(ctx)
		pause(ctx, pollPause)
	}
	return true, nil
}

// pollMissing looks once for the missed writes that are still missing in the
// target. Only what is found is kept: what stays absent is judged by the final
// readings.
func (r *run) pollMissing(ctx context.Context) {
	if r.record.To < 0 {
		return
	}
	ns := r.ledger.selectWrites(func(_ Entry, m mark) bool { return m&missing != 0 && m&readable == 0 })
	readings, _, _ := readBack(ctx, r.Stores[r.record.To], r.record.To, r.ledger, r.now, ns) // the next poll tries again
	for _, reading := range readings {
		if reading.Found {
			r.readings = append(r.readings, reading)
			r.ledger.set(reading.Write, readable)
		}
	}
}

// lags are the round trips of the links from the preferred region, by the region
// that they lead to.
func (r *run) lags() map[string]Lag {
	lags := make(map[string]Lag)
	for _, l := range r.watch.snapshot().Links {
		if l.From == r.name(r.record.From) && !l.Loop() {
			lags[l.To] = Lag{P50: l.RTT.P50, P99: l.RTT.P99}
		}
	}
	return lags
}

func (r *run) index(name string) int {
	for i, m := range r.Maps {
		if m.Region == name {
			return i
		}
	}
	return -1
}
