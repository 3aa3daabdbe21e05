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
		ValidArgsFunction: completeRuns(2, orFiles),
		Args:              exactly("a run or the file of a record", "another"),
	}
	addSettings(c)
	output := addOutput(c, asTable, asJSON)
	state := addStateDir(c.Flags())
	c.RunE = func(c *cobra.Command, args []string) error {
		found, err := findRecords(c, p, *state, args)
		if err != nil {
			return err
		}
		a, b := found[0], found[1]
		if output.chosen == asJSON {
			return report.WriteJSON(p.Stdout, report.NewDrillDiffDocument(a, b))
		}
		return report.DrillDiffText(p.Stdout, report.NewStyle(p.Stdout), a, b)
	}
	return c
}
