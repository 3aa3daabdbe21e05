package cmd

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/drill/promotion/rehearsal"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/lab/topology"
	"github.com/aafailover/aafailover/redisconf"
	"github.com/aafailover/aafailover/report"
)

// topologyFlags are those of a drill of a failover inside one deployment.
type topologyFlags struct {
	topology               string // "" is a drill between regions
	scenario               string
	downAfter, nodeTimeout time.Duration
	reload                 time.Duration // of the cluster's client
}

// allScenarios is the name of all scenarios of a topology together.
const allScenarios = "all"

// What an application writes a second in a topology unless somebody says otherwise.
const (
	topologyRate    = 500
	topologyAllRate = 200 // to each of those that run at the same time
)

// regionDelay is how far the region of the replica is away, each way.
const regionDelay = 20 * time.Millisecond

// topologySteady and topologySettle are how long it writes before the fault, and after everything is as before.
const (
	topologySteady = 2 * time.Second
	topologySettle = time.Second
)

func (f *topologyFlags) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.topology, "topology", "",
		"rehearse a failover inside one deployment of this `TOPOLOGY`: sentinel, cluster or replica, of real servers that are started for that, or the one that --region gives")
	flags.StringVar(&f.scenario, "scenario", "", "`NAME` of the scenario, or all, with --topology; the same as SCENARIO")
	flags.DurationVar(&f.downAfter, "down-after", 0, "with --topology: down-after-milliseconds of the sentinels, or how long the drill waits before it promotes a replica by itself (0: 2s for sentinels, 1s for the drill)")
	flags.DurationVar(&f.nodeTimeout, "node-timeout", 0, "with --topology: cluster-node-timeout (0: 2s)")
	flags.DurationVar(&f.reload, "client-reload", 0, "with --topology cluster: how often the application's client asks who owns which slots (0: as go-redis does by itself, 1m)")
}

// topologyOnly are the flags that say nothing without --topology.
var topologyOnly = []string{"scenario", "down-after", "node-timeout", "client-reload"}

// topologyToo are the flags of a drill that say something with --topology, too.
var topologyToo = []string{"topology", "engine", "redis-config", "config", "output", "no-tui", "no-color", "prefix", "assert", "rate", "connections", "payload", "write-timeout", "expiry",
	"steady", "outage", "settle"}

// chosen tells whether a topology is asked for, and refuses flags of the command line that say nothing then. Those of the file and of the
// environment serve all commands.
func (f *topologyFlags) chosen(given []string) (bool, error) {
	for _, name := range given {
		with := slices.Contains(topologyToo, name) || slices.Contains(topologyGiven, name)
		switch only := slices.Contains(topologyOnly, name); {
		case f.topology == "" && only:
			advice := "give --topology sentinel, cluster or replica too, or leave it out"
			if name == "scenario" {
				advice += "; a scenario between regions stands without a flag: aafailover drill " + drill.DefaultScenario
			}
			return false, hint.Wrap(fmt.Errorf("--%s says nothing without --topology", name), advice)
		case f.topology != "" && !with && !only:
			return true, hint.Wrap(fmt.Errorf("--%s says nothing with --topology", name), "leave it out")
		}
	}
	return f.topology != "", nil
}

// topologyDrill is what is going to be run.
type topologyDrill struct {
	flags     *topologyFlags
	topology  promotion.Topology
	scenarios []promotion.Scenario
	binary    process.Binary
	settings  redisconf.Config
	config    promotion.Config // without deployment, scenario and run
	form      string
	several   bool
	given     *givenDrill // nil: servers are started for the drill
}

// runTopology is `drill --topology`.
func (f *drillFlags) runTopology(c *cobra.Command, p Process, settled config.Config, onLine, args []string) error {
	d, err := f.completeTopology(c, settled, onLine, args)
	if err != nil {
		return usage(err)
	}
	if slices.Contains(onLine, "region") {
		own, err := openDeployment(c.Context(), p.Stderr, settled, f.regionFlags)
		if err != nil {
			return err
		}
		defer own.close()
		d.given = &givenDrill{flags: f, deployment: own, process: p}
		return d.runOne(c.Context(), p)
	}
	if d.binary, err = process.Find(c.Context(), cmp.Or(f.engine.engine, "redis-server")); err != nil {
		return usage(err)
	}
	if left := topology.NotTaken(d.settings); len(left) > 0 {
		say(p.Stderr, "left out of %s, since it is the topology's own: %s", f.engine.settings, strings.Join(left, ", "))
	}
	if len(settled.Regions) > 0 {
		say(p.Stderr, "not drilled: %s; --topology drills servers that it starts itself, or those of --region", namesOf(settled.Regions))
	}
	if d.several {
		return d.runAll(c.Context(), p)
	}
	return d.runOne(c.Context(), p)
}

// completeTopology checks everything that can be told before a server is started.
func (f *drillFlags) completeTopology(c *cobra.Command, settled config.Config, onLine, args []string) (*topologyDrill, error) {
	t := f.topology
	isGiven := slices.Contains(onLine, "region")
	if err := checkWhere(onLine, isGiven); err != nil {
		return nil, err
	}
	d := &topologyDrill{flags: t, form: f.output.chosen}
	var errs []error
	note := func(err error) { errs = append(errs, err) }
	var err error
	d.topology, err = promotion.ParseTopology(t.topology)
	if err != nil {
		return nil, err
	}
	if err := d.choose(t.scenario, args); err != nil {
		note(err)
	}
	if f.engine.settings != "" {
		d.settings, err = redisconf.Load(f.engine.settings)
		note(err)
	}
	for name, v := range map[string]time.Duration{"down-after": t.downAfter, "node-timeout": t.nodeTimeout, "client-reload": t.reload} {
		if v != 0 && (v < leastPatience || v > maxPhase) {
			note(fmt.Errorf("%s %v: must be %v to %v", name, v, leastPatience, maxPhase))
		}
	}
	d.config = promotion.Config{Prefix: f.prefix, Rate: f.drill.Rate, Connections: f.drill.Connections, Payload: f.drill.Payload, WriteTimeout: f.drill.WriteTimeout,
		Expiry: f.drill.Expiry, Steady: topologySteady, Settle: topologySettle, Limits: promotion.DefaultLimits()}
	d.config.Limits.Failover += 10 * max(t.downAfter, t.nodeTimeout, t.reload)
	d.times(c.Flags(), &f.load)
	if isGiven && len(d.scenarios) > 0 {
		note(f.completeGiven(c, settled, d))
	}
	d.config.Assert, err = parseTopologyAssertions(f.drill.Assert)
	errs = append(errs, err, d.config.Check(), config.CheckPrefix(f.prefix))
	if d.several && d.form == asNDJSON {
		note(hint.Wrap(errors.New("-o ndjson shows one drill as it happens, and all scenarios run at the same time"), "give -o json, or one scenario"))
	}
	return d, errors.Join(errs...)
}

// leastPatience is the shortest time in which a server can be held down: below it every pause of this machine is an outage.
const leastPatience = 100 * time.Millisecond

// choose takes the scenarios that are named.
func (d *topologyDrill) choose(flag string, args []string) error {
	name := flag
	switch {
	case len(args) > 0 && flag != "" && flag != args[0]:
		return hint.Wrap(fmt.Errorf("--scenario %s and the scenario %q: only one can be played", flag, args[0]), "leave one of them out")
	case len(args) > 0:
		name = args[0]
	case flag == "":
		name = promotion.DefaultScenario
	}
	if name == allScenarios {
		d.scenarios, d.several = promotion.Scenarios(d.topology), true
		return nil
	}
	one, err := topologyScenario(d.topology, name)
	d.scenarios = []promotion.Scenario{one}
	return err
}

func topologyScenario(t promotion.Topology, name string) (promotion.Scenario, error) {
	s, ok := promotion.ScenarioNamed(t, name)
	if !ok {
		return s, hint.Wrap(fmt.Errorf("unknown scenario %q of the topology %s", name, t), fmt.Sprintf("aafailover drill list --topology %s shows the scenarios", t))
	}
	return s, nil
}

// times takes the phases and the rate that were given, in place of the usual ones.
func (d *topologyDrill) times(flags *pflag.FlagSet, load *loadFlags) {
	if !flags.Changed("rate") {
		d.config.Rate = topologyRate
		if d.several {
			d.config.Rate = topologyAllRate
		}
	}
	if flags.Changed("steady") {
		d.config.Steady = load.steady
	}
	if flags.Changed("settle") {
		d.config.Settle = load.settle
	}
	if flags.Changed("outage") {
		for i := range d.scenarios {
			d.scenarios[i].Outage = load.outage
		}
	}
}

// parseTopologyAssertions are those that mean something inside one deployment.
func parseTopologyAssertions(texts []string) ([]drill.Condition, error) {
	all, err := drill.ParseAssertions(texts)
	var known []string
	for _, m := range promotion.Measured() {
		known = append(known, m.Name)
	}
	for _, c := range all {
		if !slices.Contains(known, c.Name) {
			err = errors.Join(err, hint.Wrap(fmt.Errorf("condition %q: %s is not measured with --topology", c, c.Name), "what is measured: "+strings.Join(known, ", ")))
		}
	}
	return all, err
}

// play starts a deployment, runs one scenario on it, and ends it. The error says why there is no record, or why it is not
// whole.
func (d *topologyDrill) play(ctx context.Context, s promotion.Scenario, say func(string), c promotion.Config) (found report.PromotionResult, err error) {
	c.Run, c.Scenario, c.Outage = strings.ToLower(rand.Text()[:10]), s, s.Outage
	if d.given != nil {
		return d.given.play(ctx, d.topology, d.flags.reload, say, c)
	}
	found = report.PromotionResult{Deployment: report.Lab, Engine: d.binary.String()}
	started, err := rehearsal.Start(ctx, rehearsal.Options{Topology: d.topology, Scenario: s, Binary: d.binary, Settings: d.settings,
		DownAfter: d.flags.downAfter, NodeTimeout: d.flags.nodeTimeout, Delay: regionDelay, Reload: d.flags.reload, Run: c.Run, Connections: c.Connections, Timeout: c.WriteTimeout, Progress: say})
	if err != nil {
		return found, err
	}
	defer func() {
		if closed := started.Close(); closed != nil {
			err = errors.Join(err, fmt.Errorf("end the servers: %w", closed))
		}
	}()
	c.Deployment = started
	found.Record, err = promotion.Run(ctx, c)
	return found, err
}
