package cmd

import (
	"context"
	"time"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/report"
)

func newDrillClean(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "clean RUN",
		Short: "Delete the keys that a drill has left, for example one that was killed",
		Long: `Deletes the keys of a drill, each in the region that wrote it and no others, by the ledger that the drill kept while it
ran, and says what is left to expire. A drill cleans up after itself: this is for one that was killed, or could not reach a
region. It makes no attempt to finish the analysis, which needs those keys: "aafailover drill resume RUN" does, and cleans up.

The regions are given again, as the drill was run: no password is kept.

The exit code is 0 when nothing is left, 1 when keys are left or may be.`,
		Example:           `  aafailover drill clean k3jx0q2f7a --config staging.yaml --allow-writes us,eu`,
		ValidArgsFunction: completeRuns(1, orNothing),
		Args:              exactly("a run"),
	}
	f := addAfter(c)
	output := addOutput(c, asTable, asJSON)
	c.RunE = func(c *cobra.Command, args []string) error {
		l, err := f.open(c, p, args[0])
		if err != nil {
			return err
		}
		defer l.close()
		return l.clean(c.Context(), p, output.chosen)
	}
	return c
}

// cleanLimit is how long a cleaning-up that was asked for goes on while no key can be deleted.
const cleanLimit = 30 * time.Second

// clean deletes the keys of the run and prints what became of them.
func (l *left) clean(ctx context.Context, p Process, form string) error {
	found := report.CleanedResult{Deployment: report.Deployment(l.Begin.Deployment), Run: l.Begin.Run, Expires: l.expires()}
	if l.gone {
		say(p.Stderr, "run %s was on a lab that does not run any more: its keys ended with it", l.Begin.Run)
	} else {
		l.config.Limits.CleanUp = cleanLimit
		cleaning := progress(p.Stderr, "deleting what is left of %d keys of run %s", l.ledger.Len(), l.Begin.Run)
		found.Regions = drill.Clean(ctx, l.config, l.ledger)
		cleaning.end()
	}
	var err error
	if found.Clean() {
		if err := l.Cleaned(); err != nil {
			complain(p.Stderr, err, "")
		}
	}
	if form == asJSON {
		err = report.WriteJSON(p.Stdout, report.NewCleanedDocument(found))
	} else {
		err = report.CleanedText(p.Stdout, report.NewStyle(p.Stdout), found)
	}
	switch {
	case err != nil:
		return err
	case ctx.Err() != nil:
		return result(exitInterrupted)
	case !found.Clean():
		return result(exitFinding)
	}
	return nil
}

// expires is when the last key of the run has expired, wherever it is. A write that was in flight when the drill was
// killed may have been applied as late as its connection lasted, which is not counted.
func (l *left) expires() time.Time {
	if l.ledger.Len() == 0 {
		return time.Time{}
	}
	last := l.ledger.Entry(l.ledger.Len() - 1)
	return l.ledger.Head().Start.Add(max(last.Sent, last.Ended) + l.config.Expiry)
}
