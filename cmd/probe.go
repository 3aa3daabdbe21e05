package cmd

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/canary"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/simulate"
	"github.com/aafailover/aafailover/survey"
	"github.com/aafailover/aafailover/vitals"
)

// onceLimit bounds `probe --once`, which counts from when it is known how the regions are sharded.
const onceLimit = 10 * time.Second

// defaultMaxMessages is the limit on what is published without being asked, in messages a second over all regions: more than
// 27 shards in each of three regions take at the default interval, and less than any server notices.
const defaultMaxMessages = 1000

// probeFlags are the flags of `probe`.
type probeFlags struct {
	*regionFlags
	output          *form
	recordFile      string
	once            bool
	within          time.Duration // of once
	lasting         time.Duration // 0: until interrupted
	policy          probe.Policy
	requireCoverage bool
	maxMessages     float64
	dataset         bool
	failover        *failoverFlags
	moving          failover.Policy // what the flags of it come to
	canary          writeRate       // 0: none
	canaryExpiry    time.Duration
	allowWrites     []string // names of regions
	onChange        string   // a command line; "": none
	vitals          bool
	vitalsEvery     time.Duration
	listen          string // an address to serve metrics at; "": nowhere
	cellSeries      int
	noDashboard     *bool
}

func newProbe(p Process) *cobra.Command {
	c := &cobra.Command{
		Use: "probe",
		Long: `Publishes uniquely numbered messages in every region, on one channel for every shard, and expects each of them in every
region. It pings, publishes and subscribes under the prefix; it writes no key, unless --dataset or --canary asks for it and
--allow-writes allows it by name.

With --canary it also writes a few keys a second as an application under the failover policy would, so that an outage that
nobody rehearsed ends in the report of a drill: which acknowledged writes were missing, and what became of them.

With --listen it serves what it knows to Prometheus, and to whatever asks whether it is alive and has a verdict.

With --vitals it also asks the servers how they are: replication, persistence, memory. What they say of themselves explains the
verdict and never makes it: a link that is up by their word, while nothing arrives, is shown as stalled.

On a terminal it opens a dashboard; ? lists its keys, and q ends it with the report. With --no-tui it prints what happens line by line.

The exit code is 0 when all is healthy, 1 when something is not, 3 when nothing could be observed, 130 when interrupted.`,
		Example: `  aafailover probe --lab --once
  aafailover probe --region us=redis://redis.us.example:12000 --region eu=redis://redis.eu.example:12000 --for 30s
  aafailover probe --config regions.yaml --canary 10/s --allow-writes us,eu`,
		Args: noArguments,
	}
	f := &probeFlags{regionFlags: addRegions(c), output: addOutput(c, asTable, asJSON, asNDJSON), within: onceLimit}
	flags := c.Flags()
	flags.BoolVar(&f.once, "once", false, fmt.Sprintf("stop as soon as there is a verdict, after %v at the latest", onceLimit))
	flags.DurationVar(&f.lasting, "for", 0, "stop after this time (default: when interrupted)")
	flags.BoolVar(&f.requireCoverage, "require-coverage", false, "make it a finding when the sharding of a region is not known")
	flags.Float64Var(&f.maxMessages, "max-messages", defaultMaxMessages, "most messages to publish a second, in all regions together")
	flags.BoolVar(&f.dataset, "dataset", false, "also write a key a second for each channel, and read it in all regions: proves writes, and tells a full copy from a live link")
	flags.Var(&f.canary, "canary", "also write so many small keys a second (10/s) where an application would be: an outage ends in a report of missed writes")
	flags.DurationVar(&f.canaryExpiry, "canary-expiry", canary.DefaultExpiry, "how long the keys of --canary stay, and so for how long a missed write is followed")
	flags.StringSliceVar(&f.allowWrites, "allow-writes", nil, "`NAMES` of the regions that --dataset and --canary may write keys to; all of them expire")
	flags.StringVar(&f.onChange, "on-change", "", "`COMMAND` to run at each change of the verdict, with the facts as JSON on its standard input")
	flags.BoolVar(&f.vitals, "vitals", false, "also ask the servers how they are (INFO, ROLE, LATENCY LATEST, CONFIG GET of a few settings): it explains what is seen")
	flags.DurationVar(&f.vitalsEvery, "vitals-every", vitals.DefaultEvery, "how often --vitals asks each server")
	flags.StringVar(&f.recordFile, "record", "", "write the result as JSON to `FILE` too, of which `aafailover report FILE` makes every report")
	flags.StringVar(&f.listen, "listen", "", "serve Prometheus metrics, the verdict as JSON, and health at this `ADDRESS` (:9121), without authentication")
	flags.IntVar(&f.cellSeries, "listen-cell-series", defaultCellSeries, "most series of single cells to serve; where there would be more, only links are served")
	f.noDashboard = addDashboard(c)
	addPolicy(flags, &f.policy)
	f.failover = addFailover(flags)
	c.RunE = func(c *cobra.Command, _ []string) error {
		onLine := flagsGiven(flags)
		settled, err := settle(c, p)
		if err != nil {
			return err
		}
		var unclear error
		if f.moving, unclear = f.failover.parse(); unclear != nil {
			return usage(unclear)
		}
		given := f.chosen(flags, onLine)
		if err := usage(errors.Join(f.check(given("for")), f.checkCanary(given("canary-expiry")), f.checkVitals(given("vitals-every")), checkOnChange(f.onChange, given("on-change")), checkFile("record", f.recordFile, "-o json prints it in this form"), f.checkListen(given("listen"), given("listen-cell-series")))); err != nil {
			return err
		}
		if err := needRegions(settled); err != nil {
			return err
		}
		if err := usage(f.allowed(settled)); err != nil {
			return err
		}
		return f.run(c.Context(), p, settled)
	}
	c.AddCommand(newProbeSimulate(p))
	return c
}

func (f *probeFlags) check(limited bool) error {
	errs := []error{f.regionFlags.check()}
	if limited && f.lasting <= 0 {
		errs = append(errs, fmt.Errorf("for %v: must be more than 0", f.lasting))
	}
	if limited && f.once {
		errs = append(errs, hint.Wrap(errors.New("both --once and --for are given"), "give one of them"))
	}
	errs = append(errs, checkMaxMessages(f.maxMessages))
	return errors.Join(append(errs, f.policy.Check())...)
}

// run observes, and prints what was found.
func (f *probeFlags) run(ctx context.Context, p Process, settled config.Config) error {
	kind := report.Given
	if settled.Lab {
		kind = report.Lab
	}
	served, err := f.serve(ctx, kind, p.Stderr)
	if err != nil {
		return usage(err)
	}
	defer served.end(p.Stderr)
	defer keepSmall()()
	d, err := openDeployment(ctx, p.Stderr, settled, f.regionFlags)
	if err != nil {
		return err
	}
	defer d.close()
	return f.runOn(ctx, p, d, served)
}

// keepSmall has memory collected sooner than usual, until the returned function is called: a probe keeps much and makes little, so
// that it stays a third smaller for a hundredth of its processor time. Whoever sets GOGC knows better.
func keepSmall() (restore func()) {
	if os.Getenv("GOGC") != "" {
		return func() {}
	}
	before := debug.SetGCPercent(20)
	return func() { debug.SetGCPercent(before) }
}

// runOn is run on a deployment that is open; served is nil where nothing is.
func (f *probeFlags) runOn(ctx context.Context, p Process, d *deployment, served *metricsService) error {
	if err := usage(weightsAreRegions(f.moving, d.regions)); err != nil {
		return err
	}
	s, err := f.survey(ctx, p.Stderr, d)
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return exit(exitInterrupted, ctx.Err())
	case f.once && s.Told() == 0:
		// Nothing would be seen, and where all refuse us it is hardly the regions that are broken: a verdict about them
		// would be a guess. Without --once they may still come.
		if err := f.record(p.Stdout, nil, false).conclude(report.ProbeResult{Deployment: d.kind, Insecure: d.insecure()}); err != nil {
			return err
		}
		return unobservable(s.Err())
	}
	w, err := f.begin(ctx, p.Stderr, d, s)
	if err != nil {
		return err
	}
	w.served = served
	served.observe(w)
	defer w.heard.print(p.Stderr)
	return f.observe(ctx, p, w)
}

// survey asks the regions how they are sharded, and settles how connections to them are made.
func (f *probeFlags) survey(ctx context.Context, stderr io.Writer, d *deployment) (*survey.Survey, error) {
	connections := simulate.ConnectionsOf(f.policy, f.timeout)
	d.options.Redial, d.options.Timeout = connections.Redial, connections.Timeout
	return d.survey(ctx, stderr)
}

// begin prepares what was surveyed to be observed, and says what is to be known before.
func (f *probeFlags) begin(ctx context.Context, stderr io.Writer, d *deployment, s *survey.Survey) (*watching, error) {
	s.Assume()
	heard := new(complaints)
	s.Wrap = heard.listen
	complainOfSilence(stderr, d, s, heard)
	loopsOnly(stderr, d.regions)
	if err := d.choosePubSub(ctx, stderr, s); err != nil {
		return nil, err
	}
	w, err := f.prepare(ctx, d, s, heard, stderr)
	if err != nil {
		return nil, err
	}
	if len(w.insecure) > 0 && !f.once {
		// The report that says so may be hours away.
		say(stderr, "the TLS certificate of %s is not checked: whoever is in between can answer", strings.Join(w.insecure, ", "))
	}
	say(stderr, "%s", report.CostText(w.cost()))
	for _, line := range w.keysCost() {
		say(stderr, "%s", line)
	}
	if w.vitals != nil {
		say(stderr, "%s", w.vitals.cost())
	}
	return w, nil
}

func checkMaxMessages(limit float64) error {
	if limit > 0 { // which not a number is not, either
		return nil
	}
	return fmt.Errorf("max-messages %g: must be more than 0", limit)
}

// affordable says whether the limits allow what the probe would publish, and open.
func (f *probeFlags) affordable(cost probe.Cost) error {
	if cost.MessagesPerSecond <= f.maxMessages {
		return enoughFiles(cost, mostFiles())
	}
	over := &overLimitError{would: cost.MessagesPerSecond, limit: f.maxMessages}
	return hint.Wrap(over, fmt.Sprintf("%s, or publish less often with an --interval over %v", over.raise(), f.policy.Interval))
}

// overLimitError says that more messages would be published than --max-messages allows.
type overLimitError struct{ would, limit float64 } // messages a second

func (e *overLimitError) Error() string {
	return fmt.Sprintf("the probe would publish %.0f messages/s, and the limit is %g", e.would, e.limit)
}

// raise is how the limit is raised as far as it takes.
func (e *overLimitError) raise() string {
	return fmt.Sprintf("raise it with --max-messages %.0f", math.Ceil(e.would))
}

// observe runs the probe, prints what it found and says so with the exit code.
func (f *probeFlags) observe(ctx context.Context, p Process, w *watching) error {
	ctx, interrupt := context.WithCancel(ctx)
	defer interrupt()
	limited, end := f.limit(ctx)
	defer end()
	observe := w.run
	terminal, stderr, shown := f.terminal(p)
	if shown {
		observe = (&dashboard{watching: w, terminal: terminal, stderr: stderr, end: end, interrupt: interrupt}).run
	}
	w.shown = f.record(p.Stdout, w.config.Maps, shown)
	w.progress = f.progress(p.Stderr, namesOf(w.deployment.regions))
	defer w.progress.end()
	found, failed := observe(limited)
	w.progress.end()
	err := errors.Join(failed, w.shown.conclude(found))
	if w.changes != nil {
		telling := progress(p.Stderr, "waiting for the command of --on-change")
		w.changes.end() // after the report, which does not wait for somebody's command
		telling.end()
	}
	if err != nil {
		return err
	}
	if ctx.Err() != nil {
		return result(exitInterrupted)
	}
	return result(exitCodeOf(found.Snapshot.Verdict))
}

// limit is for how long is observed.
func (f *probeFlags) limit(ctx context.Context) (context.Context, context.CancelFunc) {
	switch {
	case f.once:
		return context.WithTimeout(ctx, f.within)
	case f.lasting > 0:
		return context.WithTimeout(ctx, f.lasting)
	}
	return context.WithCancel(ctx)
}

func exitCodeOf(v probe.Verdict) int {
	switch v {
	case probe.Healthy:
		return exitOK
	case probe.Unobservable:
		return exitUnobservable
	}
	return exitFinding
}
