package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/drill/promotion/inside"
	"github.com/aafailover/aafailover/faults"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/report"
)

// topologyGiven are the flags that say something with --topology where a region is given, and topologyLab those that say nothing
// then: they are about servers that are started.
var (
	topologyGiven = []string{"region", "allow-writes", "fault", "inject", "heal", "fault-timeout", "manual-within", "accept", "timeout", "cluster-addresses", "address-map",
		"tls-ca", "tls-cert", "tls-key", "tls-server-name", "tls-min-version", "tls-pin", "insecure-skip-verify"}
	topologyLab = []string{"engine", "redis-config", "down-after", "node-timeout"}
)

// checkWhere refuses flags of the command line that say nothing about what is drilled.
func checkWhere(onLine []string, isGiven bool) error {
	for _, name := range onLine {
		switch {
		case !isGiven && slices.Contains(topologyGiven, name):
			return hint.Wrap(fmt.Errorf("--%s says nothing with --topology where no --region is given", name),
				"--topology starts servers of its own and breaks those; to drill what you have, give it with --region NAME=URL")
		case isGiven && slices.Contains(topologyLab, name):
			return hint.Wrap(fmt.Errorf("--%s says nothing where a region is given", name), "the servers are as they are: leave it out, or leave out the region")
		}
	}
	return nil
}

// givenDrill is a drill inside a deployment that the user gave.
type givenDrill struct {
	flags      *drillFlags
	deployment *deployment
	process    Process
}

// completeGiven checks everything about a given deployment that can be told without it.
func (f *drillFlags) completeGiven(c *cobra.Command, settled config.Config, d *topologyDrill) error {
	r := settled.Regions[0]
	sentinels := len(r.Discovery) > 0
	switch {
	case len(settled.Regions) > 1:
		return hint.Wrap(fmt.Errorf("--topology drills a failover inside one deployment, and %d regions are given", len(settled.Regions)),
			"give one of them; a failover from one region to another is drilled without --topology")
	case d.topology == promotion.Replica:
		return hint.Wrap(errors.New("--topology replica: the drill would have to promote a replica, and it changes no deployment that is given"),
			"leave out the region; or give --topology sentinel or cluster")
	case d.topology == promotion.Sentinel && !sentinels:
		return hint.Wrap(fmt.Errorf("--topology sentinel: the URL of %s names no sentinels", r.Name), "give --region "+r.Name+"=redis+sentinel://HOST:26379,HOST:26379/SERVICE")
	case d.topology == promotion.Cluster && sentinels:
		return hint.Wrap(fmt.Errorf("--topology cluster: the URL of %s names sentinels", r.Name), "give --topology sentinel, or the address of a node of the cluster")
	case d.several:
		return hint.Wrap(errors.New("all scenarios are played on servers that are started for that, and a region is given"), "play one after the other: aafailover drill list --topology "+string(d.topology))
	case !slices.ContainsFunc(d.scenarios, inside.Plays):
		return hint.Wrap(fmt.Errorf("scenario %s cannot be made in a deployment that is given: only the lab can make its faults", d.flags.scenarioName(d)),
			"those that can: "+orList(playable(d.topology))+"; or leave out the region")
	}
	errs := []error{f.check(), f.fault.completeInside()}
	errs = append(errs, f.safety.complete(c.Flags(), &f.drill)...)
	if err := allowedAreRegions(f.safety.allowWrites, []string{r.Name}); err != nil {
		errs = append(errs, err)
	} else if len(f.safety.allowWrites) == 0 {
		errs = append(errs, hint.Wrap(fmt.Errorf("a drill writes keys, and that is not allowed in %s", r.Name), "allow it on the command line with --allow-writes "+r.Name))
	}
	if !c.Flags().Changed("rate") {
		d.config.Rate = givenRate
	}
	switch d.config.Way = drill.Way(f.fault.way); f.fault.way {
	case byManual:
		d.config.Limits.Step = f.fault.within + drillSlack
	default:
		d.config.Limits.Step = f.fault.timeout + drillSlack
	}
	return errors.Join(errs...)
}

// drillSlack is how much longer a step may take than whoever makes it has: that one's own error says more.
const drillSlack = 10 * time.Second

func (f *topologyFlags) scenarioName(d *topologyDrill) string {
	if len(d.scenarios) > 0 {
		return d.scenarios[0].Name
	}
	return f.scenario
}

// playable are the names of the scenarios of a topology that can be made in a deployment that is given.
func playable(t promotion.Topology) []string {
	var names []string
	for _, s := range promotion.Scenarios(t) {
		if inside.Plays(s) {
			names = append(names, s.Name)
		}
	}
	return names
}

// completeInside settles the way in which a fault is made inside a given deployment.
func (f *faultFlags) completeInside() error {
	const ways = "--fault manual asks you to break it; --inject COMMAND --heal COMMAND runs yours"
	if f.way == "" && f.inject == "" && f.heal == "" {
		return hint.Wrap(errors.New("a drill needs a fault, and nothing says how it is made"), ways)
	}
	if f.way == byLab || f.way == byProxy {
		return hint.Wrap(fmt.Errorf("--fault %s makes no failover inside a deployment that is given: its servers would notice nothing", f.way), ways)
	}
	return f.complete(true)
}

// inside gives a drill inside a deployment its fault. end closes what was opened for it.
func (f *faultFlags) inside(ctx context.Context, p Process, d *inside.Deployment, region string, c promotion.Config) (fault drill.Fault, end func(), err error) {
	if f.way == byManual {
		return &faults.Manual{Say: p.Stderr, Lines: faults.Lines(p.Stdin), Seen: d.Seen, Holds: d.Holds, Within: f.within}, func() {}, nil
	}
	watchdog, err := startWatchdog(ctx, p.Stderr, c.Run)
	if err != nil {
		return nil, nil, usage(hint.Wrap(err, "nothing is injected without somebody who heals it whatever happens: give --fault manual"))
	}
	o := faults.CommandOptions{Inject: f.inject, Heal: f.heal, Limit: f.timeout, From: region, To: region, Run: c.Run, Scenario: c.Scenario.Name,
		Tell: func(text string) { say(p.Stderr, "%s", oneLine(text)) }}
	return faults.NewCommand(o, watchdog), func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 2*f.timeout)
		defer cancel()
		if err := watchdog.Close(ctx); err != nil {
			complain(p.Stderr, err, "look whether the fault is undone")
		}
	}, nil
}

// play runs a scenario on the deployment. The error says why there is no record, or why it is not whole.
func (g *givenDrill) play(ctx context.Context, t promotion.Topology, reload time.Duration, note func(string), c promotion.Config) (found report.PromotionResult, err error) {
	ctx, abort := context.WithCancelCause(ctx)
	defer abort(nil)
	found = report.PromotionResult{Deployment: report.Given}
	r := g.deployment.regions[0]
	note("asking " + r.Name + " for its servers")
	opened, err := inside.Open(ctx, inside.Options{Topology: t, Region: r, Network: g.deployment.options, Prefix: c.Prefix, Run: c.Run, Connections: c.Connections, Timeout: c.WriteTimeout, Reload: reload})
	if err != nil {
		return found, err
	}
	defer func() { err = errors.Join(err, opened.Close()) }()
	c.Limits.Failover += 10 * max(opened.Settings().Detection(), reload)
	note("looking whether the drill may begin")
	if err := opened.Preflight(ctx, c, g.flags.drill.Safety.Accept); err != nil {
		return found, err
	}
	release, err := drill.Hold(ctx, opened, r.Name, c.Prefix, c.Run, holder(), abort)
	if err != nil {
		return found, err
	}
	defer release(context.WithoutCancel(ctx))
	fault, end, err := g.flags.fault.inside(ctx, g.process, opened, r.Name, c)
	if err != nil {
		return found, err
	}
	defer end()
	var limits []string
	if g.flags.fault.way == byManual {
		limits = append(limits, "the fault is made by hand: it was in force at some time after it was asked for, from which the time to recover counts")
	}
	opened.BreakBy(fault, limits...)
	c.Deployment = opened
	c.Leave = func(ctx context.Context, l *drill.Ledger) { g.leave(ctx, opened, fault, l, c) }
	found.Record, err = promotion.Run(ctx, c)
	if lost := context.Cause(ctx); errors.Is(lost, drill.ErrLocked) {
		err = lost
	}
	return found, err
}

// leave undoes what is left of the fault, and deletes the keys.
func (g *givenDrill) leave(ctx context.Context, opened *inside.Deployment, fault drill.Fault, l *drill.Ledger, c promotion.Config) {
	healing, cancel := context.WithTimeout(ctx, c.Limits.Step)
	defer cancel()
	if err := fault.Heal(healing); err != nil {
		complain(g.process.Stderr, fmt.Errorf("undo the fault: %w", err), g.undo())
	}
	cleaning := progress(g.process.Stderr, "deleting the keys of the drill in all servers")
	left, err := opened.Clean(ctx, l)
	cleaning.end()
	if err != nil {
		complain(g.process.Stderr, err, fmt.Sprintf("up to %d of them stay until they expire, within %s", left, words.Typed(c.Expiry)))
	}
}

// undo says how to undo the fault by hand.
func (g *givenDrill) undo() string {
	if g.flags.fault.way == byManual {
		return "undo what you were asked for"
	}
	return "run it yourself: " + g.flags.fault.heal
}
