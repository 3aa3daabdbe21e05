package cmd

import (
	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/report"
)

func newDrillList(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "list",
		Short: "List the scenarios and what each teaches",
		Args:  cobra.NoArgs,
	}
	addSettings(c)
	output := addOutput(c, asTable, asJSON)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if _, err := settle(c, p); err != nil {
			return err
		}
		if output.chosen == asJSON {
			return report.WriteJSON(p.Stdout, report.NewScenariosDocument(drill.Scenarios()))
		}
		return report.ScenariosText(p.Stdout, report.NewStyle(p.Stdout), drill.Scenarios())
	}
	return c
}
