package cmd

import (
	"io"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// completionName and completionShort are what cobra calls the command by, and what it says of it.
const (
	completionName  = "completion"
	completionShort = "Generate the autocompletion script for the specified shell"
)

// offerCompletion adds the command that writes what makes a shell complete this program.
func offerCompletion(root *cobra.Command, in scope) {
	if !in(completionName) {
		root.AddCommand(outline(completionName, completionShort, false))
		return
	}
	root.InitDefaultCompletionCmd()
	completion, _, err := root.Find([]string{completionName})
	if err != nil {
		return
	}
	completion.Args, completion.RunE = known, showHelp
	for _, shell := range completion.Commands() {
		switch shell.Name() {
		case "zsh":
			shell.RunE = mended(func(w io.Writer, described bool) error {
				if described {
					return root.GenZshCompletion(w)
				}
				return root.GenZshCompletionNoDesc(w)
			})
		case "fish":
			shell.RunE = mended(root.GenFishCompletion)
		}
	}
}

// amended is what scripts of cobra 1.10 take wrongly. Whether what is completed is the value of --flag=VALUE: the name of a region
// with a hyphen is no flag, as in "us-east=3,", and that of a flag ends at the first equals sign. And for fish a completion that
// begins with a hyphen is no option of string split.
func amended() *strings.Replacer {
	return strings.NewReplacer(`'-.*='`, `'^-[^=]*='`, `string split --max 1 \t `, `string split --max 1 -- \t `)
}

// mended writes a script that takes those rightly.
func mended(generate func(w io.Writer, described bool) error) func(*cobra.Command, []string) error {
	return func(c *cobra.Command, _ []string) error {
		plain, _ := c.Flags().GetBool("no-descriptions")
		var script strings.Builder
		if err := generate(&script, !plain); err != nil {
			return err
		}
		_, err := io.WriteString(c.OutOrStdout(), amended().Replace(script.String()))
		return err
	}
}

// describePlainly takes the signs out of what flags are described by, which show help where the name of a value stands.
func describePlainly(c *cobra.Command) {
	c.Flags().VisitAll(func(f *pflag.Flag) { _, f.Usage = pflag.UnquoteUsage(f) })
	for _, below := range c.Commands() {
		describePlainly(below)
	}
}
