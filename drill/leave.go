package drill

import (
	"context"
	"errors"
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
	acknowledged := r.ledger.Tally().Acknowledged
	if ctx.Err() == nil && acknowledged == 0 {
		return false, errors.New("no write was acknowledged before the fault, so there is nothing to miss: write for longer, or at a higher rate")
	}
	r.record.Reached = float64(acknowledged) / (r.now() - began).Seconds()
	r.steadyLags = r.lags()
	return true, nil
}

func (r *run) fault(ctx context.Context) (bool, error) {
	at := r.now()
	r.record.FaultAt = &at
	r.proof.forget(r.name(r.record.From))
	r.broken = true
	ctx, cancel := context.WithTimeout(ctx, r.Limits.Fault)
	defer cancel()
	if err := r.perform(ctx, PhaseFault); err != nil {
		return false, fmt.Errorf("make the fault: %w", err)
	}
	by := r.now()
	r.record.FaultBy = &by
	return true, nil
}

// detect lets the policy act on what the probe sees. Detected is when the region
// last became unusable in its eyes.
func (r *run) detect(ctx context.Context) (bool, error) {
	active := r.name(r.record.From)
	moved := r.watch.until(ctx, r.Limits.Detect, func(s *probe.Snapshot) bool {
		now := r.now()
		_, unusable := failover.Unusable(r.Failover, s, active)
		switch {
		case !unusable:
			r.record.DetectedAt = nil
		case r.record.DetectedAt == nil:
			r.record.DetectedAt = &now
		}
		decision := failover.Decide(r.Failover, s, failover.History{Active: active}, time.Now())
		if decision.Action != failover.FailOver {
			return false
		}
		r.record.DecidedAt = &now
		r.target = r.index(decision.To)
		r.tell(now, EventDecision, fmt.Sprintf("fail over to %s: %s", decision.To, decision.Why))
		return true
	})
	return moved, nil
}

// cutOver moves the application and looks at once for all that it wrote before.
func (r *run) cutOver(ctx context.Context) (bool, error) {
	r.writer.abort()
	at, ok := r.arriveSomewhere(ctx)
	if !ok {
		return false, nil
	}
	to := r.target
	r.record.To, r.record.CutOverAt, r.record.Lag = to, &at, r.steadyLags[r.name(to)]
	r.tell(at, EventReached, "first write acknowledged by "+r.name(to))
	r.writer.start(ctx, r.Stores[to], to)

	before := r.ledger.selectWrites(func(e Entry, _ mark) bool {
		return e.Outcome == Acknowledged && e.Region != to && e.Ended <= at
	})
	var absent []int
	r.record.Unread += r.lookFor(ctx, to, before, func(reading Reading) {
		if reading.Found {
			r.ledger.set(reading.Write, readable)
		} else {
			r.ledger.set(reading.Write, missing)
			absent = append(absent, reading.Write)
		}
	})
	r.poll = r.startPoll(ctx, absent)
	return true, nil
}

// arriveSomewhere goes to the target, or to where the policy sends the
// application next when that one turns out to be unusable, too.
func (r *run) arriveSomewhere(ctx context.Context) (Moment, bool) {
	ctx, cancel := context.WithTimeout(ctx, r.Limits.Connect)
	defer cancel()
	for ctx.Err() == nil {
		if at, ok := r.arrive(ctx, r.target); ok {
			return at, true
		}
		d := failover.Decide(r.Failover, r.watch.snapshot(), failover.History{Active: r.name(r.target)}, time.Now())
		if d.Action == failover.FailOver && r.index(d.To) != r.record.From {
			r.target = r.index(d.To)
			r.tell(r.now(), EventDecision, fmt.Sprintf("fail over to %s: %s", d.To, d.Why))
		}
		pause(ctx, reconnectPause)
	}
	return 0, false
}

// arrive connects to a region and tries a first write, the acknowledgement of
// which is the cut-over.
func (r *run) arrive(ctx context.Context, region int) (Moment, bool) {
	if r.Stores[region].Connect(ctx) != nil {
		return 0, false
	}
	e := r.writer.write(ctx, r.Stores[region], region)
	return e.Ended, e.Outcome == Acknowledged
}

func (r *run) outage(ctx context.Context) (bool, error) {
	pause(ctx, r.Scenario.Outage)
	return true, nil
}

// lags are the round trips of the links from the preferred region since the start
// of the run, by the region that they lead to.
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
