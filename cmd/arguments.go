package cmd

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/internal/hint"
)

// noArguments is the check of the arguments of a command that takes no argument.
func noArguments(c *cobra.Command, args []string) error {
	if len(args) == 0 {
		return nil
	}
	if c.HasAvailableSubCommands() && len(c.SuggestionsFor(args[0])) > 0 {
		return unknownCommand(c, args[0])
	}
	err := fmt.Errorf("%s takes no argument, and there is %s", c.CommandPath(), shown(args[0]))
	return hint.Wrap(err, strayHint(c, args[0]))
}

// atLeastOne is the check of the arguments of a command that takes one or more of what.
func atLeastOne(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		if len(args) == 0 {
			return lacking(c, what)
		}
		return nil
	}
}

// justOne is the check of the arguments of a command that takes one of what.
func justOne(what string) cobra.PositionalArgs {
	return func(c *cobra.Command, args []string) error {
		switch len(args) {
		case 0:
			return lacking(c, what)
		case 1:
			return nil
		}
		return hint.Wrap(fmt.Errorf("%s takes one %s, and %s is too much", c.CommandPath(), what, shown(args[1])), exampleOf(c))
	}
}

func lacking(c *cobra.Command, what string) error {
	return hint.Wrap(fmt.Errorf("%s needs a %s, and none is given", c.CommandPath(), what), exampleOf(c))
}

// exampleOf is the hint with the first example of a command.
func exampleOf(c *cobra.Command) string {
	first, _, _ := strings.Cut(strings.TrimSpace(c.Example), "\n")
	return "for example: " + first
}

// strayHint says where a word belongs that is no argument of the command; "" where that is not known.
func strayHint(c *cobra.Command, word string) string {
	switch {
	case strings.HasPrefix(word, "-"):
		return "leave out the --: what stands behind it is no flag"
	case c.Flags().Lookup("region") != nil && strings.ContainsAny(word, "=:"):
		return "each region has a --region of its own in front: --region us=redis://HOST:PORT"
	}
	return ""
}

// shown is a word that is in the wrong place, as an error may repeat it: without what stands before an '@', which can be a password.
func shown(word string) string {
	if at := strings.LastIndexByte(word, '@'); at >= 0 {
		word = "…" + word[at:]
	}
	return fmt.Sprintf("%q", word)
}
