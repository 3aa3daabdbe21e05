package report

import (
	"fmt"
	"io"
	"strings"
	"unicode"
	"unicode/utf8"
)

// PageText writes a page for a terminal. What its pictures show is in its tables.
func PageText(w io.Writer, style Style, p Page) error {
	var out strings.Builder
	out.WriteString(style.answer(strings.ToUpper(p.Verdict.Word), p.Verdict.Tone, p.Title+p.between()+p.Sentence))
	var facts []string
	for _, f := range p.Origin {
		facts = append(facts, f.Name+" "+f.Value)
	}
	if len(facts) > 0 {
		out.WriteString(style.faint(style.wrap(strings.Join(facts, ", "), 0)) + "\n")
	}
	for _, notice := range p.Notices {
		out.WriteString(style.wrap(notice, 0) + "\n")
	}
	if len(p.Figures) > 0 {
		text, err := style.table(append(append(left(""), right("")...), prose("")),
			convert(p.Figures, func(f Figure) []string { return []string{f.Label, f.Value, f.Note} }))
		if err != nil {
			return err
		}
		out.WriteString("\n" + text)
	}
	if len(p.Next) > 0 {
		out.WriteString("\n" + style.heading("What to do next"))
		for _, next := range p.Next {
			out.WriteString(" - " + strings.TrimLeft(style.wrap(next, 3), " ") + "\n")
		}
	}
	for _, s := range p.Sections {
		if err := style.section(&out, s); err != nil {
			return err
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// between is what stands between the title and the sentence in one line: a sentence begins with the name of a region, very often.
func (p Page) between() string {
	if first, _ := utf8.DecodeRuneInString(p.Sentence); unicode.IsUpper(first) {
		return ". "
	}
	return ": "
}

// heading is a line above what belongs together.
func (s Style) heading(title string) string {
	if s.renderer == nil {
		return title + "\n"
	}
	return s.renderer.NewStyle().Bold(true).Render(title) + "\n"
}

// section writes a section. The caption of a table that is alone would say the title again.
func (s Style) section(out *strings.Builder, section Section) error {
	if len(section.Lead)+len(section.Tables) == 0 {
		return nil
	}
	out.WriteString("\n" + s.heading(section.Title))
	for _, lead := range section.Lead {
		out.WriteString(s.wrap(lead, 1) + "\n")
	}
	for _, t := range section.Tables {
		if t.Caption != section.Title {
			fmt.Fprintf(out, "\n%s\n", s.faint(s.wrap(t.Caption, 1)))
		}
		text, err := s.table(t.columns(), s.cells(t))
		if err != nil {
			return err
		}
		out.WriteString(text)
		if t.More != "" {
			out.WriteString(s.wrap("and "+t.More, 1) + "\n")
		}
	}
	return nil
}

// columns are those of the text.
func (t Table) columns() []column {
	return convert(t.Columns, func(c Column) column { return column{title: c.Title, right: c.Right, prose: c.Prose} })
}

func (s Style) cells(t Table) [][]string {
	return convert(t.Rows, func(row []Cell) []string {
		return convert(row, func(c Cell) string {
			if c.Marked {
				return s.paint(c.Mark().Sign()+" "+c.Text, c.Tone)
			}
			return c.Text
		})
	})
}
