package cmd

import (
	"github.com/spf13/cobra"
)

func newDrillShow(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "show RUN|FILE",
		Short: "Print the report of an earlier drill again",
		Long: `Prints the report of a drill that is kept on this machine, or whose whole record is in a file (drill --record FILE). The
exit code is 0 whatever the drill found: it is that of the drill which says.`,
		Example: `  aafailover drill show k3jx0q2f7a
  aafailover drill show staging.json -o json`,
		ValidArgsFunction: completeRuns(1, orFiles),
		Args:              exactly("a run or the file of a record"),
	}
	addSettings(c)
	output := addOutput(c, asTable, asJSON, asNDJSON)
	state := addStateDir(c.Flags())
	c.RunE = func(c *cobra.Command, args []string) error {
		found, err := findRecords(c, p, *state, args)
		if err != nil {
			return err
		}
		return printDrill(p, output.chosen, found[0])
	}
	return c
}
