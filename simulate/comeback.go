package simulate

import (
	"context"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// Return is what becomes of a region that comes back and answers, while no link to it or from it works yet. Whoever returns to it
// then finds what it had when it went away.
type Return struct {
	Runs int
	// TooEarly is in how many runs it was called ready to be returned to while its links were dead.
	TooEarly int
	// Never is in how many runs it was not called ready, long after its links had been mended.
	Never int
	// Median and Max are how long that took in the others.
	Median, Max time.Duration
}

// The times of a region that comes back.
const (
	awayFor  = 5 * time.Second
	staleFor = 15 * time.Second
)

// comeBack simulates regions that come back.
func comeBack(ctx context.Context, q Question) (Return, error) {
	q = q.small()
	runs := make([]comeback, q.Runs)
	err := each(ctx, q.Runs, func(ctx context.Context, number int) (err error) {
		runs[number], err = comesBack(ctx, q, number)
		return err
	})
	r := Return{Runs: q.Runs}
	var took []time.Duration
	for _, run := range runs {
		if run.early {
			r.TooEarly++
		}
		if run.ready {
			took = append(took, run.took)
		} else {
			r.Never++
		}
	}
	times := quantiles(took)
	r.Median, r.Max = times.median, times.max
	return r, err
}

// comeback is what became of one region.
type comeback struct {
	early, ready bool
	took         time.Duration // from the mending of its links until it was ready
}

func comesBack(ctx context.Context, q Question, number int) (comeback, error) {
	var c comeback
	w, err := newWorld(ctx, q, number)
	if err != nil {
		return c, err
	}
	w.settle()
	away := w.random.IntN(q.Regions)
	w.regions[away].refuse()
	w.run(w.now+awayFor, nil)
	w.isolate(away, true)
	w.regions[away].heal()
	ready := false
	w.watch = func(s *probe.Snapshot) { ready = s.Regions[away].FailbackReady == probe.ReadyYes }
	w.run(w.now+staleFor, func() bool { return ready })
	c.early = ready
	w.isolate(away, false)
	mended := w.now
	w.run(mended+q.giveUp()+q.Policy.UpFor, func() bool { return ready })
	c.ready, c.took = ready, w.now-mended
	return c, w.err
}
