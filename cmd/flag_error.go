package cmd

import (
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/words"
)

// flagError is the error about a flag of a command, with what was meant as its hint where that can be told.
func flagError(c *cobra.Command, err error) error {
	if unknown, ok := errors.AsType[*pflag.NotExistError](err); ok {
		// cobra looks for a command by the first words only: one that is not found leaves its flags to the one above.
		if word := c.Flags().Arg(0); word != "" && c.HasSubCommands() && c.Args != nil && c.Args(c, []string{word}) != nil {
			return c.Args(c, []string{word})
		}
		return hint.Wrap(err, unknownFlagHint(c, unknown))
	}
	if missing, ok := errors.AsType[*pflag.ValueRequiredError](err); ok {
		value, _ := pflag.UnquoteUsage(missing.GetFlag())
		return hint.Wrap(err, fmt.Sprintf("write --%s %s", missing.GetFlag().Name, strings.ToUpper(value)))
	}
	if bad, ok := errors.AsType[*pflag.InvalidValueError](err); ok {
		if worded := config.ValueError(bad.GetValue(), bad.Unwrap()); len(hint.Of(worded)) > 0 {
			return fmt.Errorf("--%s: %w", bad.GetFlag().Name, worded)
		}
	}
	return err
}

// unknownFlagHint tells which flag was meant, or which command has it; "" where neither is known.
func unknownFlagHint(c *cobra.Command, e *pflag.NotExistError) string {
	name := e.GetSpecifiedName()
	if letters := e.GetSpecifiedShortnames(); letters != "" {
		name = letters
		if near, ok := words.Nearest(letters, visibleFlags(c)); ok && len(letters) > 1 {
			return "write two dashes: --" + near
		}
	}
	if slices.Contains([]string{"version", "v", "V"}, name) && !c.HasParent() {
		return "aafailover version prints it"
	}
	if near, ok := words.Nearest(name, visibleFlags(c)); ok && len(name) > 1 {
		return "did you mean --" + near + "?"
	}
	const most = 3 // commands are named
	if others := commandsWith(newRoot(Process{}), name); len(others) > 0 && len(others) <= most {
		return "--" + name + " is a flag of " + words.Enumerate(others)
	}
	return ""
}

// visibleFlags are the names of the flags that the help of a command shows.
func visibleFlags(c *cobra.Command) []string {
	var names []string
	c.Flags().VisitAll(func(f *pflag.Flag) {
		if !f.Hidden {
			names = append(names, f.Name)
		}
	})
	return names
}

// commandsWith are the paths of the commands, of this one and all below it, that have a flag of this name.
func commandsWith(c *cobra.Command, name string) []string {
	var paths []string
	if f := c.LocalFlags().Lookup(name); f != nil && !f.Hidden && !c.Hidden && c.HasParent() {
		paths = append(paths, c.CommandPath())
	}
	for _, below := range c.Commands() {
		paths = append(paths, commandsWith(below, name)...)
	}
	return paths
}
