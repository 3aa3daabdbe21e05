package service

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
)

// EventService is what the service itself has done; Detail says what.
const EventService probe.EventKind = "service"

// onlyReads is how long a service that succeeds and writes nothing is waited for, before it is taken for one that only reads.
const onlyReads = 10 * time.Second

// healthy waits for a healthy deployment, and then has the service started: a drill on a broken one would measure what was broken
// before.
func (r *run) healthy(ctx context.Context) error {
	ok := false
	r.watch.Until(ctx, r.Limits.Healthy, func(s *probe.Snapshot) bool {
		ok = s.Settled && s.Verdict == probe.Healthy
		return ok
	})
	switch s := r.watch.Snapshot(); {
	case ctx.Err() != nil:
		return ctx.Err()
	case s == nil:
		return fmt.Errorf("%w: nothing could be observed in %v", drill.ErrNotHealthy, r.Limits.Healthy)
	case !ok:
		return fmt.Errorf("%w: %s", drill.ErrNotHealthy, s.Sentence)
	case r.Launch == nil:
		return nil
	}
	return r.Launch(ctx)
}

// begin waits until the service has written to the first region, or for a while to see that it only reads.
func (r *run) begin(ctx context.Context) error {
	since := time.Time{} // its first success
	done := r.until(ctx, r.Limits.Within, func() bool {
		succeeded, wrote := r.used(home)
		if succeeded && since.IsZero() {
			since = time.Now()
		}
		return r.record.Exit != nil || wrote || succeeded && time.Since(since) >= onlyReads
	})
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case r.record.Exit != nil:
		return fmt.Errorf("%w: before it had written anything, %s", ErrNoService, r.record.Exit.Text)
	case !done && since.IsZero():
		return r.absent()
	}
	return nil
}

// absent is the error about a service that has not used the first region.
func (r *run) absent() error {
	err := fmt.Errorf("%w: no command succeeded in %s within %v", ErrNoService, r.name(home), r.Limits.Within)
	for region := range r.Maps {
		if succeeded, _ := r.used(region); succeeded {
			return hint.Wrap(fmt.Errorf("%w, but in %s", err, r.name(region)), fmt.Sprintf("the region that is given first is the one that the service is to prefer: give %s first", r.name(region)))
		}
	}
	if opened := len(r.Log.Connections()); opened > 0 {
		return hint.Wrap(fmt.Errorf("%w, although it has opened %s", err, words.Count(opened, "connection")), "look at what the service says: it may want a password, TLS, or another port")
	}
	return hint.Wrap(err, "configure the service with the addresses that it is told, and not with those of the regions")
}

// used tells whether commands, and writes, have succeeded in a region.
func (r *run) used(region int) (succeeded, wrote bool) {
	for _, step := range r.Log.Traffic(region).Steps {
		succeeded = succeeded || step.Succeeded > 0
		wrote = wrote || step.Writes > 0
	}
	return succeeded, wrote
}

func (r *run) steady(ctx context.Context) error {
	r.steadyAt = r.now()
	r.forAWhile(ctx, r.Scenario.Steady)
	if r.record.Exit != nil {
		return fmt.Errorf("%w any more: before the fault was made, %s", ErrNoService, r.record.Exit.Text)
	}
	for region := range r.Maps {
		_, wrote := r.used(region)
		r.byWrites = r.byWrites || wrote
	}
	cast := r.cast()
	r.record.Leaves = r.Scenario.LeftBy(r.Failover, r.watch.Snapshot(), cast)
	if r.shouldMove() {
		r.record.Due = slices.Index(cast.Regions, cast.Target)
	}
	return nil
}

// shouldMove tells whether a service that obeyed the policy would move.
func (r *run) shouldMove() bool { return !r.Scenario.Stays || r.record.Leaves }

// fault waits until the fault is in force, or until the service has moved, which may well be before whoever makes it says that it
// is made.
func (r *run) fault(ctx context.Context) error {
	at := r.now()
	r.record.FaultAt, r.before = &at, r.Log.Errors()
	begun := r.agenda.Begin(drill.PhaseFault)
	r.until(ctx, 0, func() bool { return isClosed(begun) || len(r.moves) > 0 })
	by := r.now()
	r.record.FaultBy = &by
	return nil
}

// detect waits until the service moves. Where to stay is right, the fault is held for as long as an outage.
func (r *run) detect(ctx context.Context) error {
	r.agenda.Begin(drill.PhaseDetect)
	limit := r.Limits.Move
	if !r.shouldMove() {
		limit = r.Scenario.Outage
	}
	r.until(ctx, limit, func() bool { return len(r.moves) > 0 || r.record.Exit != nil })
	return nil
}

// cutOver is over at once: what is missing is looked for beside the drill.
func (r *run) cutOver(context.Context) error {
	r.agenda.Begin(drill.PhaseCutOver)
	return nil
}

func (r *run) outage(ctx context.Context) error {
	r.agenda.Begin(drill.PhaseOutage)
	r.forAWhile(ctx, r.Scenario.Outage)
	return nil
}

func (r *run) heal(ctx context.Context) error {
	begun := r.agenda.Begin(drill.PhaseHeal)
	r.until(ctx, 0, func() bool { return isClosed(begun) })
	now := r.now()
	r.record.HealedAt = &now
	return nil
}

// resync waits until the first region is safe to return to, or until the service does so without asking.
func (r *run) resync(ctx context.Context) error {
	r.agenda.Begin(drill.PhaseResync)
	ready := func() bool {
		s := r.watch.Snapshot()
		if s == nil || s.Region(r.name(home)) == nil {
			return false
		}
		is, _ := readiness(s.Region(r.name(home)))
		return is == probe.ReadyYes
	}
	if r.until(ctx, r.Limits.Resync, func() bool { return !r.isAway() || ready() }) && r.isAway() {
		r.tell(drill.EventReached, r.name(home), r.name(home)+" is safe to return to, as far as it can be told without a write")
	}
	return nil
}

// failBack waits until the service returns.
func (r *run) failBack(ctx context.Context) error {
	r.agenda.Begin(drill.PhaseFailBack)
	r.until(ctx, r.Limits.Return, func() bool { return !r.isAway() })
	return nil
}

// settle goes on for a while, and then finds out what became of every write that is still missing.
func (r *run) settle(ctx context.Context) error {
	r.agenda.Begin(drill.PhaseSettle)
	r.forAWhile(ctx, r.Scenario.Settle)
	r.finishSteps(ctx)
	r.awaitReturned(ctx)
	r.until(ctx, mostLooks*r.Limits.Read, r.search.looked)
	come := r.until(ctx, r.Limits.Fence, func() bool { return len(r.search.astray()) == 0 })
	if !come && ctx.Err() == nil && slices.Contains(r.reachable(), home) {
		r.gone = r.search.astray()
	}
	if len(r.search.pending()) == 0 {
		return nil
	}
	r.fenceOff(ctx)
	r.readings = r.search.readEverywhere(ctx, r.reachable(), r.search.pending())
	return nil
}

// awaitReturned waits for the regions that are on their way back, when all that was broken is healed: without them nothing can be
// told of what they may hold.
func (r *run) awaitReturned(ctx context.Context) {
	if r.agenda.InForce() {
		return
	}
	r.until(ctx, r.Limits.Fence, func() bool { return len(r.reachable()) == len(r.Maps) })
}

// reachable returns the regions that the probe does not say are down.
func (r *run) reachable() []int {
	var regions []int
	s := r.watch.Snapshot()
	for i := range r.Maps {
		if s != nil && s.Region(r.name(i)).State != probe.RegionDown {
			regions = append(regions, i)
		}
	}
	return regions
}

// fenceOff proves, for every slot of a missing write, that nothing of it is on its way any more, as drill.Run does: a region may hand
// on what it recovers from another, so that each step needs a round of fences of its own.
func (r *run) fenceOff(ctx context.Context) {
	present := r.reachable()
	waiting := make(map[int]bool)
	for _, n := range r.search.pending() {
		waiting[r.ways.standIn(r.slot(n))] = true
	}
	r.quiet = make(map[int]drill.Moment)
	for range max(1, len(r.Maps)-1) {
		sent := r.now()
		crossed := func(slot int) bool { return r.ways.crossed(slot, sent, present, r.fences) }
		r.until(ctx, r.Limits.Fence, func() bool {
			r.fences = arrivedOf(r.watch.Fences(r.Maps))
			for slot := range waiting {
				if !crossed(slot) {
					return false
				}
			}
			return true
		})
		clear(r.quiet)
		for slot := range waiting {
			if crossed(slot) {
				r.quiet[slot] = sent
			} else {
				delete(waiting, slot)
			}
		}
	}
}
