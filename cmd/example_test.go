package cmd

import (
	"slices"
	"strings"
	"testing"

	"github.com/spf13/cobra"
)

func TestEveryExampleIsACommandThatThereIsWithFlagsThatItTakes(t *testing.T) {
	t.Parallel()
	checked := 0
	var check func(c *cobra.Command)
	check = func(c *cobra.Command) {
		for line := range strings.Lines(c.Example) {
			words := strings.Fields(strings.ReplaceAll(line, "'", ""))
			if redirection := slices.Index(words, ">"); redirection >= 0 {
				words = words[:redirection]
			}
			if len(words) == 0 || words[0] != "aafailover" {
				continue // of another program
			}
			// A tree of its own for each line: flags keep what they were set to.
			about, args, err := newRoot(Process{}).Find(words[1:])
			if err == nil {
				err = about.ParseFlags(args)
			}
			if err == nil {
				err = about.ValidateArgs(about.Flags().Args())
			}
			if err != nil {
				t.Errorf("%s: the example %q: %v", c.CommandPath(), strings.Join(words, " "), err)
			}
			if about != nil && about.Name() != c.Name() {
				t.Errorf("%s: the example %q is one of %s", c.CommandPath(), strings.Join(words, " "), about.CommandPath())
			}
			checked++
		}
		for _, below := range c.Commands() {
			check(below)
		}
	}
	check(newRoot(Process{}))
	if checked < 15 {
		t.Errorf("only %d examples were found", checked)
	}
}
