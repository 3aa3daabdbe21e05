package report

import (
	"crypto/sha256"
	_ "embed" // the looks of a page are a file
	"encoding/base64"
	"io"
)

//go:embed html/page.css
var pageStyle string

// PageHTML writes a page as one file of HTML, which is well-formed XML too. It loads nothing: its style is in it, its pictures are SVG in
// it, there is no script, and its policy forbids a browser all of that from elsewhere. What servers said is text in it, whatever
// it looks like.
func PageHTML(w io.Writer, p Page) error {
	var m markup
	m.put(`<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8"/>
<meta http-equiv="Content-Security-Policy" content="%s"/>
<meta name="viewport" content="width=device-width, initial-scale=1"/>
<meta name="referrer" content="no-referrer"/>
<meta name="generator" content="aafailover"/>
<title>%s – %s</title>
<style>`, contentPolicy(pageStyle), p.Verdict.Word, p.Title)
	m.text.WriteString(pageStyle) // as it is: the policy has its sum
	m.put(`</style>
</head>
<body>
<a class="skip" href="#answer">To the result</a>
<header>
<h1>%s</h1>
`, p.Title)
	htmlOrigin(&m, p.Origin)
	m.put("</header>\n<main>\n")
	htmlAnswer(&m, p)
	for _, s := range p.Sections {
		htmlSection(&m, s)
	}
	m.put(`</main>
<footer>
<p>Made by aafailover from the record of the run. Nothing in this page is loaded from elsewhere.</p>
</footer>
</body>
</html>
`)
	_, err := io.WriteString(w, m.text.String())
	return err
}

// contentPolicy lets a browser use this very style, and nothing else: no script, no picture, no font, no connection, no form.
func contentPolicy(style string) string {
	sum := sha256.Sum256([]byte(style))
	return "default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'; base-uri 'none'; form-action 'none'"
}

func htmlOrigin(m *markup, facts []Fact) {
	if len(facts) == 0 {
		return
	}
	m.put("<dl class=\"origin\">\n")
	for _, f := range facts {
		m.put("<div><dt>%s</dt><dd>%s</dd></div>\n", f.Name, f.Value)
	}
	m.put("</dl>\n")
}

// htmlAnswer is the verdict with what belongs to it: what to know, the figures, and what to do.
func htmlAnswer(m *markup, p Page) {
	m.put("<div class=\"answer %s\" id=\"answer\">\n<p>", p.Verdict.Class())
	htmlMark(m, "word "+p.Verdict.Class(), p.Verdict)
	m.put(": %s</p>\n</div>\n", p.Sentence)
	for _, notice := range p.Notices {
		m.put("<p class=\"notice\">%s</p>\n", notice)
	}
	if len(p.Figures) > 0 {
		m.put("<dl class=\"figures\">\n")
		for _, f := range p.Figures {
			m.put("<div><dt>%s</dt><dd class=\"value\">%s</dd>", f.Label, f.Value)
			if f.Note != "" {
				m.put("<dd class=\"note\">%s</dd>", f.Note)
			}
			m.put("</div>\n")
		}
		m.put("</dl>\n")
	}
	if len(p.Next) > 0 {
		m.put("<section aria-labelledby=\"next\">\n<h2 id=\"next\">What to do next</h2>\n<ul>\n")
		for _, what := range p.Next {
			m.put("<li>%s</li>\n", what)
		}
		m.put("</ul>\n</section>\n")
	}
}

// htmlMark is a word, after its sign where it has one, which who hears the page is spared.
func htmlMark(m *markup, class string, mark Mark) {
	m.put("<span class=\"%s\">", class)
	if sign := mark.Sign(); sign != "" {
		m.put("<span aria-hidden=\"true\">%s</span> ", sign)
	}
	m.put("%s</span>", mark.Word)
}

func htmlSection(m *markup, s Section) {
	m.put("<section aria-labelledby=\"%s\">\n<h2 id=\"%[1]s\">%[2]s</h2>\n", s.ID, s.Title)
	for _, paragraph := range s.Lead {
		m.put("<p>%s</p>\n", paragraph)
	}
	if s.Chart != nil {
		m.put("<figure>\n<figcaption>%s</figcaption>\n", s.Chart.Title)
		htmlDrawing(m, s.ID+"-wide", "wide", s.Chart, s.Chart.Wide)
		htmlDrawing(m, s.ID+"-narrow", "narrow", s.Chart, s.Chart.Narrow)
		m.put("</figure>\n")
	}
	for _, t := range s.Tables {
		htmlTable(m, t, s.Title)
	}
	m.put("</section>\n")
}

// wholeRows is how many rows a table may have that is kept on one sheet of paper.
const wholeRows = 20

// htmlTable writes a table. The first cell of a row is its head. A caption that would say the title of its section again is only
// heard.
func htmlTable(m *markup, t Table, section string) {
	class, caption := "scroll", "shown"
	if len(t.Rows) <= wholeRows {
		class = "scroll whole"
	}
	if t.Caption == section {
		caption = "heard"
	}
	m.put(`<div class="%s" role="region" tabindex="0" aria-label="Table: %s">
<table>
<caption><span class="%s">%[2]s</span></caption>
<thead><tr>`, class, t.Caption, caption)
	for _, c := range t.Columns {
		m.put(`<th scope="col" class="%s">%s</th>`, c.Class(), c.Title)
	}
	m.put("</tr></thead>\n<tbody>\n")
	for _, row := range t.Rows {
		m.put("<tr>")
		for i, cell := range row {
			if i == 0 {
				m.put(`<th scope="row" class="%s">`, t.Columns[i].Class())
			} else {
				m.put(`<td class="%s">`, t.Columns[i].Class())
			}
			if mark := cell.Mark(); cell.Marked {
				htmlMark(m, mark.Class(), mark)
			} else {
				m.put("%s", cell.Text)
			}
			if i == 0 {
				m.put("</th>")
			} else {
				m.put("</td>")
			}
		}
		m.put("</tr>\n")
	}
	m.put("</tbody>\n</table>\n")
	if t.More != "" {
		m.put("<p class=\"notice\">%s.</p>\n", t.More)
	}
	m.put("</div>\n")
}

// htmlDrawing is a drawing of a chart as SVG. Its id is unique on the page; its size is wide or narrow.
func htmlDrawing(m *markup, id, size string, c *Chart, d Drawing) {
	m.put(`<svg class="%s" role="img" aria-labelledby="%s-title %[2]s-text" viewBox="0 0 %[3]v %[4]v" xmlns="http://www.w3.org/2000/svg">
<title id="%[2]s-title">%[5]s</title>
<desc id="%[2]s-text">%[6]s</desc>
`, size, id, d.Width, d.Height, c.Title, c.Description)
	for _, s := range d.Shapes {
		switch s.Kind {
		case "rect":
			m.put("<rect class=\"%s\" x=\"%v\" y=\"%v\" width=\"%v\" height=\"%v\"/>\n", s.Class, s.X, s.Y, s.Width, s.Height)
		case "line":
			m.put("<line class=\"%s\" x1=\"%v\" y1=\"%v\" x2=\"%v\" y2=\"%v\"/>\n", s.Class, s.X, s.Y, s.X2(), s.Y2())
		case "path":
			m.put("<path class=\"%s\" d=\"%s\"/>\n", s.Class, s.Path)
		default:
			m.put("<text class=\"%s\" x=\"%v\" y=\"%v\" text-anchor=\"%s\">%s</text>\n", s.Class, s.X, s.Y, s.Anchor, s.Text)
		}
	}
	m.put("</svg>\n")
}
