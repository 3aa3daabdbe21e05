package cmd

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/report"
)

// Columns of help: as many as the terminal has, of which fewer than leastHelp would hold nothing beside the names of flags.
const (
	usualHelp = 80 // where there is no terminal
	leastHelp = 40
)

// explain gives a command and those below it their help, which fits the terminal.
func explain(root *cobra.Command, p Process) {
	width := func() int { return max(leastHelp, cmp.Or(report.NewStyle(p.Stdout).Width, usualHelp)) }
	root.SetHelpFunc(func(c *cobra.Command, _ []string) {
		_, _ = io.WriteString(c.OutOrStdout(), helpText(c, width())) // the end of whoever reads it ends the program
	})
	root.SetUsageFunc(func(c *cobra.Command) error {
		_, err := io.WriteString(c.OutOrStderr(), usageText(c, width()))
		return err
	})
	root.SetHelpCommand(newHelp())
}

// typeDefaults has what flags are by default told as people type it: 1h, where pflag has 1h0m0s. No start waits for that: it is
// done when help is asked for.
func typeDefaults(flags *pflag.FlagSet) {
	flags.VisitAll(func(f *pflag.Flag) {
		if d, err := time.ParseDuration(f.DefValue); err == nil && f.Value.Type() == "duration" {
			f.DefValue = words.Typed(d)
		}
	})
}

func showHelp(c *cobra.Command, _ []string) error { return c.Help() }

func newHelp() *cobra.Command {
	return &cobra.Command{
		Use:               "help [COMMAND]",
		Short:             "Show what a command does and takes",
		ValidArgsFunction: completeCommands,
		RunE: func(c *cobra.Command, args []string) error {
			about, rest, err := c.Root().Find(args)
			if err != nil || len(rest) > 0 {
				return usage(unknownCommand(c.Root(), args[0]))
			}
			return about.Help()
		},
	}
}

// helpText is what a command does, and how it is used.
func helpText(c *cobra.Command, width int) string {
	return prose(cmp.Or(c.Long, c.Short), width) + "\n\n" + usageText(c, width)
}

// usageText is how a command is used. Examples are left as they are, to be copied.
func usageText(c *cobra.Command, width int) string {
	var b strings.Builder
	section := func(title, text string) {
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		b.WriteString(title + ":\n" + strings.TrimRight(text, "\n") + "\n")
	}
	var lines []string
	if c.Runnable() {
		lines = append(lines, "  "+c.UseLine())
	}
	if c.HasAvailableSubCommands() {
		lines = append(lines, "  "+c.CommandPath()+" [command]")
	}
	section("Usage", strings.Join(lines, "\n"))
	if c.HasExample() {
		section("Examples", c.Example)
	}
	if c.HasAvailableSubCommands() {
		section("Available Commands", commandList(c, width))
	}
	for _, flags := range []struct {
		title string
		set   *pflag.FlagSet
	}{{"Flags", c.LocalFlags()}, {"Global Flags", c.InheritedFlags()}} {
		if flags.set.HasAvailableFlags() {
			typeDefaults(flags.set)
			section(flags.title, flags.set.FlagUsagesWrapped(width))
		}
	}
	if c.HasAvailableSubCommands() {
		b.WriteString("\n" + words.Fold(fmt.Sprintf("Use %q for more information about a command.", c.CommandPath()+" [command] --help"), 0, width) + "\n")
	}
	return b.String()
}

func commandList(c *cobra.Command, width int) string {
	var lines []string
	for _, below := range c.Commands() {
		if below.IsAvailableCommand() || below.Name() == "help" {
			lines = append(lines, hang(fmt.Sprintf("  %-*s ", below.NamePadding(), below.Name()), below.Short, width))
		}
	}
	return strings.Join(lines, "\n")
}

// prose breaks the lines of a text that is written in paragraphs. What is indented by spaces is a list or a table, of which
// the last column is broken; what is indented by tabs is to be copied.
func prose(text string, width int) string {
	var out, paragraph []string
	end := func() {
		if len(paragraph) > 0 {
			out = append(out, words.Fold(strings.Join(paragraph, " "), 0, width))
		}
		paragraph = nil
	}
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		if line != "" && line[0] != ' ' && line[0] != '\t' {
			paragraph = append(paragraph, line)
			continue
		}
		end()
		if strings.HasPrefix(line, " ") {
			line = hangLine(line, width)
		}
		out = append(out, strings.TrimRight(line, " "))
	}
	end()
	return strings.Join(out, "\n")
}

// hangLine breaks the last column of a line of a table.
func hangLine(line string, width int) string {
	at := strings.LastIndex(line, "  ")
	return hang(line[:at+2], line[at+2:], width)
}

// hang puts text behind a head, and its further lines below its first one.
func hang(head, text string, width int) string {
	return head + strings.TrimLeft(words.Fold(text, len(head), width), " ")
}
