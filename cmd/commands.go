package cmd

import (
	"io"
	"strings"

	"github.com/spf13/cobra"
)

// Commands are the commands of the program with all that their help says, for what documents them. They are the same on every
// machine and in every terminal.
func Commands() *cobra.Command {
	root := newRoot(Process{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: io.Discard})
	document(root)
	return root
}

// document gives a command and all below it what they have when help is asked for: the flag --help, which cobra adds when they are
// run, and defaults as they are typed.
func document(c *cobra.Command) {
	c.InitDefaultHelpFlag()
	typeDefaults(c.Flags())
	for _, below := range c.Commands() {
		document(below)
	}
}
