package report

import (
	"io"
	"strings"
)

// PageMarkdown writes a page as GitHub's Markdown, for the summary of a job or a ticket: the answer first, the evidence folded away.
func PageMarkdown(w io.Writer, p Page) error {
	var out strings.Builder
	out.WriteString("## " + strings.TrimSpace(p.Verdict.Sign()+" "+mdText(p.Verdict.Word)) + ": " + mdText(p.Title) + "\n\n" + mdText(p.Sentence) + "\n")
	for _, notice := range p.Notices {
		out.WriteString("\n> " + mdText(notice) + "\n")
	}
	if len(p.Figures) > 0 {
		out.WriteString("\n" + mdTable([]string{"", "", ""}, convert(p.Figures, func(f Figure) []string {
			return []string{mdText(f.Label), "**" + mdText(f.Value) + "**", mdText(f.Note)}
		})))
	}
	if len(p.Next) > 0 {
		out.WriteString("\n### What to do next\n\n")
		for _, next := range p.Next {
			out.WriteString("- " + mdText(next) + "\n")
		}
	}
	for _, s := range p.Sections {
		if body := s.markdown(); body != "" {
			out.WriteString("\n" + mdFolded(s.Title, body))
		}
	}
	var facts []string
	for _, f := range p.Origin {
		facts = append(facts, mdText(f.Name)+" "+mdText(f.Value))
	}
	if len(facts) > 0 {
		out.WriteString("\n" + strings.Join(facts, ", ") + "\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// markdown is what stands in a section. Its picture is left out: the tables say what it shows.
func (s Section) markdown() string {
	var parts []string
	for _, lead := range s.Lead {
		parts = append(parts, mdText(lead)+"\n")
	}
	for _, t := range s.Tables {
		text := mdTable(convert(t.Columns, func(c Column) string { return mdText(c.Title) }), convert(t.Rows, func(row []Cell) []string {
			return convert(row, func(c Cell) string {
				if c.Marked {
					return c.Mark().Sign() + " " + mdText(c.Text)
				}
				return mdText(c.Text)
			})
		}))
		if t.Caption != s.Title {
			text = mdText(t.Caption) + ":\n\n" + text
		}
		if t.More != "" {
			text += "\n" + mdText(t.More) + ".\n"
		}
		parts = append(parts, text)
	}
	return strings.Join(parts, "\n")
}
