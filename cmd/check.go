package cmd

import (
	"github.com/spf13/cobra"
)

func newCheck(p Process) *cobra.Command {
	c := &cobra.Command{
		Use:   "check",
		Short: "Tell whether a deployment is ready for the day that it fails",
		Args:  known,
		RunE:  showHelp,
	}
	c.AddCommand(newCheckList(p), newCheckExplain(p))
	return c
}
