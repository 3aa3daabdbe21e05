package cmd

import (
	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/report"
)

func newCheckExplain(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:     "explain ID",
		Short:   "Tell why a rule matters, what to do about it, and which document says so",
		Example: "  aafailover check explain same-version",
		Args:    justOne("rule"),
		ValidArgsFunction: func(_ *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
			if len(args) > 0 {
				return nil, cobra.ShellCompDirectiveNoFileComp
			}
			return describedRules(), cobra.ShellCompDirectiveNoFileComp
		},
	}
	addSettings(c)
	output := addOutput(c, asTable, asJSON)
	c.RunE = func(c *cobra.Command, args []string) error {
		if _, err := settle(c, p); err != nil {
			return err
		}
		rule, err := check.Find(args[0])
		if err != nil {
			return usage(err)
		}
		if output.chosen == asJSON {
			return report.WriteJSON(p.Stdout, report.NewChecksDocument([]check.Rule{rule}))
		}
		return report.RuleText(p.Stdout, report.NewStyle(p.Stdout), rule)
	}
	return c
}

// describedRules are the IDs of all rules with their titles, for the completion of a shell.
func describedRules() []string {
	var all []string
	for _, r := range check.Rules() {
		all = append(all, cobra.CompletionWithDesc(r.ID, r.Title))
	}
	return all
}
