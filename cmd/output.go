package cmd

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"
)

// The forms of a result, as -o names them.
const (
	asTable    = "table"
	asJSON     = "json"
	asNDJSON   = "ndjson"
	asCSV      = "csv"
	asYAML     = "yaml"
	asJUnit    = "junit"
	asMarkdown = "markdown"
	asText     = "text"
	asHTML     = "html"
)

// form is the value of -o: one of the forms that the command can print.
type form struct {
	chosen string
	known  []string
}

// addOutput gives a command the flag -o. The first form is the default.
func addOutput(c *cobra.Command, known ...string) *form {
	f := &form{chosen: known[0], known: known}
	c.Flags().VarP(f, "output", "o", "print the result as "+orList(known))
	_ = c.RegisterFlagCompletionFunc("output", cobra.FixedCompletions(known, cobra.ShellCompDirectiveNoFileComp))
	return f
}

// String, Set and Type make it a pflag.Value.
func (f *form) String() string { return f.chosen }

// Type is what help shows in place of the value.
func (f *form) Type() string { return "FORM" }

// Set refuses what the command cannot print.
func (f *form) Set(text string) error {
	if !slices.Contains(f.known, text) {
		return fmt.Errorf("must be %s", orList(f.known))
	}
	f.chosen = text
	return nil
}

// orList joins words as a sentence does: a, b or c.
func orList(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
