package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/drill/durability"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
)

// DurabilityText writes what was lost beside what was promised: a table for each chapter of the story, what has to be known
// to read it, and how the configurations stand to a target where there is one.
func DurabilityText(w io.Writer, style Style, r DurabilityResult) error {
	p := durabilityPage{style: style, result: r}
	p.answer()
	for _, chapter := range chaptersOf(r.Rows) {
		p.chapter(chapter)
	}
	p.legend()
	p.target()
	if p.err != nil {
		return p.err
	}
	_, err := io.WriteString(w, p.out.String())
	return err
}

// durabilityPage is the report as it is put together.
type durabilityPage struct {
	style  Style
	result DurabilityResult
	out    strings.Builder
	err    error // the first
}

func chaptersOf(rows []durability.Row) []durability.Chapter {
	var chapters []durability.Chapter
	for _, row := range rows {
		if !slices.Contains(chapters, row.Chapter) {
			chapters = append(chapters, row.Chapter)
		}
	}
	return chapters
}

// answer writes what the reader came for: where promises were not kept, or which target is met.
func (p *durabilityPage) answer() {
	r := p.result
	head := fmt.Sprintf("%s on this machine, %s writes/s for %s.", words.Clean(r.Engine), strconv.FormatFloat(r.Rate, 'g', -1, 64), words.Rough(r.WritesFor))
	if r.Interrupted {
		head += fmt.Sprintf(" Interrupted after %s.", words.Count(len(r.Rows), "row"))
	}
	var broken, unmeasured []string
	for _, row := range r.Rows {
		switch {
		case !row.Measured():
			unmeasured = append(unmeasured, words.Clean(row.Name))
		case !row.Kept():
			broken = append(broken, words.Clean(row.Name))
		}
	}
	switch {
	case len(r.Rows) == len(unmeasured):
		p.out.WriteString(p.style.answer("NOT MEASURED", tone.Poor, head))
	case len(broken) == 0:
		p.out.WriteString(p.style.answer("AS PROMISED", tone.Good, head+" No row lost more than is promised."))
	default:
		p.out.WriteString(p.style.answer("MORE THAN PROMISED", tone.Bad, head+" More than is promised was lost by "+words.Enumerate(broken)+"."))
	}
	if len(unmeasured) > 0 && len(unmeasured) < len(r.Rows) {
		p.say("Not measured: " + words.Enumerate(unmeasured) + ".")
	}
	for _, advice := range adviceOn(r.Rows) {
		p.say("hint: " + words.Clean(advice))
	}
}

// adviceOn is what to do about the rows that could not be measured, each advice once.
func adviceOn(rows []durability.Row) []string {
	var all []string
	for _, row := range rows {
		for _, advice := range hint.Of(row.Unmeasured) {
			if !slices.Contains(all, advice) {
				all = append(all, advice)
			}
		}
	}
	return all
}

// say writes a paragraph.
func (p *durabilityPage) say(text string) { p.out.WriteString(p.style.wrap(text, 1) + "\n") }

// chapter writes the rows of a chapter, and what has to be said to single ones.
func (p *durabilityPage) chapter(chapter durability.Chapter) {
	rows := slices.DeleteFunc(slices.Clone(p.result.Rows), func(r durability.Row) bool { return r.Chapter != chapter })
	columns := slices.DeleteFunc(durabilityColumns(), func(c durabilityColumn) bool {
		return p.style.columns() < c.from || c.shown != nil && !slices.ContainsFunc(rows, c.shown)
	})
	title := string(chapter)
	p.out.WriteString("\n" + strings.ToUpper(title[:1]) + title[1:] + "\n")
	heads := append(left("row"), convert(columns, func(c durabilityColumn) column { return column{title: c.title, right: true} })...)
	text, err := p.style.table(heads, convert(rows, func(r durability.Row) []string {
		cells := []string{words.Clean(r.Name)}
		for _, c := range columns {
			text := c.cell(r)
			if c.title == "measured" && r.Measured() {
				text = p.style.paint(text, keptTone(r))
			}
			cells = append(cells, text)
		}
		return cells
	}))
	p.err = cmp.Or(p.err, err)
	p.out.WriteString(text)
	for _, r := range rows {
		if remarks := remarksOn(r, p.result.Rate); len(remarks) > 0 {
			p.out.WriteString(p.style.faint(p.style.wrap(words.Clean(r.Name)+": "+words.Clean(strings.Join(remarks, "; ")), 3)) + "\n")
		}
	}
}

const durabilityLegend = "promised: what the settings say can be lost. measured: the last acknowledgement minus that of the oldest lost write. " +
	"kill: SIGKILL, after which the kernel still has what was written. power cut: "

// legend says how to read the tables.
func (p *durabilityPage) legend() {
	text := durabilityLegend + durability.PowerCuts()
	if p.result.AtOnce > 1 {
		text += fmt.Sprintf(" %d rows were measured at a time, so their latencies disturbed each other.", p.result.AtOnce)
	}
	if p.result.Repeat <= 1 {
		text += " One run is one draw: --repeat 10 shows the worst of ten."
	}
	p.out.WriteString("\n" + p.style.faint(p.style.wrap(text, 0)) + "\n")
}
