package cmd

import (
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/internal/config"
)

// addSettings gives a command the flag that names the configuration file.
func addSettings(c *cobra.Command) {
	c.Flags().String("config", "", "read settings from `FILE` (default: "+config.FileName+" here, or in the user's configuration folder)")
}

// settle sets the flags that the command line left alone from the environment and the configuration file, and
// returns what they say about the deployment. A command that takes no --region gets none, and is not bothered by
// a password that cannot be read.
func settle(c *cobra.Command, p Process) (config.Config, error) {
	in := config.Input{Flags: c.Flags(), Own: flagNames(c.Flags()), Known: allFlagNames(c.Root()), Environ: p.Environ, Lab: true}
	in.File, _ = c.Flags().GetString("config")
	if c.Flags().Lookup("region") != nil {
		in.Regions, _ = c.Flags().GetStringArray("region")
		in.Lab, _ = c.Flags().GetBool("lab")
	}
	settled, err := config.Resolve(c.Context(), in)
	return settled, usage(err)
}

func flagNames(flags *pflag.FlagSet) []string {
	var names []string
	flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}

// allFlagNames are those of a command and all below it, each once: one file and one environment serve all commands.
func allFlagNames(c *cobra.Command) []string {
	names := flagNames(c.LocalFlags())
	for _, below := range c.Commands() {
		names = append(names, allFlagNames(below)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
