package drill

import (
	"cmp"
	"context"
	"errors"
	"fmt"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/internal/pause"
	"github.com/aafailover/aafailover/probe"
)

// The steps of the way out: steady, fault, detect, cut over, outage.

// healthy waits for a healthy deployment: a drill on a broken one would measure
// what was broken before.
//
// It does not wait any longer where the wait is in vain: a setting is wrong, or hopeless
// says, of a deployment of which all is known, that something else keeps the drill from
// beginning.
func (r *run) healthy(ctx context.Context, hopeless func() bool) error {
	ok := false
	r.watch.Until(ctx, r.Limits.Healthy, func(s *probe.Snapshot) bool {
		ok = r.acceptable(s)
		return ok || settingIsWrong(s) || s.Settled && hopeless()
	})
	switch s := r.watch.Snapshot(); {
	case ctx.Err() != nil:
		return ctx.Err()
	case ok:
		if r.record.OneWay = judgeLinks(r.Config, s).State == Accepted; r.record.OneWay {
			r.tell(r.now(), EventPlan, oneWayPlan(r.name(home)))
		}
		return nil
	case s == nil:
		return fmt.Errorf("%w: nothing could be observed in %v", ErrNotHealthy, r.Limits.Healthy)
	default:
		return fmt.Errorf("%w: %s", ErrNotHealthy, s.Sentence)
	}
}

func (r *run) steady(ctx context.Context) (bool, error) {
	if err := r.Stores[home].Connect(ctx); err != nil {
		return false, fmt.Errorf("connect the application: %w", err)
	}
	r.sampler = startSampler(ctx, r.Stores, home, r.ledger, r.now)
	defer r.sampler.stop()
	r.board.measureLags(lagSource{sampler: r.sampler})
	r.writer.start(ctx, r.Stores[home], home)
	began := r.now()
	pause.For(ctx, r.Scenario.Steady)
	acknowledged := r.ledger.Tally().Acknowledged
	if ctx.Err() == nil && acknowledged == 0 {
		return false, errors.New("no write was acknowledged before the fault, so there is nothing to miss: write for longer, or at a higher rate")
	}
	r.record.Reached = float64(acknowledged) / (r.now() - began).Seconds()
	r.steadyLags, r.record.Leaves = r.lags(), r.leaves()
	r.board.measureLags(lagSource{known: r.lagsByRegion()})
	return true, nil
}

// fault waits until the fault is in force, or until the guide acts on it, which may
// well be before whoever makes it says that it is made.
func (r *run) fault(ctx context.Context) (bool, error) {
	at := r.now()
	r.record.FaultAt = &at
	r.noteFault()
	var d failover.Decision
	if d, r.isEarly = r.next(ctx, r.begun); r.isEarly {
		r.decided(d, r.now())
		return true, nil
	}
	by := r.now()
	r.record.FaultBy = &by
	r.noteFault()
	return true, nil
}

// detect lets the guide act on what it sees. Where it rightly stays, the fault is
// held for as long as an outage.
func (r *run) detect(ctx context.Context) (bool, error) {
	if r.isEarly {
		by := r.now()
		r.record.FaultBy = cmp.Or(r.record.DetectedAt, &by) // what was detected was in force
		r.noteFault()
		return true, nil
	}
	limit := r.Limits.Detect
	if r.record.Stays() {
		limit = r.Scenario.Outage
	}
	limited, cancel := context.WithTimeout(ctx, limit)
	defer cancel()
	d, decided := r.next(ctx, limited.Done())
	switch {
	case decided:
		r.decided(d, r.now())
	case len(r.record.Moves) == 0:
		r.measureExposed(ctx)
	}
	return decided, nil
}

// cutOver moves the application, which looks at once for all that it wrote before.
func (r *run) cutOver(ctx context.Context) (bool, error) {
	return r.depart(ctx), nil
}

func (r *run) outage(ctx context.Context) (bool, error) {
	r.followFor(ctx, r.Scenario.Outage)
	return true, nil
}

// lags are how long writes took from the preferred region to each other one, since
// the start of the run; the round trips of the links where none was seen.
func (r *run) lags() map[string]Lag {
	lags := make(map[string]Lag)
	for _, l := range r.watch.Snapshot().Links {
		if l.From == r.name(home) && !l.Loop() {
			lags[l.To] = Lag{P50: l.RTT.P50, P99: l.RTT.P99}
		}
	}
	for i := range r.Maps {
		if lag, ok := r.sampler.lag(i); ok {
			lags[r.name(i)] = lag
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
