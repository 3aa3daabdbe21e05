package service

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/recorder"
)

// ErrNoService says that nobody used the first region in time, or that the service ended before the fault was made.
var ErrNoService = errors.New("there is no service to drill")

// lookInterval is the time between two looks at where the service is.
const lookInterval = 50 * time.Millisecond

// run is a drill under way. Its methods are called by one goroutine, but for those that say otherwise.
type run struct {
	Config
	start  time.Time
	watch  *drill.Watch
	agenda *drill.Agenda
	search *search
	ways   *ways

	events sync.Mutex // guards record.Events and the order of OnEvent
	record *Record
	phase  string

	mu     sync.Mutex // guards target, which the agenda reads
	target string     // where the service went first; "" before

	steadyAt drill.Moment
	byWrites bool // see Measures
	moves    []Move
	at       int                  // where the service is
	before   []recorder.Errors    // what it had been told before the fault
	quiet    map[int]drill.Moment // by slots that stand in for others: see drill.Evidence
	fences   arrived
	readings []drill.Reading // of the last look
	gone     map[int]int     // writes that were missing at a return and did not come, with the index of its move
}

// Run carries out a drill and returns its record, which is never nil and holds what was found up to an error. The fault is healed
// in any case; the service goes on. Errors: what Config.Check says, drill.ErrNotHealthy, ErrNoService, the context's error
// when it was interrupted, or that a step of the scenario could not be made.
func Run(ctx context.Context, c Config) (*Record, error) {
	r := &run{Config: c, record: &Record{Scenario: c.Scenario, Way: c.Way, Engine: c.Engine, Maps: c.Maps, Due: -1}}
	r.record.To = -1
	if err := c.Check(); err != nil {
		r.record.Verdict, r.record.Reason = drill.Inconclusive, err.Error()
		return r.record, err
	}
	now := time.Now()
	r.start = now.Add(-c.Log.Moment(now))
	r.record.Start = r.start.UTC()
	r.ways = newWays(c.Maps, c.Cover)
	r.watch = drill.NewWatch(r.start)
	r.search = newSearch(reader{log: c.Log, regions: c.Readers, maps: c.Maps, now: r.now}, c.Limits, c.Probe.Deadline, r.tellLooked)
	r.watch.Run(ctx, probe.Config{Policy: c.Probe, Prefix: c.Prefix, Maps: c.Maps, Endpoints: c.Endpoints, Cover: c.Cover,
		Opening: c.Probe.Up, // the service is not started before so many messages have arrived on every link
		OnEvent: r.onEvent, OnSnapshot: c.OnSnapshot})
	r.search.start(ctx)
	err := r.phases(ctx)

	// What was begun is ended even when the drill was interrupted.
	r.agenda.Stop()
	undone := r.agenda.Undo(context.WithoutCancel(ctx))
	if undone != nil {
		r.tell(drill.EventError, "", undone.Error())
	}
	if errors.Is(err, drill.ErrNotHealed) {
		err = nil // that was the first attempt, and what became of the second counts
	}
	err = errors.Join(err, undone)
	r.observe()
	r.search.stop()
	r.watch.Stop()
	r.conclude(err)
	for _, reader := range c.Readers {
		_ = reader.Close() // nothing was written
	}
	return r.record, err
}

func (r *run) now() drill.Moment { return time.Since(r.start) }

func (r *run) name(region int) string { return r.Maps[region].Region }

// phases runs the drill from start to settle, or to the first error. That the service does not move, or not return, is a result.
func (r *run) phases(ctx context.Context) error {
	ctx, fail := context.WithCancelCause(ctx)
	defer fail(nil)
	r.agenda = &drill.Agenda{Steps: r.Scenario.Steps, Fault: r.Fault, Limit: r.Limits.Fault, Fail: fail,
		Cast: r.cast, OnAction: r.noteAction, OnHeal: func() {}, OnBroken: func(bool) {}}
	r.agenda.Open(ctx)
	if err := r.healthy(ctx); err != nil {
		return err
	}
	moved := func() bool { return len(r.moves) > 0 }
	for _, step := range []struct {
		name string
		do   func(context.Context) error
		when func() bool
	}{
		{PhaseStart, r.begin, nil},
		{drill.PhaseSteady, r.steady, nil},
		{drill.PhaseFault, r.fault, nil},
		{drill.PhaseDetect, r.detect, nil},
		{drill.PhaseCutOver, r.cutOver, moved},
		{drill.PhaseOutage, r.outage, moved},
		{drill.PhaseHeal, r.heal, nil},
		{drill.PhaseResync, r.resync, r.isAway},
		{drill.PhaseFailBack, r.failBack, r.isAway},
		{drill.PhaseSettle, r.settle, nil},
	} {
		if step.when != nil && !step.when() {
			continue
		}
		if step.name == drill.PhaseHeal {
			r.finishSteps(ctx)
		}
		at := r.now()
		r.phase = step.name
		r.tell(drill.EventPhase, "", step.name)
		err := step.do(ctx)
		r.record.Phases = append(r.record.Phases, drill.Phase{Name: step.name, At: at, Duration: r.now() - at})
		switch {
		case ctx.Err() != nil:
			return context.Cause(ctx)
		case err != nil:
			return err
		}
	}
	return nil
}

// isAway tells whether the service is elsewhere than it is to be.
func (r *run) isAway() bool { return r.at != home && r.record.Exit == nil }

// finishSteps waits until the steps of all phases up to now are made: what is healed must not be broken afterwards.
func (r *run) finishSteps(ctx context.Context) {
	for _, made := range r.agenda.Made() {
		r.until(ctx, 0, func() bool { return isClosed(made) })
	}
}

func isClosed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

// until waits for a condition, up to a limit, 0 for none, and tells whether it came true. It observes the service meanwhile.
func (r *run) until(ctx context.Context, limit time.Duration, ok func() bool) bool {
	if limit > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeout(ctx, limit)
		defer cancel()
	}
	tick := time.NewTicker(lookInterval)
	defer tick.Stop()
	for {
		r.observe()
		if ok() {
			return true
		}
		select {
		case <-ctx.Done():
			return false
		case <-tick.C:
		}
	}
}

// forAWhile observes the service for a time.
func (r *run) forAWhile(ctx context.Context, d time.Duration) {
	if d > 0 {
		r.until(ctx, d, func() bool { return false })
	}
}

// observe takes in what has become of the service since it was observed last: whether it has ended, and where it is.
func (r *run) observe() {
	select {
	case exit := <-r.Exited:
		now := r.now()
		r.record.Exit, r.record.ExitAt = &exit, &now
		r.tell(EventService, "", "the service has ended by itself: "+exit.Text)
	default:
	}
	if r.record.FaultAt == nil {
		return
	}
	now := r.now()
	seen := sightOf(r.Log, len(r.Maps), r.byWrites).moves(*r.record.FaultAt, now)
	for i := len(r.moves); i < min(len(seen), MostMoves); i++ {
		r.moved(i, seen[i], now)
	}
}

// moved takes in a move that was noticed.
func (r *run) moved(i int, m Move, now drill.Moment) {
	r.moves = append(r.moves, m)
	r.at = m.To
	r.mu.Lock()
	if r.target == "" {
		r.target = r.name(m.To)
	}
	r.mu.Unlock()
	r.tell(drill.EventReached, r.name(m.To), fmt.Sprintf("the service has moved from %s to %s", r.name(m.From), r.name(m.To)))
	if m.To == home {
		r.cameHome(m)
	}
	r.search.arrive(arrival{move: i, region: m.To, seen: now})
}

// cameHome notes whether that was safe, as far as it is known.
func (r *run) cameHome(m Move) {
	h := Homecoming{At: m.At, Phase: r.phase, Broken: r.agenda.InForce(), Ready: probe.ReadyUnproven, Lacks: []string{"nothing is known of it"}, move: len(r.moves) - 1}
	if s := r.watch.Snapshot(); s != nil && s.Region(r.name(home)) != nil {
		h.Ready, h.Lacks = readiness(s.Region(r.name(home)))
	}
	r.record.Homecomings = append(r.record.Homecomings, h)
}

// readiness is what the probe says of a region, but for whether it takes writes: a drill of a service tries none.
func readiness(region *probe.Region) (probe.Readiness, []string) {
	lacks := slices.DeleteFunc(slices.Clone(region.FailbackMissing), func(what string) bool { return what == probe.NoWriteTried })
	if region.FailbackReady == probe.ReadyUnproven && len(lacks) == 0 {
		return probe.ReadyYes, nil
	}
	return region.FailbackReady, lacks
}

// cast says which region has which role now: before the service has moved, the target is where the policy would take it if
// the first region were down. The agenda calls it from its own goroutines.
func (r *run) cast() drill.Cast {
	c := drill.Cast{Target: drill.LikelyTarget(r.Failover, r.watch.Snapshot(), r.Maps)}
	for _, m := range r.Maps {
		c.Regions = append(c.Regions, m.Region)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.target != "" {
		c.Target = r.target
	}
	return c
}

// noteAction tells of an action that is about to be made.
func (r *run) noteAction(a drill.Action) {
	r.onEvent(probe.Event{At: time.Now(), Kind: drill.EventAction, Region: a.Region, From: a.From, To: a.To, Shard: -1, Slot: -1, Detail: a.String()})
}

// tell adds an event of the drill itself.
func (r *run) tell(kind probe.EventKind, region, detail string) {
	r.onEvent(probe.Event{At: time.Now(), Kind: kind, Region: region, Shard: -1, Slot: -1, Detail: detail})
}

// tellLooked tells that a look for all that could be missing has come to its end. The search calls it.
func (r *run) tellLooked(a arrival, missing int) {
	r.tell(drill.EventLooked, r.name(a.region), fmt.Sprintf("what the service had written elsewhere was looked for, and %d writes are missing", missing))
}

// onEvent may be called from the probe's goroutine and from those of the drill.
func (r *run) onEvent(e probe.Event) {
	r.events.Lock()
	defer r.events.Unlock()
	r.record.Events = append(r.record.Events, e)
	if r.OnEvent != nil {
		r.OnEvent(e)
	}
}
