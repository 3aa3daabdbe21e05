package cmd

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/report"
)

func newDrillHistory(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "history",
		Short: "List the drills that were run on this machine, the newest first",
		Long: `Lists the drills whose runs are kept on this machine, the newest first, with what each measured. A run that was killed has
no result yet: "aafailover drill resume RUN" finishes it.`,
		Args: noArguments,
	}
	addSettings(c)
	output := addOutput(c, asTable, asJSON)
	state := addStateDir(c.Flags())
	most := c.Flags().IntP("limit", "n", 20, "runs to list at the most; 0: all")
	c.RunE = func(c *cobra.Command, _ []string) error {
		if _, err := settle(c, p); err != nil {
			return err
		}
		if *most < 0 {
			return usage(fmt.Errorf("limit %d: must not be less than 0", *most))
		}
		kept, err := archiveIn(*state)
		if err != nil {
			return err
		}
		reading := progress(p.Stderr, "reading the runs in %s", kept.Folder())
		runs, err := kept.History()
		reading.end()
		if err != nil {
			return err
		}
		if *most > 0 {
			runs = runs[:min(len(runs), *most)]
		}
		if output.chosen == asJSON {
			return report.WriteJSON(p.Stdout, report.NewHistoryDocument(kept.Folder(), runs))
		}
		return report.HistoryText(p.Stdout, report.NewStyle(p.Stdout), kept.Folder(), runs)
	}
	return c
}
