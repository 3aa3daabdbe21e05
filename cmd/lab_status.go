package cmd

import (
	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/report"
)

func newLabStatus(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "status",
		Short: "Show the regions and links of the running lab, and the faults in them",
		Args:  noArguments,
	}
	addSettings(c)
	control := addControl(c)
	output := addOutput(c, asTable, asJSON)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if _, err := settle(c, p); err != nil {
			return err
		}
		running, err := newestLab(c.Context(), p.Stderr, *control)
		if err != nil {
			return err
		}
		asking := progress(p.Stderr, "asking the lab at %s", running.Address())
		status, err := running.Status(c.Context())
		asking.end()
		if err != nil {
			return ofLab(err)
		}
		if output.chosen == asJSON {
			return report.WriteJSON(p.Stdout, report.NewLabStatusDocument(status))
		}
		return report.LabStatusText(p.Stdout, report.NewStyle(p.Stdout), status)
	}
	return c
}
