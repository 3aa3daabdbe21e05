package drill

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/internal/pause"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// How the drill follows its guide, from the fault to the end: it asks where the
// application should be, and takes it there.

// next waits until the guide decides to move. It returns false when over is closed
// or the context has ended first.
func (r *run) next(ctx context.Context, over <-chan struct{}) (failover.Decision, bool) {
	tick := time.NewTicker(GuideInterval)
	defer tick.Stop()
	for {
		select {
		case <-over:
			return failover.Decision{}, false
		default:
		}
		// Somebody who has just arrived does not leave for what was seen before.
		if settled := r.since == 0 || r.now()-r.since >= GuideInterval; settled && ctx.Err() == nil {
			if d := r.decide(); d.Action != failover.Remain {
				return d, true
			}
		}
		select {
		case <-ctx.Done():
			return failover.Decision{}, false
		case <-over:
			return failover.Decision{}, false
		case <-r.watch.changed:
		case <-tick.C:
		}
	}
}

// follow takes the application wherever the guide says, until over is closed.
func (r *run) follow(ctx context.Context, over <-chan struct{}) {
	for {
		d, ok := r.next(ctx, over)
		if !ok {
			return
		}
		r.obey(ctx, d)
	}
}

// followFor is follow for a time.
func (r *run) followFor(ctx context.Context, d time.Duration) {
	limited, cancel := context.WithTimeout(ctx, d)
	defer cancel()
	r.follow(ctx, limited.Done())
}

// decide asks the guide. Only an answer that the drill can act on is handed on.
func (r *run) decide() failover.Decision {
	s := r.watch.Snapshot()
	r.notice(s)
	d := r.guide.Decide(s, r.history(), time.Now())
	to := r.index(d.To)
	if d.Action != failover.FailOver && d.Action != failover.FailBack || to < 0 || to == r.at || r.stranded {
		d.Action = failover.Remain
	}
	return d
}

// history is what was done up to now, as the guide is told it.
func (r *run) history() failover.History {
	h := failover.History{Active: r.name(r.at)}
	if r.since > 0 {
		h.Since = r.start.Add(r.since)
	}
	for _, m := range r.record.Moves {
		if m.CutOverAt != nil {
			h.Moves = append(h.Moves, r.start.Add(*m.CutOverAt))
		}
	}
	return h
}

// notice keeps when the active region last became unusable in the eyes of the
// policy, until the first decision.
func (r *run) notice(s *probe.Snapshot) {
	if r.record.FaultAt == nil || r.record.DecidedAt != nil {
		return
	}
	judge, ok := r.guide.(interface {
		Unusable(s *probe.Snapshot, active string) bool
	})
	now := r.now()
	switch {
	case !ok:
	case !judge.Unusable(s, r.name(r.at)):
		r.record.DetectedAt = nil
	case r.record.DetectedAt == nil:
		r.record.DetectedAt = &now
	}
}

// obey takes the application where a decision says, or to where a later decision
// sends it. Coming home is done with care if the guide is the policy; other guides
// move like those whom they stand for.
func (r *run) obey(ctx context.Context, d failover.Decision) {
	if d.Action == failover.FailBack && r.careful {
		r.comeHome(ctx, d)
		return
	}
	r.decided(d, r.now())
	r.depart(ctx)
}

// depart carries out the decision that was entered last, and tells whether the application got anywhere.
func (r *run) depart(ctx context.Context) bool {
	r.scout.abort()
	r.writer.abort()
	at, ok := r.arriveSomewhere(ctx)
	if !ok {
		r.stranded = ctx.Err() == nil
		r.noteMove()
		return false
	}
	r.arrived(ctx, at)
	return true
}

// decided enters and tells a move that was decided on at a moment.
func (r *run) decided(d failover.Decision, now Moment) {
	to := r.index(d.To)
	r.record.Moves = append(r.record.Moves, Move{From: r.at, To: to, Kind: d.Action, DecidedAt: now, Why: d.Why})
	if r.record.DecidedAt == nil {
		r.record.DecidedAt = &now
		if r.record.DetectedAt == nil {
			r.record.DetectedAt = &now
		}
	}
	r.at = to
	r.noteMove()
	verb := map[failover.Action]string{failover.FailOver: "fail over to", failover.FailBack: "fail back to"}[d.Action]
	r.tell(r.now(), EventDecision, fmt.Sprintf("%s %s: %s", verb, d.To, d.Why))
}

// move is the one that is under way, or was made last.
func (r *run) move() *Move { return &r.record.Moves[len(r.record.Moves)-1] }

// arriveSomewhere goes to the target, or to where the guide sends the application
// next when that one turns out to be unusable, too.
func (r *run) arriveSomewhere(ctx context.Context) (Moment, bool) {
	ctx, cancel := context.WithTimeout(ctx, r.Limits.Connect)
	defer cancel()
	for ctx.Err() == nil {
		if at, ok := r.arrive(ctx, r.at); ok {
			return at, true
		}
		if d := r.decide(); d.Action != failover.Remain {
			r.decided(d, r.now())
		}
		pause.For(ctx, reconnectPause)
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

// arrived lets the application go on where it has got to, and begins to look for
// all that it wrote before.
func (r *run) arrived(ctx context.Context, at Moment) {
	r.hasPassed(ctx, at)
	m := r.move()
	m.CutOverAt, r.since = &at, at
	r.mu.Lock()
	if r.record.CutOverAt == nil && m.Kind == failover.FailOver {
		r.record.To, r.record.CutOverAt, r.record.Lag = m.To, &at, r.steadyLags[r.name(m.To)]
	}
	r.mu.Unlock()
	r.noteMove()
	if m.Kind == failover.FailOver {
		r.search.tally.left(r.left(len(r.record.Moves) - 1))
	}
	if m.To == home {
		r.returnedAt = at
		r.homecoming.reach(at, func(f *Failback) **Moment { return &f.Done })
	}
	r.tell(at, EventReached, "first write acknowledged by "+r.name(m.To))
	r.checkpoint()
	r.writer.start(ctx, r.Stores[m.To], m.To)
	r.search.arrive(ctx, len(r.record.Moves)-1, *m)
	if m.To != home {
		r.scout.start(ctx)
	}
}

// hasPassed waits until a moment has passed, which may be rounded up: what is done
// then comes later by the clock too, and nobody takes its acknowledgement for one that
// came before.
func (r *run) hasPassed(ctx context.Context, at Moment) {
	for r.now() <= at && ctx.Err() == nil {
		pause.For(ctx, at-r.now()+1)
	}
}

// LikelyTarget names the region where a policy would take an application if the first
// one refused all connections, for what is seen: the first of the others where it cannot
// tell. The snapshot may be nil.
func LikelyTarget(p failover.Policy, s *probe.Snapshot, regions []slots.Map) string {
	if s != nil {
		gone := *s
		gone.Regions = slices.Clone(s.Regions)
		local := &gone.Regions[home]
		local.State, local.Cause, local.Shards = probe.RegionDown, probe.Refused, nil
		d := failover.Decide(p, &gone, failover.History{Active: local.Name}, time.Now())
		if d.Action == failover.FailOver {
			return d.To
		}
	}
	return regions[1].Region
}
