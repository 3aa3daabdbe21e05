package main

import (
	"regexp"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"
)

// page is what there is to say about one command.
type page struct {
	path             string // aafailover drill list
	short            string
	usage            []string
	about            []block // nothing where there is no more to say than short
	examples         []string
	flags, inherited []flag
	above            string   // path of the command that it belongs to; "" for the program
	below            []string // paths
	summaries        []string // of those below
}

// block is a part of a text: one of a paragraph, a table, and lines to copy.
type block struct {
	paragraph string
	rows      [][]string
	lines     []string
}

// flag is one flag of a command.
type flag struct{ name, short, value, usage, standard string }

// synopsis is how the flag is written: "-o, --output FORM".
func (f flag) synopsis() string {
	text := "--" + f.name
	if f.short != "" {
		text = "-" + f.short + ", " + text
	}
	if f.value != "" {
		text += " " + f.value
	}
	return text
}

// everyPage makes the page of a command and of all below it that are not hidden.
func everyPage(c *cobra.Command, do func(page)) {
	do(pageOf(c))
	for _, below := range c.Commands() {
		if below.IsAvailableCommand() || below.Name() == "help" {
			everyPage(below, do)
		}
	}
}

func pageOf(c *cobra.Command) page {
	p := page{path: c.CommandPath(), short: c.Short, about: blocks(c.Long), flags: flagsOf(c.NonInheritedFlags()), inherited: flagsOf(c.InheritedFlags())}
	if c.Runnable() {
		p.usage = append(p.usage, c.UseLine())
	}
	for line := range strings.Lines(c.Example) {
		p.examples = append(p.examples, strings.TrimSpace(line))
	}
	if c.HasParent() {
		p.above = c.Parent().CommandPath()
	}
	for _, below := range c.Commands() {
		if below.IsAvailableCommand() || below.Name() == "help" {
			p.below, p.summaries = append(p.below, below.CommandPath()), append(p.summaries, below.Short)
		}
	}
	if len(p.below) > 0 {
		p.usage = append(p.usage, p.path+" [command]")
	}
	return p
}

// file is the name of the file of a page, without what it ends with: aafailover-drill-list.
func (p page) file() string { return fileOf(p.path) }

func fileOf(path string) string { return strings.ReplaceAll(path, " ", "-") }

func flagsOf(set *pflag.FlagSet) []flag {
	var all []flag
	set.VisitAll(func(f *pflag.Flag) {
		if f.Hidden {
			return
		}
		value, usage := pflag.UnquoteUsage(f)
		if f.NoOptDefVal == "true" {
			value = "" // none follows
		}
		all = append(all, flag{name: f.Name, short: f.Shorthand, value: value, usage: usage, standard: standardOf(f)})
	})
	return all
}

// standardOf is what a flag is when it is not given, where that is worth telling.
func standardOf(f *pflag.Flag) string {
	switch f.DefValue {
	case "", "0", "0s", "false", "[]", "<nil>":
		return ""
	}
	return strings.TrimSuffix(strings.TrimPrefix(f.DefValue, "["), "]")
}

// betweenCells separates the cells of a row of a table.
var betweenCells = regexp.MustCompile(` {2,}`)

// blocks takes a text of a command apart, which is written as help takes it: lines that are indented by spaces are a table, and
// those that are indented by tabs are to be copied.
func blocks(text string) []block {
	var all []block
	last := func(fits func(block) bool) *block {
		if len(all) == 0 || !fits(all[len(all)-1]) {
			all = append(all, block{})
		}
		return &all[len(all)-1]
	}
	for line := range strings.SplitSeq(strings.TrimSpace(text), "\n") {
		switch trimmed := strings.TrimSpace(line); {
		case trimmed == "":
			all = append(all, block{})
		case line[0] == '\t':
			b := last(func(b block) bool { return b.paragraph == "" && b.rows == nil })
			b.lines = append(b.lines, trimmed)
		case line[0] == ' ':
			b := last(func(b block) bool { return b.paragraph == "" && b.lines == nil })
			b.rows = append(b.rows, betweenCells.Split(trimmed, -1))
		default:
			b := last(func(b block) bool { return b.rows == nil && b.lines == nil })
			b.paragraph = strings.TrimSpace(b.paragraph + " " + strings.TrimLeft(trimmed, "# "))
		}
	}
	kept := all[:0]
	for _, b := range all {
		if b.paragraph != "" || b.rows != nil || b.lines != nil {
			kept = append(kept, b)
		}
	}
	return kept
}
