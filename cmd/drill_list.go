package cmd

import (
	"io"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/report"
)

func newDrillList(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "list [SCENARIO]",
		Short: "List the scenarios, or show one in detail",
		Long: `Lists the scenarios that come with the program: what happens in each, and what that means for an application.

With the name of one it tells also which setting would have changed it, its steps, and what it expects; -o yaml prints its
file, to begin one of your own with: aafailover drill --file FILE.`,
		Example: `  aafailover drill list
  aafailover drill list flapping
  aafailover drill list flapping -o yaml > mine.yaml`,
		Args:              atMostScenario,
		ValidArgsFunction: completeScenarios,
	}
	addSettings(c)
	output := addOutput(c, asTable, asJSON, asYAML)
	topology := c.Flags().String("topology", "", "list the scenarios of `TOPOLOGY`: sentinel, cluster or replica, for drill --topology")
	c.RunE = func(c *cobra.Command, args []string) error {
		if _, err := settle(c, p); err != nil {
			return err
		}
		if *topology != "" {
			return listTopology(p, output.chosen, *topology, args)
		}
		all := drill.Scenarios()
		if len(args) > 0 {
			one, err := scenarioNamed(args[0])
			if err != nil {
				return usage(err)
			}
			all = []drill.Scenario{one}
		}
		switch {
		case output.chosen == asJSON:
			return report.WriteJSON(p.Stdout, report.NewScenariosDocument(all))
		case output.chosen == asYAML:
			return writeScenarios(p.Stdout, all)
		case len(args) > 0:
			return report.ScenarioText(p.Stdout, report.NewStyle(p.Stdout), all[0])
		}
		return report.ScenariosText(p.Stdout, report.NewStyle(p.Stdout), all)
	}
	return c
}

// writeScenarios writes the files of scenarios, as YAML documents.
func writeScenarios(w io.Writer, all []drill.Scenario) error {
	for i, s := range all {
		text, _ := drill.ScenarioText(s.Name)
		if i > 0 {
			text = append([]byte("---\n"), text...)
		}
		if _, err := w.Write(text); err != nil {
			return err
		}
	}
	return nil
}
