package cmd

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover/habit"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
)

func newDrillCompare(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "compare [SCENARIO]",
		Short: "Run a scenario with the failover policy and with what client libraries do, side by side",
		Long: `Runs one scenario with each of three clients, and shows what each of them came to:

  pubsub   the failover policy of this program, on what the probe sees
  ping     what client libraries do by default: PING every region every 5 s, count failed commands, return after a grace
  timeout  what circuit breakers do: count failed commands, and return after the grace without asking

On the built-in lab each has one of its own, all at the same time; on a deployment that is given they take turns.

The clients ping and timeout do not use a region that has failed for a minute, and look for the way back every two: here, unless
--client-grace and --client-return say otherwise, for 10 s and every 20, which shortens the way back.

The exit code is 0 when all three came to an end, whatever they measured, 3 when one did not, 130 when interrupted.`,
		Example: `  aafailover drill compare
  aafailover drill compare region-lost --client-grace 5s --client-return 10s -o json`,
		Args:              atMostScenario,
		ValidArgsFunction: completeScenarios,
	}
	f := &drillFlags{regionFlags: addRegions(c), output: addOutput(c, asTable, asJSON)}
	f.add(c)
	f.times.shorten(c.Flags(), comparedGrace, comparedReturn)
	for _, name := range ofOneDrill {
		c.Flags().Lookup(name).Hidden = true
	}
	c.RunE = func(c *cobra.Command, args []string) error {
		settled, err := settle(c, p)
		if err != nil {
			return err
		}
		off := len(settled.Regions) > 0
		if err := usage(errors.Join(f.complete(c, args, off), f.alone(c))); err != nil {
			return err
		}
		if err := usage(f.safety.allowed(settled)); err != nil {
			return err
		}
		if err := usage(f.engine.fits(settled)); err != nil {
			return err
		}
		if err := usage(f.fault.complete(off)); err != nil {
			return err
		}
		return f.compare(c.Context(), p, settled)
	}
	return c
}

// The times of other clients in a comparison: a sixth of theirs, for which nobody wants to wait. They decide when a client
// comes back, not whether it is too early to.
const (
	comparedGrace  = 10 * time.Second
	comparedReturn = 20 * time.Second
)

// ofOneDrill are the flags of a drill that say nothing of several.
var ofOneDrill = []string{"client", "record", "history", "assert"}

// alone says which flags are of one drill.
func (f *drillFlags) alone(c *cobra.Command) error {
	for _, name := range ofOneDrill {
		if c.Flags().Changed(name) {
			return hint.Wrap(fmt.Errorf("--%s is of one drill, and a comparison is several", name), "run each with `aafailover drill --client CLIENT` instead")
		}
	}
	return nil
}

// compare runs a drill with each client and prints what they came to.
func (f *drillFlags) compare(ctx context.Context, p Process, settled config.Config) error {
	if f.safety.dryRun {
		return f.run(ctx, p, settled) // before the drill of each, the same is looked at
	}
	if !given(settled) {
		say(p.Stderr, "rehearsing on built-in labs, one for each client: no region was given, and nothing real is touched")
	}
	usual := habit.Ping()
	found := report.CompareResult{Scenario: f.drill.Scenario, Rate: f.drill.Rate, Seed: f.drill.Seed,
		Times: report.ClientTimes{Grace: f.times.grace, Return: f.times.back}, Usual: report.ClientTimes{Grace: usual.Grace, Return: usual.Return}}
	say(p.Stderr, "this takes up to %s or so: ping and timeout stay away from a region that failed for %s, and look for the way back every %s",
		words.Typed(f.takes(given(settled))), words.Typed(f.times.grace), words.Typed(f.times.back))
	var err error
	if found.Runs, err = f.withEach(ctx, p, settled); err != nil {
		return err
	}
	if f.output.chosen == asJSON {
		err = report.WriteJSON(p.Stdout, report.NewCompareDocument(found))
	} else {
		err = report.CompareText(p.Stdout, report.NewStyle(p.Stdout), found)
	}
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return result(exitInterrupted)
	case len(found.Runs) < len(clients) || slices.ContainsFunc(found.Runs, func(r report.ComparedRun) bool { return r.Err != nil }):
		return result(exitUnobservable)
	}
	return nil
}

// takes is how long a comparison takes where a region is lost, found out, healed and resynced within seconds: with one drill
// after the other where they share a deployment.
func (f *drillFlags) takes(share bool) time.Duration {
	policy := f.drill.Estimate().Duration
	// A client can look for the way back just before the region is fit for it, or its grace is over.
	other := policy + max(0, f.times.grace-f.drill.Scenario.Outage) + f.times.back
	if share {
		return (policy + time.Duration(len(clients)-1)*other).Round(time.Second)
	}
	return other.Round(time.Second)
}

// withEach runs the drill with each client and returns those that began. The error is why none did.
func (f *drillFlags) withEach(ctx context.Context, p Process, settled config.Config) ([]report.ComparedRun, error) {
	voices := &voices{stderr: p.Stderr, progress: progress(p.Stderr, "comparing %d clients", len(clients)), phases: make(map[string]string)}
	defer voices.progress.end()
	runs, errs := make([]report.ComparedRun, len(clients)), make([]error, len(clients))
	var running sync.WaitGroup
	for i, client := range clients {
		running.Go(func() {
			runs[i], errs[i] = f.with(ctx, client, p, settled, voices)
			voices.at(client, "ended")
		})
		if !given(settled) {
			continue
		}
		running.Wait() // they would disturb each other
		if errs[i] != nil || ctx.Err() != nil || hopeless(runs[i].Err) {
			runs, errs = runs[:i+1], errs[:i+1]
			break
		}
	}
	running.Wait()
	var began []report.ComparedRun
	for i, run := range runs {
		if errs[i] == nil {
			began = append(began, run)
		}
	}
	err := errors.Join(errs...)
	if len(began) > 0 && err != nil {
		if ctx.Err() == nil {
			voices.complain(err)
		}
		err = nil
	}
	return began, err
}

// hopeless tells whether the error of one drill is met by the next one on the same deployment as well, or made worse.
func hopeless(err error) bool {
	return errors.Is(err, drill.ErrNotHealed) || errors.Is(err, drill.ErrPreflight) || errors.Is(err, drill.ErrNotHealthy)
}

// given tells whether the clients share a deployment.
func given(settled config.Config) bool { return settled.Lab || len(settled.Regions) > 0 }

// with runs a drill with a client. The error is that it could not begin.
func (f *drillFlags) with(ctx context.Context, client string, p Process, settled config.Config, v *voices) (report.ComparedRun, error) {
	one := *f
	one.client = client
	one.drill.Run = strings.ToLower(rand.Text()[:10])
	one.times.wait(client, &one.drill)
	if given(settled) {
		v.say(client, "begins")
	}
	v.at(client, "begins")
	quiet := p
	quiet.Stderr = io.Discard // three times the same would be said
	d, err := one.open(ctx, quiet, settled)
	if err != nil {
		return report.ComparedRun{}, err
	}
	defer d.close()
	stop, err := one.prepare(ctx, p, d)
	if err != nil {
		return report.ComparedRun{}, err
	}
	defer stop()
	one.drill.OnEvent = func(e probe.Event) { v.tell(client, e) }
	var kept *keeper
	if !d.builtIn { // of a lab that ends with this process there is nothing to clean up
		if d.kind == report.Given {
			v.say(client, report.EstimateText(one.drill.Estimate()))
		}
		if kept, err = one.keep.begin(ctx, p, d, &one.drill, &one.fault); err != nil {
			return report.ComparedRun{}, err
		}
	}
	record, err := drill.Run(ctx, one.drill)
	found := report.DrillResult{Deployment: d.kind, Record: record}
	if kept != nil {
		one.keep.end(p.Stderr, kept, found)
	}
	switch {
	case errors.Is(err, drill.ErrNotHealed):
		v.complain(hint.Wrap(drillError(err, drill.ErrNotHealed), one.fault.undo(d)))
	case errors.Is(err, drill.ErrPreflight), errors.Is(err, drill.ErrNotHealthy):
		v.say(client, "does not begin")
		v.complain(err)
	}
	return report.ComparedRun{Client: client, Err: err, Result: found}, nil
}

// voices are the clients of a comparison, who tell on stderr what they do.
type voices struct {
	mu       sync.Mutex
	stderr   io.Writer
	progress *step
	phases   map[string]string // by client
}

// comparedKinds are the events that one who watches a comparison wants to see.
var comparedKinds = []probe.EventKind{drill.EventPhase, drill.EventDecision, drill.EventReached, drill.EventError}

func (v *voices) tell(client string, e probe.Event) {
	if slices.Contains(comparedKinds, e.Kind) {
		v.say(client, string(e.Kind)+" "+oneLine(e.Detail))
	}
	if e.Kind == drill.EventPhase {
		v.at(client, e.Detail)
	}
}

// at notes how far the drill of a client is.
func (v *voices) at(client, phase string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.phases[client] = phase
	var far []string
	for _, c := range clients {
		if phase, begun := v.phases[c]; begun {
			far = append(far, c+" "+phase)
		}
	}
	v.progress.note("%s", strings.Join(far, ", "))
}

func (v *voices) say(client, what string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	say(v.stderr, "%-7s  %s", client, what)
}

func (v *voices) complain(err error) {
	v.mu.Lock()
	defer v.mu.Unlock()
	complain(v.stderr, err, "")
}
