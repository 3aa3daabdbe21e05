package cmd

import (
	"context"
	"errors"
	"strings"

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

The verdict is inconclusive: the phases that were not reached cannot be made up for. The regions are given again, as the
drill was run: no password is kept.`,
		Example: `  aafailover drill resume k3jx0q2f7a --config staging.yaml --allow-writes us,eu`,
		Args:    exactly("a run"),
	}
	f := addAfter(c)
	output := addOutput(c, asTable, asJSON, asNDJSON)
	c.RunE = func(c *cobra.Command, args []string) error {
		settled, err := settle(c, p)
		if err != nil {
			return err
		}
		if err := usage(f.check()); err != nil {
			return err
		}
		l, err := f.open(c.Context(), p, settled, args[0])
		if err != nil {
			return err
		}
		defer l.close()
		return l.resume(c.Context(), p, output)
	}
	return c
}

// resume finishes the drill, keeps its record and prints the report.
func (l *left) resume(ctx context.Context, p Process, output *form) error {
	if l.gone {
		say(p.Stderr, "run %s was on a lab that does not run any more: what it had broken and what was written ended with it, and only what was measured can be told", l.Begin.Run)
	} else if len(l.Trail.Made) > 0 {
		say(p.Stderr, "may be in force: %s", actionsText(l.Trail.Made))
	}
	shown := showDrill(p, output.chosen, l.config.Maps)
	l.config.OnEvent = func(e probe.Event) {
		l.Note(e)
		shown.add(e)
	}
	l.config.Fault = l.Faults(l.fault(p))
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

// fault is what may be in force, by the way in which the drill made it.
func (l *left) fault(p Process) drill.Fault {
	switch kept := l.Begin.Fault; {
	case l.gone || kept.By == "proxy":
		return faults.LeftNowhere()
	case kept.By == "lab":
		return faults.LeftInLab(l.deployment.lab)
	case kept.Heal != "":
		names := l.Begin.Names()
		env := []string{"AAFAILOVER_RUN=" + l.Begin.Run, "AAFAILOVER_SCENARIO=" + l.Begin.Scenario,
			"AAFAILOVER_FROM=" + names[0], "AAFAILOVER_TO=" + l.target(names)}
		return faults.LeftToCommand(kept.Heal, env)
	}
	return faults.LeftToPeople(func() {
		say(p.Stderr, "undo by hand what is still in force (%s): the drill waits for the regions", actionsText(l.Trail.Made))
	})
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
