package cmd

import (
	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/lab/powercut"
)

// newUnderPowercut is the command by which the lab starts a server whose fsyncs are witnessed, and that witness.
func newUnderPowercut() *cobra.Command {
	return &cobra.Command{
		Use:                powercut.Command,
		Short:              "Run a server and witness its fsyncs: the program starts this by itself",
		Hidden:             true,
		DisableFlagParsing: true,
		RunE:               func(_ *cobra.Command, args []string) error { return powercut.Run(args) },
	}
}
