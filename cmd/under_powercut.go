package cmd

import (
	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/lab/powercut"
)

// newUnderPowercut is the command by which the lab starts a server whose fsyncs are witnessed, and that witness.
func newUnderPowercut(Process) *cobra.Command {
	return &cobra.Command{
		Use:                powercut.Command,
		DisableFlagParsing: true,
		RunE:               func(_ *cobra.Command, args []string) error { return powercut.Run(args) },
	}
}
