package cmd

import (
	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/report"
)

func newCheckList(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "list",
		Short: "List the rules that a deployment is checked by",
		Long: `Lists the rules by what they are about: what should hold, and whether it is a warning or a failure when it does not.
A warning fails the check with --strict only.`,
		Example: `  aafailover check list
  aafailover check list -o json`,
		Args: noArguments,
	}
	addSettings(c)
	output := addOutput(c, asTable, asJSON)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if _, err := settle(c, p); err != nil {
			return err
		}
		if output.chosen == asJSON {
			return report.WriteJSON(p.Stdout, report.NewChecksDocument(check.Rules()))
		}
		return report.ChecksText(p.Stdout, report.NewStyle(p.Stdout), check.Rules())
	}
	return c
}
