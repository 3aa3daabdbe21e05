package cmd

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/faults"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/survey"
)

// drillFlags are the flags of `drill`.
type drillFlags struct {
	*regionFlags
	output      *form
	allowWrites []string
	drill       drill.Config // its scalar parts
	failover    *failoverFlags
	steady      time.Duration
	outage      time.Duration
	settle      time.Duration
	keep        keepFlags
}

func newDrill(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "drill [SCENARIO]",
		Short: "Rehearse the loss of a region: what does the application lose, and when can it return?",
		Long: `Writes at a known rate to the first region, brings about a fault, moves to another region as the failover policy says,
moves back when that is safe, and reports which acknowledged writes were missing, from when to when, and what became of them.

Without regions it rehearses on a built-in lab, which needs no server.

The exit code is 0 when the drill passed, 1 when it failed, 3 when it proved nothing, 130 when it was interrupted; a fault is
healed in any case.`,
		Example: `  aafailover drill
  aafailover drill region-down --rate 5000 --outage 10s -o json`,
		Args: cobra.MaximumNArgs(1),
	}
	f := &drillFlags{regionFlags: addRegions(c), output: addOutput(c, asTable, asJSON, asNDJSON)}
	f.add(c)
	c.RunE = func(c *cobra.Command, args []string) error {
		settled, err := settle(c, p)
		if err != nil {
			return err
		}
		if err := usage(f.complete(c, args)); err != nil {
			return err
		}
		if err := usage(f.allowed(settled)); err != nil {
			return err
		}
		return f.run(c.Context(), p, settled)
	}
	c.AddCommand(newDrillList(p), newDrillHistory(p), newDrillShow(p), newDrillDiff(p), newDrillResume(p), newDrillClean(p))
	return c
}

func (f *drillFlags) add(c *cobra.Command) {
	flags := c.Flags()
	flags.StringSliceVar(&f.allowWrites, "allow-writes", nil, "`NAMES` of all given regions: allows to write keys to them")
	flags.Float64Var(&f.drill.Rate, "rate", 1000, "writes a second")
	flags.IntVar(&f.drill.Connections, "connections", 16, "connections of the application to a region, and so writes under way at the most")
	flags.IntVar(&f.drill.Payload, "payload", 64, "bytes of each value")
	flags.DurationVar(&f.drill.WriteTimeout, "write-timeout", time.Second, "how long the application waits for a write")
	flags.DurationVar(&f.drill.Expiry, "expiry", time.Hour, "how long a key stays where it cannot be deleted")
	flags.DurationVar(&f.steady, "steady", 0, "how long to write before the fault (default: the scenario's)")
	flags.DurationVar(&f.outage, "outage", 0, "how long the region stays away after the cut-over (default: the scenario's)")
	flags.DurationVar(&f.settle, "settle", 0, "how long to write after the failback (default: the scenario's)")
	flags.Uint64Var(&f.drill.Seed, "seed", 0, "seed of the random arrivals (0: another one each time)")
	f.failover = addFailover(flags)
	addPolicy(flags, &f.drill.Probe)
	f.keep.add(flags)
}

// complete fills in the scenario and what is random, and checks everything that can be told without the regions.
func (f *drillFlags) complete(c *cobra.Command, args []string) error {
	all := drill.Scenarios()
	name := all[0].Name
	if len(args) > 0 {
		name = args[0]
	}
	scenario, ok := drill.ScenarioNamed(name)
	if !ok {
		return hint.Wrap(fmt.Errorf("unknown scenario %q", name), "aafailover drill list shows the scenarios")
	}
	errs := []error{f.check(), f.keep.check()}
	for _, phase := range []struct {
		flag      string
		given, of *time.Duration
	}{
		{"steady", &f.steady, &scenario.Steady}, {"outage", &f.outage, &scenario.Outage}, {"settle", &f.settle, &scenario.Settle},
	} {
		if !c.Flags().Changed(phase.flag) {
			continue
		}
		if *phase.given < 0 || *phase.given > maxPhase {
			errs = append(errs, fmt.Errorf("%s %v: must be 0 to %v", phase.flag, *phase.given, maxPhase))
			continue
		}
		*phase.of = *phase.given
	}
	f.drill.Scenario, f.drill.Prefix, f.drill.Limits = scenario, f.prefix, drill.DefaultLimits()
	var unclear error
	f.drill.Failover, unclear = f.failover.parse()
	f.drill.Run = strings.ToLower(rand.Text()[:10])
	if f.drill.Seed == 0 {
		f.drill.Seed = randomSeed()
	}
	if unclear != nil { // else the drill checks it
		errs = append(errs, unclear)
		f.drill.Failover = failover.Policy{}
	}
	return errors.Join(append(errs, checkDrill(f.drill))...)
}

// maxPhase bounds the phases whose length is a setting.
const maxPhase = time.Hour

func randomSeed() uint64 {
	var b [8]byte
	_, _ = rand.Read(b[:]) // never fails
	seed := uint64(0)
	for _, one := range b {
		seed = seed<<8 | uint64(one)
	}
	return max(seed, 1)
}

// checkDrill checks a configuration before its regions are known: two stand in for them.
func checkDrill(c drill.Config) error {
	c.Maps, c.Endpoints, c.Stores, c.Cover = make([]slots.Map, 2), make([]probe.Endpoint, 2), make([]drill.Store, 2), []int{0}
	return c.Check()
}

// allowed says whether a drill may be run where the settings say. On a lab it always may.
func (f *drillFlags) allowed(c config.Config) error {
	if len(c.Regions) == 0 {
		if len(f.allowWrites) > 0 {
			return hint.Wrap(fmt.Errorf("--allow-writes names no region that is given: %s", strings.Join(f.allowWrites, ", ")),
				"leave it out to rehearse on the lab, where writes are always allowed; or give each region with --region NAME=URL")
		}
		return nil
	}
	var names []string
	for _, r := range c.Regions {
		names = append(names, r.Name)
	}
	if len(names) < 2 {
		return tooFew(names[0], "give another --region NAME=URL")
	}
	if err := allowedAreRegions(f.allowWrites, names); err != nil {
		return err
	}
	for _, name := range names {
		if !slices.Contains(f.allowWrites, name) {
			return hint.Wrap(fmt.Errorf("a drill writes keys, and that is not allowed in %s", name),
				"allow it on the command line with --allow-writes "+strings.Join(names, ","))
		}
	}
	return hint.Wrap(errors.New("a drill needs a fault, and this version makes faults only in the lab"),
		"leave out the regions, or start a lab with `aafailover lab` and give --lab")
}

// tooFew is the error about a deployment of one region.
func tooFew(only, advice string) error {
	return hint.Wrap(fmt.Errorf("a drill needs at least two regions, and only %s is given", only),
		advice+": there must be somewhere to fail over to")
}

// run opens the lab, runs the drill on it and prints the report.
func (f *drillFlags) run(ctx context.Context, p Process, settled config.Config) error {
	d, err := f.open(ctx, p, settled)
	if err != nil {
		return err
	}
	defer d.close()
	if len(d.regions) < 2 {
		return usage(tooFew(d.regions[0].Name, "start the lab with two or more --regions"))
	}
	if err := weightsAreRegions(f.drill.Failover, d.regions); err != nil {
		return usage(err)
	}
	s, err := d.survey(ctx)
	if err != nil {
		return err
	}
	if err := s.Err(); err != nil {
		return unobservable(err)
	}
	before, err := d.lab.Status(ctx)
	if err != nil {
		return unobservable(ofLab(err))
	}
	f.wire(d, s, before)
	if err := f.drill.Fault.Check(f.drill.Scenario); err != nil {
		return usage(hint.Wrap(err, "without --lab it rehearses on a built-in lab that has what the scenario takes"))
	}
	say(p.Stderr, "%s: %s; %g writes/s to %s; seed %d, run %s",
		f.drill.Scenario.Name, f.drill.Scenario.Summary, f.drill.Rate, d.regions[0].Name, f.drill.Seed, f.drill.Run)

	shown := f.show(p, s.Maps)
	kept, err := f.keep.begin(ctx, p, d, &f.drill, d.faultKept())
	if err != nil {
		return errors.Join(err, shown.abandon())
	}
	record, err := drill.Run(ctx, f.drill)
	found := report.DrillResult{Deployment: d.kind, Record: record}
	f.keep.end(p.Stderr, kept, found)
	if failed := shown.conclude(found); failed != nil {
		return failed
	}
	f.comment(p.Stderr, d, err)
	switch {
	case ctx.Err() != nil:
		return result(exitInterrupted)
	case err != nil:
		return result(exitUnobservable)
	}
	return result(verdictCode(record.Verdict))
}

// comment says on stderr what somebody has to do about the error of a drill. The report tells the error itself, as the reason
// of its verdict, but for a fault that may be left: whatever becomes of the report, nobody must miss that.
func (f *drillFlags) comment(stderr io.Writer, d *deployment, err error) {
	switch {
	case errors.Is(err, drill.ErrNotHealed):
		complain(stderr, hint.Wrap(drillError(err, drill.ErrNotHealed), d.undo()), "")
	case errors.Is(err, drill.ErrNotHealthy):
		complain(stderr, hint.Wrap(errors.New("the drill did not begin: the deployment is not healthy"),
			"mend that first: `aafailover lab status` shows the faults of a lab, `aafailover lab heal` and `lab start REGION` undo them"), "")
	case err != nil && !errors.Is(err, context.Canceled):
		complain(stderr, hint.Wrap(errors.New("the drill ended early: the report says why"), "what the drill made is undone, so it can be run again"), "")
	}
}

// drillError is the one of the errors joined in err that is the target.
func drillError(err, target error) error {
	if joined, ok := err.(interface{ Unwrap() []error }); ok && isJoin(err, joined.Unwrap()) {
		for _, one := range joined.Unwrap() {
			if errors.Is(one, target) {
				return drillError(one, target)
			}
		}
	}
	return err
}

// undo says how to undo by hand the fault that the drill makes.
func (d *deployment) undo() string {
	name := d.regions[0].Name
	if running, ok := d.lab.(*lab.Client); ok {
		return fmt.Sprintf("region %s may still be down: aafailover lab start %s --control %s", name, name, running.Address())
	}
	return fmt.Sprintf("region %s of the built-in lab was down until the lab ended, with this command: nothing is left of it", name)
}

// open opens the lab to rehearse on: the built-in one unless another was asked for.
func (f *drillFlags) open(ctx context.Context, p Process, settled config.Config) (*deployment, error) {
	if settled.Lab {
		return openDeployment(ctx, p.Stderr, settled, f.regionFlags)
	}
	say(p.Stderr, "rehearsing on the built-in lab: no region was given, and nothing real is touched")
	return openBuiltInLab(ctx, f.regionFlags)
}

// wire gives the drill its regions and its fault.
func (f *drillFlags) wire(d *deployment, s *survey.Survey, before lab.Status) {
	f.drill.Maps, f.drill.Cover, f.drill.Endpoints = s.Maps, s.Cover, s.Endpoints()
	for i, m := range s.Maps {
		f.drill.Stores = append(f.drill.Stores, region.NewClient(d.regions[i], m, d.options))
	}
	f.drill.Fault = faults.NewLab(d.lab, before)
}
