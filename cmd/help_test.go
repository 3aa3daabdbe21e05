package cmd

import (
	"bytes"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/spf13/cobra"
)

// everyCommand ranges over a command and all below it.
func everyCommand(c *cobra.Command, do func(*cobra.Command)) {
	do(c)
	for _, below := range c.Commands() {
		everyCommand(below, do)
	}
}

// Help fits the terminal, and says in other lines what cobra says in wide ones.
func TestHelpFitsTheTerminal(t *testing.T) {
	root := newRoot(Process{Stdout: new(bytes.Buffer)})
	root.InitDefaultHelpFlag()
	commands := 0
	everyCommand(root, func(c *cobra.Command) {
		commands++
		root.SetUsageFunc(nil) // that of cobra
		typeDefaults(c.LocalFlags())
		wide := strings.TrimSpace(c.Long)
		if wide == "" {
			wide = c.Short
		}
		wide += "\n" + c.UsageString()
		for _, width := range []int{leastHelp, usualHelp, 120, 300} {
			text := helpText(c, width)
			if got, want := strings.Fields(text), strings.Fields(wide); !slices.Equal(got, want) {
				t.Errorf("%s at %d columns: the words are not those of cobra:\n%s", c.CommandPath(), width, text)
			}
			if width < usualHelp {
				continue // a word, or the name of a flag, can be wider than that
			}
			text = strings.Replace(text, c.Example, "", 1)
			for line := range strings.Lines(text) {
				if n := utf8.RuneCountInString(strings.TrimRight(line, "\n")); n > width && !strings.HasPrefix(line, "\t") {
					t.Errorf("%s: a line of %d columns, of %d: %s", c.CommandPath(), n, width, line)
				}
			}
		}
	})
	if commands < 30 {
		t.Errorf("only %d commands were looked at", commands)
	}
}

// Where there is no terminal, help fits one that is as wide as they are said to be.
func TestHelpWithoutATerminal(t *testing.T) {
	for _, args := range [][]string{{"drill", "--help"}, {"help", "drill"}, {"help", "lab", "cut"}, {}} {
		var stdout, stderr bytes.Buffer
		exit := Run(t.Context(), Process{Args: args, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr})
		if exit != 0 || stderr.Len() > 0 || !strings.Contains(stdout.String(), "\nFlags:\n") {
			t.Errorf("%q: exit code %d\n%s%s", args, exit, &stdout, &stderr)
		}
		usage, _, _ := strings.Cut(stdout.String(), "\nExamples:")
		_, flags, _ := strings.Cut(stdout.String(), "\nFlags:\n")
		for line := range strings.Lines(usage + flags) {
			if utf8.RuneCountInString(line) > usualHelp+1 {
				t.Errorf("%q: %s", args, line)
			}
		}
	}
}

// What is left out is told as people would type it.
func TestDefaultsAreToldAsTheyAreTyped(t *testing.T) {
	t.Parallel()
	hours := false
	everyCommand(newRoot(Process{}), func(c *cobra.Command) {
		for text := range strings.FieldsSeq(usageText(c, usualHelp)) {
			if strings.Contains(text, "m0s") || strings.Contains(text, "h0m") {
				t.Errorf("%s: %s", c.CommandPath(), text)
			}
			hours = hours || text == "1h)"
		}
	})
	if !hours {
		t.Error("no default of an hour is told")
	}
}
