package cmd

import (
	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/report"
)

func newDrillDiff(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "diff A B",
		Short: "Compare two earlier drills, side by side",
		Long:  `Compares what two drills were set to and what they measured. Each is a run that is kept on this machine, or the file of a record.`,
		Example: `  aafailover drill diff k3jx0q2f7a 9b2m44xpro
  aafailover drill diff before.json after.json -o json`,
		Args: exactly("a run or the file of a record", "another"),
	}
	addSettings(c)
	output := addOutput(c, asTable, asJSON)
	state := addStateDir(c.Flags())
	c.RunE = func(c *cobra.Command, args []string) error {
		if _, err := settle(c, p); err != nil {
			return err
		}
		kept, err := archiveIn(*state)
		if err != nil {
			return err
		}
		a, err := findRecord(kept, args[0])
		if err != nil {
			return err
		}
		b, err := findRecord(kept, args[1])
		if err != nil {
			return err
		}
		if output.chosen == asJSON {
			return report.WriteJSON(p.Stdout, report.NewDrillDiffDocument(a, b))
		}
		return report.DrillDiffText(p.Stdout, report.NewStyle(p.Stdout), a, b)
	}
	return c
}
