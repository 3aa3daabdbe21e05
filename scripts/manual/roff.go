package main

import (
	"fmt"
	"strings"
)

// roff is a man page, in the macros of man(7).
func roff(p page) string {
	var b strings.Builder
	title := strings.ToUpper(p.file())
	fmt.Fprintf(&b, ".TH %s 1 \"\" aafailover \"User Commands\"\n", roffText(title))
	fmt.Fprintf(&b, ".SH NAME\n%s \\- %s\n", roffText(p.file()), roffText(p.short))
	b.WriteString(".SH SYNOPSIS\n")
	for i, usage := range p.usage {
		if i > 0 {
			b.WriteString(".br\n")
		}
		b.WriteString(roffText(usage) + "\n")
	}
	b.WriteString(".SH DESCRIPTION\n")
	about := p.about
	if len(about) == 0 {
		about = blocks(p.short)
	}
	for i, part := range about {
		if i > 0 && part.rows == nil { // a section and an item begin a paragraph by themselves
			b.WriteString(".PP\n")
		}
		switch {
		case part.rows != nil:
			for _, row := range part.rows {
				roffItem(&b, strings.Join(row[:len(row)-1], ", "), row[len(row)-1])
			}
		case part.lines != nil:
			roffLines(&b, part.lines)
		default:
			b.WriteString(roffText(part.paragraph) + "\n")
		}
	}
	if len(p.below) > 0 {
		b.WriteString(".SH COMMANDS\n")
		for i, path := range p.below {
			roffItem(&b, path, p.summaries[i])
		}
	}
	roffFlags(&b, "OPTIONS", p.flags)
	roffFlags(&b, "OPTIONS OF ALL COMMANDS", p.inherited)
	if len(p.examples) > 0 {
		b.WriteString(".SH EXAMPLES\n")
		roffLines(&b, p.examples)
	}
	if related := append([]string{}, p.below...); p.above != "" || len(related) > 0 {
		if p.above != "" {
			related = append([]string{p.above}, related...)
		}
		b.WriteString(".SH SEE ALSO\n")
		for i, path := range related {
			end := ","
			if i == len(related)-1 {
				end = ""
			}
			fmt.Fprintf(&b, ".BR %s (1)%s\n", roffText(fileOf(path)), end)
		}
	}
	return b.String()
}

func roffFlags(b *strings.Builder, title string, flags []flag) {
	if len(flags) == 0 {
		return
	}
	b.WriteString(".SH \"" + title + "\"\n")
	for _, f := range flags {
		usage := f.usage
		if f.standard != "" {
			usage += " (default " + f.standard + ")"
		}
		roffItem(b, f.synopsis(), usage)
	}
}

// roffItem is a term and what it means.
func roffItem(b *strings.Builder, term, text string) {
	if term == "" {
		fmt.Fprintf(b, ".IP\n%s\n", roffText(text))
		return
	}
	fmt.Fprintf(b, ".TP\n\\fB%s\\fR\n%s\n", roffSigns.Replace(term), roffText(text))
}

// roffLines are lines that stay as they are.
func roffLines(b *strings.Builder, lines []string) {
	b.WriteString(".RS 4\n.nf\n")
	for _, line := range lines {
		b.WriteString(roffText(line) + "\n")
	}
	b.WriteString(".fi\n.RE\n")
}

// roffText keeps signs from being taken for roff: a hyphen is to be copied as one, and a line that begins with a dot or an
// apostrophe is no request.
func roffText(text string) string {
	text = roffSigns.Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		return `\&` + text
	}
	return text
}

var roffSigns = strings.NewReplacer(`\`, `\e`, "-", `\-`, "`", "'", "→", `\(->`, "…", "...", "·", `\(pc`)
