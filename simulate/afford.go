package simulate

import (
	"context"
	"errors"
	"sort"
	"sync/atomic"
)

// A simulation is bounded by its steps, not by the time that it takes: so the same question has the same answer on every machine.
// A step, an event or a turn of the observer, takes about a microsecond, and a snapshot as long as several.

// ErrTooLong is what Assess returns, wrapped, when what is asked takes much longer than anybody waits for, even with few runs.
var ErrTooLong = errors.New("to simulate this takes more than some 30 s of CPU")

const (
	// snapshotSteps is how many steps a snapshot takes as long as.
	snapshotSteps = 5
	// simulatedSteps is how many steps a simulation aims to stay within: on usual networks some 20 s of CPU, and
	// a minute where everything is late.
	simulatedSteps = 30_000_000
	// A simulation of more runs than leastRuns is tried with trialRuns first. It may then have fewer runs than were asked for, but
	// no fewer than leastRuns: those would say nothing.
	trialRuns = 4
	leastRuns = 20
)

// part is something that is simulated so many times as a Question says.
type part struct {
	most int // times, whatever the Question says; 0: there is no such limit
	play func(ctx context.Context, q Question) error
}

// runs returns how often the part is simulated.
func (p part) runs(asked int) int {
	if p.most > 0 {
		return min(asked, p.most)
	}
	return asked
}

// of returns the question with as many runs as the part has.
func (p part) of(q Question) Question {
	q.Runs = p.runs(q.Runs)
	return q
}

// simulate plays all parts, with fewer runs than were asked for when they would take many more than so many steps.
func (a *Assessment) simulate(ctx context.Context, parts []part, steps int64) error {
	runs, err := affordable(ctx, a.Question, parts, steps)
	if err != nil {
		return err
	}
	if runs < a.Question.Runs {
		a.Asked, a.Question.Runs = a.Question.Runs, runs
	}
	// A trial of few runs may have been lucky.
	ctx, _ = withAllowance(ctx, 2*steps)
	for _, p := range parts {
		if err := p.play(ctx, p.of(a.Question)); err != nil {
			return err
		}
	}
	return nil
}

// affordable returns how many of the runs of a Question can be simulated in so many steps, by a trial. The error wraps
// ErrTooLong when that is fewer than leastRuns.
func affordable(ctx context.Context, q Question, parts []part, steps int64) (int, error) {
	if q.Runs <= leastRuns {
		return q.Runs, nil
	}
	asked := q.Runs
	q.Runs = trialRuns
	ctx, trial := withAllowance(ctx, steps*trialRuns/leastRuns)
	each := make([]int64, len(parts)) // steps of one run
	for i, p := range parts {
		before := trial.spent.Load()
		if err := p.play(ctx, p.of(q)); err != nil {
			return 0, err
		}
		each[i] = (trial.spent.Load() - before) / int64(p.runs(q.Runs))
	}
	tooMany := func(runs int) bool {
		total := int64(0)
		for i, p := range parts {
			total += each[i] * int64(p.runs(runs))
		}
		return total > steps
	}
	return max(leastRuns, sort.Search(asked, func(i int) bool { return tooMany(i + 1) })), nil
}

// allowance is how many steps all worlds of a context may take together.
type allowance struct {
	most  int64
	spent atomic.Int64
}

type allowanceKey struct{}

// withAllowance returns a context that limits the steps that are taken under it, as others limit time.
func withAllowance(ctx context.Context, most int64) (context.Context, *allowance) {
	a := &allowance{most: most}
	return context.WithValue(ctx, allowanceKey{}, a), a
}

// spend counts steps that will be taken now. It returns an error when they may not be: that of the context when it has ended, or
// ErrTooLong. Of a context without allowance any number may be.
func spend(ctx context.Context, steps int64) error {
	if a, ok := ctx.Value(allowanceKey{}).(*allowance); ok && a.spent.Add(steps) > a.most {
		return ErrTooLong
	}
	return ctx.Err()
}
