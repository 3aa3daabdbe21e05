package cmd

import "github.com/spf13/cobra"

// addDashboard gives a command the flag that keeps it from opening its dashboard.
func addDashboard(c *cobra.Command) *bool {
	return c.Flags().Bool(noTUI, false, "print lines in place of opening the dashboard, also on a terminal")
}
