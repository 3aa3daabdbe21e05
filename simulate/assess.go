package simulate

import (
	"context"
	"slices"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// Hazard is something that false alarms come from.
type Hazard struct {
	Kind HazardKind
	// Each is what can raise the alarm: so many cells, shards, observers or networks.
	Each int
	// PerYear is how often there is an occasion for an alarm: a message, a PING, a pause.
	PerYear float64
	// Solved is how many false alarms there are a year, of all together; nil where the model cannot be solved.
	Solved *float64
	// AtMost says that Solved is a bound.
	AtMost bool
	// Counted is what the simulation of some occasions has counted; nil where none was simulated.
	Counted *Count
}

// HazardKind is what a hazard is.
type HazardKind string

// The hazards.
const (
	LossHazard          HazardKind = "messages"        // messages that are lost or late
	AnswerHazard        HazardKind = "answers"         // answers that are late
	ServerPauseHazard   HazardKind = "server_pauses"   // a shard does nothing for a while
	ObserverPauseHazard HazardKind = "observer_pauses" // the observer does
	SlowdownHazard      HazardKind = "slowdowns"       // delays grow
)

// Assessment is the answer to a Question.
type Assessment struct {
	Question Question
	// Asked is how many runs were asked for, when fewer were simulated, as many as Question.Runs says now: more would have taken
	// too long. 0: all of them were.
	Asked int
	Cost  probe.Cost
	// Deadline is the median of the deadlines of links that an observer works with in this network: the policy's, where it
	// does not adapt.
	Deadline time.Duration
	Hazards  []Hazard
	// Solved is how soon each fault is named, by formula; Detections, how soon it was named in simulations: empty when nothing
	// was simulated.
	Solved     []Expectation
	Detections []Detection
	// Return is what becomes of regions that come back with dead links; nil when nothing was simulated.
	Return *Return
	// Agreement compares the two methods; nil when nothing was simulated.
	Agreement *Agreement
}

// Expectation is within which time a fault is named in half of the cases, and in 99 of 100.
type Expectation struct {
	Fault       Fault
	Median, P99 time.Duration
}

// FalseAlarms returns how many false alarms there are a year by what can be solved.
func (a *Assessment) FalseAlarms() float64 {
	total := 0.0
	for _, h := range a.Hazards {
		if h.Solved != nil {
			total += *h.Solved
		}
	}
	return total
}

// Solve answers with what can be solved, at once. The Question must pass Check.
func Solve(ctx context.Context, q Question) (*Assessment, error) {
	deadlines, err := settledDeadlines(ctx, q)
	if err != nil {
		return nil, err
	}
	a := &Assessment{Question: q, Cost: q.Cost(), Deadline: quantiles(deadlines).median}
	s := newSolver(q, deadlines...)
	add := func(kind HazardKind, each int, every time.Duration, solved *float64) *Hazard {
		a.Hazards = append(a.Hazards, Hazard{Kind: kind, Each: each, PerYear: float64(each) * perYear(every), Solved: solved})
		return &a.Hazards[len(a.Hazards)-1]
	}
	times := func(n int, alarms float64) *float64 { alarms *= float64(n); return &alarms }
	add(LossHazard, q.cells(), q.Policy.Interval, times(q.cells(), s.links()))
	add(AnswerHazard, q.shards(), q.Policy.Interval, times(q.shards(), s.answers()))
	if o := q.Network.ServerPause; o.happens() {
		add(ServerPauseHazard, q.shards(), o.Every, times(q.shards(), s.serverPauses())).AtMost = true
	}
	if o := q.Network.ObserverPause; o.happens() {
		add(ObserverPauseHazard, 1, o.Every, nil)
	}
	if o := q.Network.Slowdown; o.happens() {
		add(SlowdownHazard, 1, o.Every, nil)
	}
	a.Solved = []Expectation{
		{Refused, s.refusedWithin(0.5), s.refusedWithin(0.99)},
		{Hung, s.hungWithin(0.5), s.hungWithin(0.99)},
		{Silent, s.silentWithin(0.5), s.silentWithin(0.99)},
	}
	return a, nil
}

// Assess answers with what can be solved and what is simulated. The Question must pass Check. The error is that of ctx, or
// of an observer that could not be made, or wraps ErrTooLong.
func Assess(ctx context.Context, q Question) (*Assessment, error) {
	a, err := Solve(ctx, q)
	if err != nil {
		return nil, err
	}
	if err := a.simulate(ctx, a.parts(), simulatedSteps); err != nil {
		return nil, err
	}
	return a, nil
}

// parts are what is simulated. Each puts its result into a.
func (a *Assessment) parts() []part {
	var all []part
	a.Detections = make([]Detection, len(Faults()))
	for i, f := range Faults() {
		all = append(all, part{play: func(ctx context.Context, q Question) (err error) {
			a.Detections[i], err = Detect(ctx, q, f)
			return err
		}})
	}
	for i := range a.Hazards {
		most := 0
		var happens func(*world)
		switch a.Hazards[i].Kind {
		case ServerPauseHazard:
			happens = serverPause
		case ObserverPauseHazard:
			happens = observerPause
		case SlowdownHazard:
			happens, most = slowdown, max(1, int(slowdownTime/a.Question.Network.Slowdown.Length))
		default:
			continue
		}
		all = append(all, part{most: most, play: func(ctx context.Context, q Question) error {
			c, err := occasions(ctx, q, happens)
			a.Hazards[i].Counted = &c
			return err
		}})
	}
	return append(all,
		part{play: func(ctx context.Context, q Question) error {
			r, err := comeBack(ctx, q)
			a.Return = &r
			return err
		}},
		part{play: func(ctx context.Context, q Question) error {
			g, err := Agree(ctx, q)
			a.Agreement = &g
			return err
		}})
}

// slowdownTime bounds how much time of slowdowns is simulated.
const slowdownTime = 30 * time.Minute

// settledDeadlines returns deadlines that links have while all is well.
func settledDeadlines(ctx context.Context, q Question) ([]time.Duration, error) {
	if !q.Policy.Adapt {
		return []time.Duration{q.Policy.Deadline}, nil
	}
	q = q.small()
	const few = 4
	seen := make([][]time.Duration, few)
	err := each(ctx, few, func(ctx context.Context, number int) error {
		w, err := newWorld(ctx, q, number)
		if err != nil {
			return err
		}
		w.run(settlingTime, nil)
		seen[number] = w.deadlines(settlingTime)
		return w.err
	})
	return slices.Concat(seen...), err
}

// settlingTime is how long is waited until adaptive deadlines have settled, and then they are looked at.
const settlingTime = 2 * time.Minute
