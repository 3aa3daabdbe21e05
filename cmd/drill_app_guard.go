package cmd

import (
	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/drill/service/program"
)

// appGuardName is the command that `drill app` starts in the group of the service.
const appGuardName = "app-guard"

// newAppGuard is the process that ends a service whose drill was killed. It takes no settings.
func newAppGuard(p Process) *cobra.Command {
	return &cobra.Command{
		Use:  appGuardName,
		Args: noArguments,
		RunE: func(*cobra.Command, []string) error {
			program.Guard(p.Stdin)
			return nil
		},
	}
}
