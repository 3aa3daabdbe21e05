package matrix_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/probe"
)

// run is one run of a scenario.
type run struct {
	scenario   *scenario
	policy     probe.Policy
	simulated  bool
	engine     process.Binary // of the lab, in real time; the zero one is its own
	folder     string         // for files
	seed       uint64
	random     *rand.Rand
	deployment *deployment
	judge      *judge
	clock      *wallClock      // nil: that of this machine
	probing    *errgroup.Group // the probes
	background *errgroup.Group // what is repeated
}

// outcome is what became of a run.
type outcome struct {
	results  []result // of the start and of each step
	wrong    []string
	timeline []string
	again    int // how often it was played before, on a machine that stood still
}

// starved tells whether the observer said of itself that it could not keep up.
func (o *outcome) starved() bool {
	return slices.ContainsFunc(o.wrong, func(wrong string) bool { return strings.Contains(wrong, "the observer itself was not running") })
}

// simulate plays a scenario in simulated time.
func simulate(t *testing.T, s *scenario, policy probe.Policy, seed uint64) (out outcome) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		out = play(t.Context(), &run{scenario: s, policy: policy, seed: seed, simulated: true, folder: folder})
	})
	return out
}

// overTCP plays a scenario in real time. On a machine that stands still meanwhile something else happens than the scenario says:
// the observer rightly says so, and the run is played again. With server processes there is more to do than there are cores for, and
// it is the observer that is believed when it says so: whether it does so for no reason the simulated runs tell.
func overTCP(t *testing.T, s *scenario, policy probe.Policy, engine process.Binary, seed uint64) outcome {
	for again := 0; ; again++ {
		w := watchMachine()
		out := play(t.Context(), &run{scenario: s, policy: policy, engine: engine, seed: seed, folder: t.TempDir()})
		excused := w.stop() >= standsStill || engine.Path != "" && out.starved()
		if len(out.wrong) == 0 || !excused || s.disturbs() || again == mostAgain {
			out.again = again
			return out
		}
	}
}

// play runs a scenario from its beginning to its end. What does not work of the test itself is wrong, too.
func play(ctx context.Context, r *run) (out outcome) {
	r.random = rand.New(rand.NewPCG(r.seed, 0))
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r.judge = newJudge(r.scenario)
	if r.scenario.steps(func(a *action) bool { return a.Observer != nil && a.Observer.Clock != 0 }) {
		r.clock = newWallClock()
	}
	var memory *memnet.Network
	if r.simulated {
		memory = new(memnet.Network)
	}
	var err error
	if r.deployment, err = deploy(ctx, r.scenario, memory, r.engine, r.folder, r.seed); err != nil {
		return outcome{wrong: []string{fmt.Sprint("deploy: ", err)}}
	}
	r.probing, r.background = new(errgroup.Group), new(errgroup.Group)
	slack := time.Duration(0)
	if !r.simulated {
		slack = busy
	}
	r.judge.truth = newTruth(r.deployment, r.policy, slack)
	err = r.course(ctx, &out)
	cancel()
	r.deployment.network.Continue()
	err = errors.Join(err, r.probing.Wait(), r.background.Wait(), r.deployment.close())
	out.wrong, out.timeline = r.judge.wrong, r.judge.timeline
	if err != nil {
		out.wrong = append(out.wrong, err.Error())
	}
	return out
}

// course is the story of the scenario.
func (r *run) course(ctx context.Context, out *outcome) error {
	if r.scenario.Dataset {
		r.use(ctx)
	}
	if err := r.do(ctx, r.scenario.Before); err != nil {
		return err
	}
	if err := r.begin(ctx); err != nil {
		return err
	}
	r.judge.acted()
	out.results = append(out.results, r.see(ctx, r.scenario.Start))
	rest(ctx, warmUp.choose(r.random))
	for i := range r.scenario.Steps {
		st := &r.scenario.Steps[i]
		rest(ctx, st.Wait.choose(r.random))
		r.judge.begin(st.Expect)
		r.judge.mark("step %d", i+1)
		if err := r.do(ctx, st.Do); err != nil {
			return fmt.Errorf("step %d: %w", i+1, err)
		}
		r.judge.acted()
		out.results = append(out.results, r.see(ctx, st.Expect))
	}
	return nil
}

// The limits of the files are those of the policy balanced. What is promised of the others is half as long, and four times.
var scales = map[probe.Sensitivity]float64{probe.Fast: 0.5, probe.Balanced: 1, probe.Cautious: 4}

// warmUp is for how long more nothing happens after the start: deadlines that adapt to a link do so after some seconds, and what
// happens before and after that is not the same.
var warmUp = span{0, 8 * time.Second}

// busy is what is added to every limit in real time, for a machine that is busy with other tests.
const busy = time.Second

// longestHold bounds what a run in real time waits for that nothing changes; the simulated ones wait for all of it.
const longestHold = 20 * time.Second

// see waits until everything is as expected, or the limit is over, and then watches that it stays so.
func (r *run) see(ctx context.Context, e *expectation) result {
	limit := e.Within
	if !r.simulated {
		limit += busy
	}
	select {
	case <-r.judge.met():
		r.judge.mark("as expected")
		select {
		case <-r.judge.proven():
			r.judge.mark("proven")
		case <-time.After(e.Proven):
		case <-ctx.Done():
		}
		hold := e.Hold
		if !r.simulated {
			hold = min(hold, longestHold)
		}
		rest(ctx, hold)
	case <-time.After(limit):
	case <-ctx.Done():
	}
	return r.judge.end()
}

// report says what was wrong with a run.
func (o *outcome) report(s *scenario, mode string, seed uint64) string {
	var text strings.Builder
	fmt.Fprintf(&text, "%s (%s, -seed %d): %s\n", s.name, mode, seed, s.Says)
	for _, w := range o.wrong[:min(len(o.wrong), mostShown)] {
		fmt.Fprintf(&text, "  wrong: %s\n", w)
	}
	if more := len(o.wrong) - mostShown; more > 0 {
		fmt.Fprintf(&text, "  and %d more\n", more)
	}
	for _, line := range o.timeline {
		fmt.Fprintf(&text, "    %s\n", line)
	}
	return text.String()
}

// mostShown is how much of what is wrong is printed of one run.
const mostShown = 12
