package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"
)

// index is the page that leads to all others.
func index(root *cobra.Command) string {
	var b strings.Builder
	b.WriteString("# Commands\n\nEvery command with its flags, as `--help` shows them. Written by `make manual`.\n\n")
	everyPage(root, func(p page) {
		fmt.Fprintf(&b, "- [%s](%s.md): %s\n", p.path, p.file(), plain(p.short))
	})
	return b.String()
}

// markdown is a page for a browser.
func markdown(p page) string {
	var b strings.Builder
	fmt.Fprintf(&b, "# %s\n\n%s\n\n", p.path, plain(p.short))
	fence(&b, p.usage)
	for _, part := range p.about {
		switch {
		case part.rows != nil:
			for _, row := range part.rows {
				fmt.Fprintf(&b, "- %s\n", markdownRow(row))
			}
			b.WriteString("\n")
		case part.lines != nil:
			fence(&b, part.lines)
		default:
			b.WriteString(plain(part.paragraph) + "\n\n")
		}
	}
	if len(p.examples) > 0 {
		b.WriteString("## Examples\n\n")
		fence(&b, p.examples)
	}
	if len(p.below) > 0 {
		b.WriteString("## Commands\n\n")
		for i, path := range p.below {
			fmt.Fprintf(&b, "- [%s](%s.md): %s\n", path, fileOf(path), plain(p.summaries[i]))
		}
		b.WriteString("\n")
	}
	markdownFlags(&b, "Flags", p.flags)
	markdownFlags(&b, "Flags of all commands", p.inherited)
	if p.above != "" {
		fmt.Fprintf(&b, "Part of [%s](%s.md).\n", p.above, fileOf(p.above))
	}
	return strings.TrimRight(b.String(), "\n") + "\n"
}

func fence(b *strings.Builder, lines []string) {
	if len(lines) > 0 {
		b.WriteString("```\n" + strings.Join(lines, "\n") + "\n```\n\n")
	}
}

// markdownRow is a row of a table as an item of a list: what it is about, and the rest.
func markdownRow(cells []string) string {
	head, text := cells[:len(cells)-1], plain(cells[len(cells)-1])
	if len(head) == 0 {
		return text
	}
	row := "`" + head[0] + "`"
	for _, cell := range head[1:] {
		row += ", " + plain(cell)
	}
	return row + ": " + text
}

func markdownFlags(b *strings.Builder, title string, flags []flag) {
	if len(flags) == 0 {
		return
	}
	b.WriteString("## " + title + "\n\n")
	for _, f := range flags {
		fmt.Fprintf(b, "- `%s`: %s", f.synopsis(), plain(f.usage))
		if f.standard != "" {
			fmt.Fprintf(b, " (default `%s`)", f.standard)
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

// plain keeps signs of a text from being taken for Markdown; what stands between backticks is code there too.
func plain(text string) string {
	parts := strings.Split(text, "`")
	for i := 0; i < len(parts); i += 2 {
		parts[i] = markdownSigns.Replace(parts[i])
	}
	return strings.Join(parts, "`")
}

var markdownSigns = strings.NewReplacer(`\`, `\\`, `*`, `\*`, `_`, `\_`, `<`, `\<`, `>`, `\>`, `[`, `\[`, `]`, `\]`, `|`, `\|`)
