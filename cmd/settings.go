package cmd

import (
	"errors"
	"os"
	"slices"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
)

// addSettings gives a command the flag that names the configuration file.
func addSettings(c *cobra.Command) {
	c.Flags().String("config", "", "read settings from `FILE` (default: "+config.FileName+" here, or in the user's configuration folder)")
}

// settle sets the flags that the command line left alone from the environment and the configuration file, and
// returns what they say about the deployment. A command that takes no --region gets none, and is not bothered by
// a password that cannot be read.
func settle(c *cobra.Command, p Process) (config.Config, error) {
	in := inputOf(c, p)
	chosen := in.Flags.Changed("control") // on the command line: a variable may be meant for other commands
	settled, err := config.Resolve(c.Context(), in)
	settlePolicy(c.Flags())
	if plain, _ := c.Flags().GetBool("no-color"); plain {
		_ = os.Setenv("NO_COLOR", "1") // whatever paints goes by it: the reports, the dashboards, and the libraries below them
	}
	if err == nil && chosen && c.Flags().Lookup("lab") != nil && !settled.Lab {
		err = hint.Wrap(errors.New("--control says which lab, and --lab is not given"), "give --lab too, or leave --control out")
	}
	return settled, usage(err)
}

// inputOf is what settings are made of.
func inputOf(c *cobra.Command, p Process) config.Input {
	in := config.Input{Flags: c.Flags(), Own: flagNames(c.Flags()), Known: everyFlagName, Environ: p.Environ, Lab: true, TLS: tlsOf(c.Flags())}
	in.File, _ = c.Flags().GetString("config")
	if c.Flags().Lookup("region") != nil {
		in.Regions, _ = c.Flags().GetStringArray("region")
		in.APIs, _ = c.Flags().GetStringArray("api")
		in.Lab, _ = c.Flags().GetBool("lab")
	}
	return in
}

func flagNames(flags *pflag.FlagSet) []string {
	var names []string
	flags.VisitAll(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}

// flagsGiven are the names of the flags on the command line, for as long as settle has not put those of the file and of the
// environment beside them.
func flagsGiven(flags *pflag.FlagSet) []string {
	var names []string
	flags.Visit(func(f *pflag.Flag) { names = append(names, f.Name) })
	return names
}

// everyFlagName are the names of the flags of all commands, also of those that were not made for this run.
func everyFlagName() []string { return allFlagNames(newRoot(Process{})) }

// allFlagNames are those of a command and all below it, each once: one file and one environment serve all commands.
func allFlagNames(c *cobra.Command) []string {
	names := flagNames(c.LocalFlags())
	for _, below := range c.Commands() {
		names = append(names, allFlagNames(below)...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
