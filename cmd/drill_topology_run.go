package cmd

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
)

// runOne plays one scenario, shows what happens as it happens, and prints its report.
func (d *topologyDrill) runOne(ctx context.Context, p Process) error {
	s := d.scenarios[0]
	where, first := fmt.Sprintf("servers of %s that are started for this", d.binary), "starting the servers"
	if d.given != nil {
		where, first = d.given.deployment.regions[0].String(), "looking whether the drill may begin"
	}
	say(p.Stderr, "%s: %s; %g writes/s to %s", s.Name, s.Summary, d.config.Rate, where)
	starting := progress(p.Stderr, "%s", first)
	events := report.NewEventText(p.Stderr, report.NewStyle(p.Stderr), nil)
	var lines *report.EventWriter
	if d.form == asNDJSON {
		lines = report.NewEventNDJSON(p.Stdout, nil)
	}
	c := d.config
	c.OnEvent = func(e probe.Event) {
		if e.Kind == drill.EventPhase {
			starting.next("%s", e.Detail)
		}
		if report.Watched(e) {
			events.Write(e)
		}
		if lines != nil {
			lines.Write(e)
		}
	}
	found, err := d.play(ctx, s, func(text string) { starting.note("%s", text) }, c)
	_ = events.Close() // there is nobody to tell that progress could not be shown
	starting.end()
	if lines != nil {
		if failed := lines.Close(); failed != nil {
			return failed
		}
	}
	if found.Record == nil {
		return d.notStarted(ctx, err)
	}
	if failed := d.print(p, found); failed != nil {
		return failed
	}
	if err != nil && ctx.Err() == nil {
		advice := "the report says how far it came"
		if d.given == nil {
			advice += "; the servers' logs went with their folder"
		}
		complain(p.Stderr, err, advice)
	}
	return topologyCode(ctx, err, found)
}

// notStarted is the error about servers that did not start.
func (d *topologyDrill) notStarted(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return exit(exitInterrupted, errors.New("interrupted"))
	}
	if len(hint.Of(err)) == 0 && d.given == nil && d.settings.Len() > 0 {
		err = hint.Wrap(err, "without --redis-config the servers have settings that are known to work")
	}
	return unobservable(err)
}

// print prints the result of one scenario.
func (d *topologyDrill) print(p Process, found report.PromotionResult) error {
	switch d.form {
	case asJSON:
		return report.WriteJSON(p.Stdout, report.NewPromotionDocument(found))
	case asNDJSON:
		return report.WriteLine(p.Stdout, report.NewPromotionDocument(found))
	}
	return report.PromotionText(p.Stdout, report.NewStyle(p.Stdout), found)
}

// topologyCode is the exit code of drills that ended.
func topologyCode(ctx context.Context, err error, all ...report.PromotionResult) error {
	if ctx.Err() != nil {
		return result(exitInterrupted)
	}
	code := exitOK
	for _, r := range all {
		switch one := verdictCode(r.Record.Drill.Verdict); {
		case one == exitFinding, code == exitOK:
			code = one
		}
	}
	if err != nil && code == exitOK {
		code = exitUnobservable
	}
	return result(code)
}

// atOnce is how many scenarios of a topology run at the same time: they mostly wait for time-outs, and what they measure is far
// longer than what they take from each other on two cores. Those of a cluster wait for its client, for a minute each.
func atOnce(t promotion.Topology) int {
	if t == promotion.Cluster {
		return 8
	}
	return 4
}

// runAll plays every scenario of the topology, each on servers of its own, some at the same time, and prints them side by side.
func (d *topologyDrill) runAll(ctx context.Context, p Process) error {
	say(p.Stderr, "%d scenarios of %s, %d at the same time, each with servers of %s of its own and %g writes/s",
		len(d.scenarios), d.topology, atOnce(d.topology), d.binary, d.config.Rate)
	shown := progress(p.Stderr, "playing %d scenarios", len(d.scenarios))
	results := make([]*report.PromotionResult, len(d.scenarios))
	errs := make([]error, len(d.scenarios))
	places := make(chan struct{}, atOnce(d.topology))
	var mu sync.Mutex
	var under []string
	note := func(name string, begins bool) {
		mu.Lock()
		defer mu.Unlock()
		if begins {
			under = append(under, name)
		} else {
			under = slices.DeleteFunc(under, func(other string) bool { return other == name })
		}
		shown.note("%s", words.Enumerate(under))
	}
	var playing sync.WaitGroup
	for i, s := range d.scenarios {
		select {
		case places <- struct{}{}:
		case <-ctx.Done():
			continue
		}
		playing.Go(func() {
			defer func() { <-places }()
			note(s.Name, true)
			began := time.Now()
			found, err := d.play(ctx, s, nil, d.config)
			note(s.Name, false)
			errs[i] = err
			if found.Record == nil {
				return
			}
			results[i] = &found
			say(p.Stderr, "%s  %s  %s", found.Record.Drill.Verdict, s.Name, words.Rough(time.Since(began)))
		})
	}
	playing.Wait()
	shown.end()
	return d.conclude(ctx, p, results, errs)
}

// conclude prints what there is of several scenarios.
func (d *topologyDrill) conclude(ctx context.Context, p Process, results []*report.PromotionResult, errs []error) error {
	var all []report.PromotionResult
	var missing []string
	for i, r := range results {
		switch {
		case r != nil:
			all = append(all, *r)
		case errs[i] == nil || ctx.Err() != nil:
			missing = append(missing, d.scenarios[i].Name)
		default:
			complain(p.Stderr, fmt.Errorf("%s: %w", d.scenarios[i].Name, errs[i]), "")
		}
	}
	if len(all) == 0 {
		return d.notStarted(ctx, errors.Join(errs...))
	}
	if len(missing) > 0 {
		say(p.Stderr, "interrupted before they began: %s", words.Enumerate(missing))
	}
	var failed error
	if d.form == asJSON {
		failed = report.WriteJSON(p.Stdout, report.NewTopologyDocument(d.topology, all))
	} else {
		failed = report.TopologyText(p.Stdout, report.NewStyle(p.Stdout), d.topology, all)
	}
	if failed != nil {
		return failed
	}
	return topologyCode(ctx, errors.Join(errs...), all...)
}

// listTopology is `drill list --topology`.
func listTopology(p Process, form, topology string, args []string) error {
	t, err := promotion.ParseTopology(topology)
	if err != nil {
		return usage(err)
	}
	all := promotion.Scenarios(t)
	if len(args) > 0 {
		one, err := topologyScenario(t, args[0])
		if err != nil {
			return usage(err)
		}
		all = []promotion.Scenario{one}
	}
	switch {
	case form == asYAML:
		return usage(hint.Wrap(errors.New("-o yaml prints the files of scenarios between regions, and those of a topology have none"), "give -o json"))
	case form == asJSON:
		return report.WriteJSON(p.Stdout, report.NewPromotionScenariosDocument(t, all))
	case len(args) > 0:
		return report.PromotionScenarioText(p.Stdout, report.NewStyle(p.Stdout), all[0])
	}
	return report.PromotionScenariosText(p.Stdout, report.NewStyle(p.Stdout), t, all)
}
