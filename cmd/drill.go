package cmd

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/survey"
)

// drillFlags are the flags of `drill`.
type drillFlags struct {
	*regionFlags
	output   *form
	drill    drill.Config // its scalar parts
	load     loadFlags
	fault    faultFlags
	safety   safetyFlags
	failover *failoverFlags
	keep     keepFlags
	client   string
	times    clientTimes
	play     playFlags
	manners  mannersFlags
	engine   engineFlags
	topology *topologyFlags // of `drill` alone
	// noDashboard is nil where there never is one.
	noDashboard *bool
}

func newDrill(p Process) *cobra.Command {
	c := &cobra.Command{
		Use: "drill [SCENARIO]",
		Long: `Writes at a known rate to the first region, brings about a fault, moves to another region as the failover policy says,
moves back when that is safe, and reports which acknowledged writes were missing, from when to when, and what became of them.

Without regions it rehearses on a built-in lab, which needs no server. On a terminal it opens a dashboard; ? lists its keys, and q
stops the drill or, when it has ended, prints the report. With --no-tui it prints its phases line by line.

Regions that are given are drilled only when --allow-writes names all of them, something makes the fault, and a preflight passes:
links, lag, permissions, memory and no other drill. --dry-run stops after that.

With --topology it starts one deployment of real servers instead, of redis-server unless --engine names another, and rehearses a
failover inside it: by sentinels, in a cluster, or of a replica that the drill promotes. 'drill list --topology sentinel' shows the
scenarios. With --region too it starts nothing, and drills what you have: --allow-writes names it, and --fault manual or --inject and
--heal break it.

The exit code is 0 when the drill passed, 1 when it failed, was aborted, or would not begin (--dry-run), 3 when it proved
nothing, 130 when it was interrupted; a fault is healed in any case.

What --assert can be about:
` + measuresHelp(),
		Example: `  aafailover drill
  aafailover drill region-lost --rate 5000 --outage 10s -o json
  aafailover drill --file my-scenario.yaml --assert 'rto<=5s' --assert lost==0
  aafailover drill --topology sentinel --scenario primary-partition
  aafailover drill --topology sentinel --region us=redis+sentinel://…/mymaster --allow-writes us --fault manual
  aafailover drill --region us=redis://… --region eu=redis://… --allow-writes us,eu --fault proxy --dry-run`,
		Args:              atMostScenario,
		ValidArgsFunction: completeScenarios,
	}
	f := &drillFlags{regionFlags: addRegions(c), output: addOutput(c, asTable, asJSON, asNDJSON)}
	f.add(c)
	f.noDashboard = addDashboard(c)
	f.topology = new(topologyFlags)
	f.topology.add(c.Flags())
	c.RunE = func(c *cobra.Command, args []string) error {
		onLine := flagsGiven(c.Flags())
		settled, err := settle(c, p)
		if err != nil {
			return err
		}
		if inside, err := f.topology.chosen(onLine); inside || err != nil {
			if err != nil {
				return usage(err)
			}
			return f.runTopology(c, p, settled, onLine, args)
		}
		given := len(settled.Regions) > 0
		if err := usage(f.complete(c, args, given)); err != nil {
			return err
		}
		if err := usage(f.safety.allowed(settled)); err != nil {
			return err
		}
		if err := usage(f.engine.fits(settled)); err != nil {
			return err
		}
		if err := usage(f.fault.complete(given)); err != nil {
			return err
		}
		return f.run(c.Context(), p, settled)
	}
	c.AddCommand(newDrillList(p), newDrillCompare(p), newDrillHistory(p), newDrillShow(p), newDrillDiff(p), newDrillResume(p), newDrillClean(p), newDrillDurability(p), newDrillApp(p))
	return c
}

func (f *drillFlags) add(c *cobra.Command) {
	flags := c.Flags()
	f.load.add(flags, &f.drill)
	f.fault.add(flags)
	f.safety.add(flags)
	flags.StringArrayVar(&f.drill.Assert, "assert", nil, "what must be measured for the drill to pass, as in rto<=5s, missed<=100, lost==0: `CONDITION`; repeat it for each; what is measured is listed above")
	f.failover = addFailover(flags)
	addPolicy(flags, &f.drill.Probe)
	f.keep.add(flags)
	flags.StringVar(&f.client, "client", clientPubSub, "`CLIENT` that takes the application from region to region: pubsub, the failover policy; ping or timeout, as other clients do (see 'drill compare')")
	f.times.add(flags)
	f.play.add(flags)
	f.manners.add(flags, &f.drill)
	f.engine.add(flags, "an engine of the lab's own; with --topology redis-server", "what the scenario needs; with --topology none")
}

// complete fills in the scenario and what is random, and checks everything that can be told without the regions.
func (f *drillFlags) complete(c *cobra.Command, args []string, given bool) error {
	scenario, err := f.play.scenario(args)
	if err != nil {
		return err
	}
	f.builtIn = labFor(scenario)
	errs := []error{f.check(), f.keep.check(), checkClient(f.client), checkClientFlags(c.Flags(), f.client), f.times.check()}
	errs = append(errs, f.manners.complete(&f.drill)...)
	f.drill.Scenario, f.drill.Prefix, f.drill.Limits = scenario, f.prefix, drill.DefaultLimits()
	f.drill.Run = strings.ToLower(rand.Text()[:10])
	errs = append(errs, f.load.complete(c.Flags(), &f.drill, given)...)
	errs = append(errs, f.safety.complete(c.Flags(), &f.drill)...)
	f.fault.limit(&f.drill.Limits)
	f.times.wait(f.client, &f.drill)
	var unclear error
	f.drill.Failover, unclear = f.failover.parse()
	if unclear != nil { // else the drill checks it
		errs = append(errs, unclear)
		f.drill.Failover = failover.Policy{}
	}
	return errors.Join(append(errs, checkDrill(f.drill))...)
}

// checkDrill checks a configuration before its regions are known: two stand in for them.
func checkDrill(c drill.Config) error {
	c.Maps, c.Endpoints, c.Stores, c.Cover = make([]slots.Map, 2), make([]probe.Endpoint, 2), make([]drill.Store, 2), []int{0}
	return c.Check()
}

// tooFew is the error about a deployment of one region.
func tooFew(only, advice string) error {
	return hint.Wrap(fmt.Errorf("a drill needs at least two regions, and only %s is given", only),
		advice+": there must be somewhere to fail over to")
}

// run opens the regions or a lab, runs the drill on them and prints the report.
func (f *drillFlags) run(ctx context.Context, p Process, settled config.Config) error {
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	p, screen := f.screenOn(p, stop)
	defer screen.close()
	d, err := f.open(ctx, p, settled)
	if err != nil {
		return err
	}
	defer d.close()
	end, err := f.prepare(ctx, p, d)
	if err != nil {
		return err
	}
	defer end()
	if f.safety.dryRun {
		return f.rehearseNothing(ctx, p, d)
	}
	say(p.Stderr, "%s: %s; %g writes/s to %s; seed %d, run %s",
		f.drill.Scenario.Name, f.drill.Scenario.Summary, f.drill.Rate, d.regions[0].Name, f.drill.Seed, f.drill.Run)
	if d.kind == report.Given {
		say(p.Stderr, "%s", report.EstimateText(f.drill.Estimate()))
	}

	closeHistory, err := f.manners.open(&f.drill)
	if err != nil {
		return usage(err)
	}
	defer func() {
		if failed := closeHistory(); failed != nil {
			complain(p.Stderr, failed, "")
		}
	}()
	shown := f.show(p, f.drill.Maps)
	shown.screen = screen
	screen.open(ctx, f, d)
	kept, err := f.keep.begin(ctx, p, d, &f.drill, &f.fault)
	if err != nil {
		return errors.Join(err, shown.abandon())
	}
	record, err := drill.Run(ctx, f.drill)
	found := report.DrillResult{Deployment: d.kind, Record: record}
	f.keep.end(p.Stderr, kept, found)
	interrupted := ctx.Err() != nil // not later: the dashboard can be closed by a signal, too
	if failed := shown.conclude(found); failed != nil {
		return failed
	}
	f.comment(p.Stderr, d, err)
	switch {
	case interrupted:
		return result(exitInterrupted)
	case err != nil && !errors.Is(err, drill.ErrAborted):
		return result(exitUnobservable)
	}
	return result(verdictCode(record.Verdict))
}

// open takes the given regions, or the lab to rehearse on: the built-in one unless another was asked for.
func (f *drillFlags) open(ctx context.Context, p Process, settled config.Config) (*deployment, error) {
	if settled.Lab || len(settled.Regions) > 0 {
		return openDeployment(ctx, p.Stderr, settled, f.regionFlags)
	}
	engine, err := f.engine.find(ctx, p.Stderr)
	if err != nil {
		return nil, err
	}
	if engine == nil {
		say(p.Stderr, "rehearsing on the built-in lab: no region was given, and nothing real is touched")
	} else {
		say(p.Stderr, "rehearsing on the built-in lab, with processes of %s: no region was given, and nothing real is touched", engine.Binary)
		if f.drill.Scenario.Needs.Persistence == drill.KeepLastSecond {
			say(p.Stderr, "a SIGKILL takes nothing that the kernel has, so less is lost here than by a power cut: see drill durability")
		}
	}
	own := *f.regionFlags // the drills of a comparison share them
	own.builtIn.Engine = engine
	return openBuiltInLab(ctx, p.Stderr, &own)
}

// prepare wires the drill up. What it returns ends what was begun for that.
func (f *drillFlags) prepare(ctx context.Context, p Process, d *deployment) (end func(), err error) {
	if len(d.regions) < 2 {
		return nil, usage(tooFew(d.regions[0].Name, "start the lab with two or more --regions"))
	}
	if err := weightsAreRegions(f.drill.Failover, d.regions); err != nil {
		return nil, usage(err)
	}
	f.drill.Engine = d.engine
	disconnect, err := f.wire(ctx, p, d)
	if err != nil {
		return nil, err
	}
	stop, err := f.times.guide(ctx, f.client, d, &f.drill)
	if err != nil {
		disconnect()
		return nil, err
	}
	return func() {
		stop()
		disconnect()
	}, nil
}

// wire gives the drill its regions and its fault. What was opened for that is closed by end.
func (f *drillFlags) wire(ctx context.Context, p Process, d *deployment) (end func(), err error) {
	s, err := d.survey(ctx, p.Stderr)
	if err != nil {
		return nil, err
	}
	if err := s.Err(); err != nil {
		return nil, unobservable(err)
	}
	if err := d.choosePubSub(ctx, p.Stderr, s); err != nil {
		return nil, err
	}
	if err := d.differentServers(ctx, p.Stderr, s); err != nil {
		return nil, err
	}
	f.drill.Maps, f.drill.Cover = s.Maps, s.Cover
	if end, err = f.fault.make(ctx, p, d, s, &f.drill); err != nil {
		return nil, err
	}
	f.drill.Endpoints = s.Endpoints()
	for i, m := range s.Maps {
		f.drill.Stores = append(f.drill.Stores, region.NewApplication(d.regions[i], m, d.options, f.drill.Manners))
	}
	f.safety.inspect(d, &f.drill)
	if err := f.drill.Fault.Check(f.drill.Scenario); err != nil {
		end()
		return nil, usage(hint.Wrap(err, f.fault.instead()))
	}
	return end, nil
}

// differentServers refuses regions that are one server by two names: what is written to one of them is in the other.
func (d *deployment) differentServers(ctx context.Context, stderr io.Writer, s *survey.Survey) error {
	if d.kind == report.Lab {
		return nil
	}
	defer progress(stderr, "looking whether %s are different servers", namesOf(d.regions)).end()
	t, err := s.Prepare(ctx)
	if err != nil {
		return exit(exitInterrupted, err)
	}
	for _, pair := range t.SameServers {
		return usage(hint.Wrap(fmt.Errorf("%s and %s are one server: nobody can fail over from one to the other", pair[0], pair[1]),
			"give each region the address of its own"))
	}
	return nil
}
