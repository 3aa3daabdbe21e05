package cmd

import (
	"context"
	"errors"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/report"
)

func newLabStatus(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "status",
		Short: "Show the regions and links of the running lab, and the faults in them",
		Args:  cobra.NoArgs,
	}
	addSettings(c)
	control := addControl(c)
	output := addOutput(c, asTable, asJSON)
	c.RunE = func(c *cobra.Command, _ []string) error {
		if _, err := settle(c, p); err != nil {
			return err
		}
		running, err := runningLab(c.Context(), *control)
		if err != nil {
			return err
		}
		status, err := running.Status(c.Context())
		if err != nil {
			return err
		}
		if output.chosen == asJSON {
			return report.WriteJSON(p.Stdout, report.NewLabStatusDocument(status))
		}
		return report.LabStatusText(p.Stdout, report.NewStyle(p.Stdout), status)
	}
	return c
}

// addControl gives a command the flag that says which lab it is about.
func addControl(c *cobra.Command) *string {
	return c.Flags().String("control", "", "`ADDRESS` of the lab's control (default: the running lab is found)")
}

// runningLab returns a client for the lab at an address, or for the one that is running.
func runningLab(ctx context.Context, control string) (*lab.Client, error) {
	if control != "" {
		return lab.Connect(control), nil
	}
	running, err := lab.Find(ctx)
	if errors.Is(err, lab.ErrNoLab) {
		err = hint.Wrap(err, "start one with `aafailover lab` in another terminal, or give --control ADDRESS")
	}
	return running, err
}
