package report

import (
	"fmt"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
)

// Page is a report for people who were not there: what came out, in a sentence and a few figures; what to do next; and then the
// evidence, section by section. It is the same for every form: PageText, PageMarkdown and PageHTML write it.
//
//	Recorded ─> NewPage ─> Page ─> text, Markdown, HTML
//
// All texts of a page are on one line and without control characters: see NewPage.
type Page struct {
	Title    string
	Verdict  Mark
	Sentence string
	Notices  []string // what to know before believing any of it
	Origin   []Fact   // when, where and with what
	Figures  []Figure // those that are compared with an objective
	Next     []string // what to do, sentence by sentence
	Sections []Section
}

// Mark is a word and how good it is. The sign and the colour only repeat the word.
type Mark struct {
	Word    string
	Tone    tone.Tone
	Neutral bool // nothing is good or bad in it, and it has no sign
}

// Sign is the sign of the tone; "" where there is none.
func (m Mark) Sign() string {
	if m.Neutral {
		return ""
	}
	return m.Tone.Symbol()
}

// Class is the name of the tone in a style sheet.
func (m Mark) Class() string { return [...]string{"unknown", "good", "poor", "bad"}[m.Tone] }

// Fact is something that was so, by its name.
type Fact struct{ Name, Value string }

// Figure is a number, with what it counts and what it is made of.
type Figure struct{ Label, Value, Note string }

// Section is one part of the evidence.
type Section struct {
	ID     string // unique on the page: letters and hyphens
	Title  string
	Lead   []string // paragraphs
	Chart  *Chart   // nil: none. What it shows stands in the tables as well
	Tables []Table
}

// Table is rows under a head.
type Table struct {
	Caption string
	Columns []Column
	Rows    [][]Cell
	More    string // what was left out, and where it is; "": nothing
}

// Column is the head of a column. Numbers stand right; prose can be broken at its words, and is the last column, if any.
type Column struct {
	Title string
	Right bool
	Prose bool
}

// Class is how a column looks, in a style sheet.
func (c Column) Class() string {
	switch {
	case c.Right:
		return "right"
	case c.Prose:
		return "prose"
	}
	return "left"
}

// Cell is one item of a table. A cell with a tone says how good what it says is; see Mark.
type Cell struct {
	Text   string
	Tone   tone.Tone
	Marked bool
}

// Mark is what a marked cell shows.
func (c Cell) Mark() Mark { return Mark{Word: c.Text, Tone: c.Tone} }

// mostTableRows bounds the rows of a table of a page: what somebody may scroll through.
const mostTableRows = 100

// NewPage makes the page of an earlier run.
func NewPage(r Recorded) Page {
	var p Page
	switch {
	case r.Probe != nil:
		p = probePageOf(r.Probe)
	case r.Drill != nil:
		p = drillPageOf(r.Drill)
	case r.Promotion != nil:
		p = promotionPageOf(r.Promotion)
	case r.Topology != nil:
		p = topologyPageOf(r.Topology)
	case r.Durability != nil:
		p = durabilityPageOf(r.Durability)
	}
	if r.Begin != nil {
		p.Sections = append(p.Sections, settings("how", "How it was run", begun(r)))
	}
	p.finish()
	return p
}

// finish makes all texts fit for a page, and leaves out what is empty.
func (p *Page) finish() {
	kept := p.Sections[:0]
	for _, s := range p.Sections {
		tables := s.Tables[:0]
		for _, t := range s.Tables {
			if len(t.Rows) > 0 {
				tables = append(tables, t)
			}
		}
		if s.Tables = tables; s.Chart != nil || len(s.Lead)+len(s.Tables) > 0 {
			kept = append(kept, s)
		}
	}
	p.Sections = kept
	changeTexts(p, words.Clean)
}

// begun is who ran it and with what.
func begun(r Recorded) []Fact {
	b := r.Begin
	facts := []Fact{{"command", strings.Join(b.Command, " ")}, {"version", b.Version}, {"by", b.User + " on " + b.Host}, {"prefix of the keys", b.Prefix}}
	for _, region := range b.Regions {
		facts = append(facts, Fact{"region " + region.Map.Region, region.URL})
	}
	return facts
}

// settings is a section of facts, without those that are empty.
func settings(id, title string, facts []Fact) Section {
	t := Table{Caption: title, Columns: []Column{{Title: "setting"}, {Title: "value", Prose: true}}}
	for _, f := range facts {
		if f.Value != "" {
			t.Rows = append(t.Rows, said(f.Name, f.Value))
		}
	}
	return Section{ID: id, Title: title, Tables: []Table{t}}
}

// said is a row of plain texts.
func said(texts ...string) []Cell {
	return convert(texts, func(text string) Cell { return Cell{Text: text} })
}

// marked is a cell that says how good its word is.
func marked[S ~string](word S) Cell {
	return Cell{Text: words.Plain(word), Tone: tone.Of(word), Marked: true}
}

// bounded keeps the first rows of a table and says where the others are.
func (t Table) bounded(where string) Table {
	if more := len(t.Rows) - mostTableRows; more > 0 {
		t.Rows, t.More = t.Rows[:mostTableRows], fmt.Sprintf("%s more, all in %s", words.Count(more, "row"), where)
	}
	return t
}

// originNotice says what a rehearsal is worth.
func originNotice(d Deployment) string {
	if d == Lab {
		return "This was a rehearsal on the built-in lab: nothing real was touched, and the figures are those of the lab."
	}
	return ""
}

// roughly is a duration of a document for people; otherwise where it is null.
func roughly(m *Milliseconds, otherwise string) string {
	if m == nil {
		return otherwise
	}
	return words.Rough(time.Duration(*m))
}

// date is a time of a document for people, in UTC as in all forms: whoever reads a page is elsewhere.
func date(t Timestamp) string {
	if time.Time(t).IsZero() {
		return ""
	}
	return Style{}.date(time.Time(t))
}

// day is date without the zone, for tables that say that it is UTC.
func day(t Timestamp) string { return strings.TrimSuffix(date(t), " UTC") }

// clockOf is the time of day, in UTC.
func clockOf(t *Timestamp) string {
	if t == nil {
		return "-"
	}
	return Style{}.clock(time.Time(*t))
}

// sentence ends with a full stop. It begins as it does: with the name of a region, very often.
func sentence(text string) string {
	if text = strings.TrimSpace(text); text == "" || strings.ContainsRune(".?!", rune(text[len(text)-1])) {
		return text
	}
	return text + "."
}
