package cmd

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/faults"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
)

func newDrillResume(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "resume RUN",
		Short: "Finish a drill that was killed: heal its fault, tell what became of its writes, clean up",
		Long: `Finishes a drill whose process was killed. It heals the fault if that may be in force, waits until the regions can be used,
looks for every write whose fate is open, prints the report of what was measured, and deletes what the drill had written.

Of a drill that came to its end only a fault is healed that it could not heal itself.

It passes or fails by what was on disk and by what became of the writes. What might have come out otherwise, had the drill gone
on, is not known: the phases that were not reached cannot be made up for, and then the verdict is inconclusive. The regions are given again, as the
drill was run: no password is kept, and for the same reason no heal command. The watchdog of a drill with --inject and --heal
heals by itself and is waited for; where it could not, --heal is needed again.`,
		Example:           `  aafailover drill resume k3jx0q2f7a --config staging.yaml --allow-writes us,eu`,
		ValidArgsFunction: completeRuns(1, orNothing),
		Args:              exactly("a run"),
	}
	f := addAfter(c)
	var heal string
	var timeout time.Duration
	c.Flags().StringVar(&heal, "heal", "", "`COMMAND` that undoes the fault, as the drill was run, where its watchdog could not heal it")
	c.Flags().DurationVar(&timeout, "fault-timeout", faults.DefaultCommandLimit, "limit for --heal")
	output := addOutput(c, asTable, asJSON, asNDJSON)
	c.RunE = func(c *cobra.Command, args []string) error {
		l, err := f.open(c, p, args[0])
		if err != nil {
			return err
		}
		defer l.close()
		if l.Ended && (l.gone || len(l.Trail.Made) == 0) {
			return usage(hint.Wrap(fmt.Errorf("run %s has come to its end: there is nothing to finish", args[0]),
				"aafailover drill show "+args[0]+" prints its report; aafailover drill clean "+args[0]+" deletes keys that it could not"))
		}
		if err := l.findFault(c.Context(), p, faults.CommandOptions{Heal: heal, Limit: timeout}); err != nil {
			return err
		}
		if l.Ended {
			return l.healLate(c.Context(), p, output)
		}
		return l.resume(c.Context(), p, output)
	}
	return c
}

// resume finishes the drill, keeps its record and prints the report.
func (l *left) resume(ctx context.Context, p Process, output *form) error {
	if l.gone {
		say(p.Stderr, "run %s was on a lab that does not run any more: what it had broken and what was written ended with it, and only what was measured can be told", l.Begin.Run)
	}
	shown := showDrill(p, output.chosen, l.config.Maps, "finishing run "+l.Begin.Run)
	l.config.OnEvent = func(e probe.Event) {
		l.Note(e)
		shown.add(e)
	}
	record, err := drill.Resume(ctx, l.config, l.ledger, *l.Trail)
	found := report.DrillResult{Deployment: report.Deployment(l.Begin.Deployment), Record: record}
	if err == nil {
		if kept := l.End(l.Begin.Deployment, record); kept != nil {
			complain(p.Stderr, kept, "the report is whole; `aafailover drill show` may not have it")
		}
	}
	if failed := shown.conclude(found); failed != nil {
		return failed
	}
	switch {
	case ctx.Err() != nil:
		return result(exitInterrupted)
	case errors.Is(err, drill.ErrNotHealed):
		return unobservable(hint.Wrap(err, "undo by hand what may be in force ("+actionsText(l.Trail.Made)+"), then resume again"))
	case err != nil:
		return unobservable(err)
	}
	return result(verdictCode(record.Verdict))
}

// healLate heals what a drill could not that has ended, and prints the report that it gave then.
func (l *left) healLate(ctx context.Context, p Process, output *form) error {
	limited, cancel := context.WithTimeout(ctx, l.config.Limits.Fault)
	defer cancel()
	defer progress(p.Stderr, "healing what may be in force").within(l.config.Limits.Fault).end()
	if err := l.config.Fault.Heal(limited); err != nil {
		return unobservable(hint.Wrap(fmt.Errorf("heal the fault: %w", err), "undo by hand what may be in force ("+actionsText(l.Trail.Made)+")"))
	}
	say(p.Stderr, "what the drill had broken is healed; its report is what it was")
	found, err := findRecord(l.archive, l.Begin.Run)
	if err != nil {
		return err
	}
	if err := printDrill(p, output.chosen, found); err != nil {
		return err
	}
	return result(verdictCode(found.Record.Verdict))
}

// findFault finds out what may be in force and who can undo it, by the way in which the drill made it. It waits for the
// watchdog of the drill, so that nothing heals beside it.
func (l *left) findFault(ctx context.Context, p Process, o faults.CommandOptions) error {
	var fault faults.Left
	switch by := l.Begin.Fault.By; {
	case l.gone || by == byProxy || len(l.Trail.Made) == 0:
		fault = faults.LeftNowhere()
	case by == byLab:
		say(p.Stderr, "may be in force: %s", actionsText(l.Trail.Made))
		fault = faults.LeftInLab(l.deployment.lab)
	case by == byCommand:
		waiting := progress(p.Stderr, "looking for the watchdog of the drill")
		healed, err := faults.AwaitWatchdog(ctx, l.Watchdog(), func() { say(p.Stderr, "the watchdog of the drill heals what it had made: waiting for it") })
		waiting.end()
		switch {
		case err != nil:
			return err
		case healed:
			say(p.Stderr, "the watchdog of the drill has healed what it had made")
			fault = faults.LeftNowhere()
		case o.Heal == "":
			return usage(hint.Wrap(fmt.Errorf("the fault of run %s may be in force (%s), and its heal command is not kept", l.Begin.Run, actionsText(l.Trail.Made)),
				"give --heal COMMAND, as the drill was run; --heal true when it is undone already"))
		default:
			say(p.Stderr, "may be in force: %s", actionsText(l.Trail.Made))
			names := l.Begin.Names()
			o.From, o.To, o.Run, o.Scenario = names[0], l.target(names), l.Begin.Run, l.Begin.Scenario
			o.Tell = func(text string) { say(p.Stderr, "%s", oneLine(text)) }
			l.config.Limits.Fault = max(l.config.Limits.Fault, o.Limit)
			fault = faults.LeftToCommand(o, l.Trail.Made)
		}
	default:
		fault = faults.LeftToPeople(func() {
			say(p.Stderr, "undo by hand what is still in force (%s): the drill waits for the regions", actionsText(l.Trail.Made))
		})
	}
	l.config.Fault = l.Faults(fault)
	return nil
}

// target is the region that the drill had moved to, or would have most likely.
func (l *left) target(names []string) string {
	if to := l.Trail.Last.Record.To; l.Trail.Last.Record.Run != "" && to > 0 && to < len(names) {
		return names[to]
	}
	return names[min(1, len(names)-1)]
}

func actionsText(actions []drill.Action) string {
	texts := make([]string, len(actions))
	for i, a := range actions {
		texts[i] = a.String()
	}
	return strings.Join(texts, ", ")
}
