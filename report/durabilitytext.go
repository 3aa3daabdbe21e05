package report

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill/durability"
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
}

// say writes a paragraph.
func (p *durabilityPage) say(text string) { p.out.WriteString(p.style.wrap(text, 1) + "\n") }

// column of a durability table. The smallest widths of a terminal on which it is shown tells what can be spared first.
type durabilityColumn struct {
	title string
	from  int
	cell  func(durability.Row) string
	shown func(durability.Row) bool // in tables of which a row is such; nil: in all
}

var durabilityColumns = []durabilityColumn{
	{title: "promised", cell: func(r durability.Row) string { return promisedCell(r.Promise) }},
	{title: "measured", cell: measuredCell},
	{title: "lost", cell: ofMeasured(func(r durability.Row) string { return words.Thousands(r.Loss.Lost) })},
	{title: "acknowledged", from: 90, cell: ofMeasured(func(r durability.Row) string { return words.Thousands(r.Writes.Acknowledged) })},
	{title: "unconfirmed", from: 96, cell: ofMeasured(func(r durability.Row) string { return words.Thousands(r.Writes.Unconfirmed) }),
		shown: func(r durability.Row) bool { return r.Writes.Unconfirmed > 0 }},
	{title: "refused", from: 72, cell: ofMeasured(func(r durability.Row) string { return words.Thousands(r.Writes.Rejected) }),
		shown: func(r durability.Row) bool { return r.Writes.Rejected > 0 }},
	{title: "resync", cell: ofMeasured(func(r durability.Row) string {
		if r.Resync == nil {
			return "-"
		}
		return words.Rough(r.Resync.Took)
	}), shown: func(r durability.Row) bool { return r.Resync != nil }},
	{title: "over the link", from: 72, cell: ofMeasured(func(r durability.Row) string {
		if r.Resync == nil {
			return "-"
		}
		return words.Bytes(float64(r.Resync.Bytes))
	}), shown: func(r durability.Row) bool { return r.Resync != nil }},
	{title: "downtime", cell: ofMeasured(func(r durability.Row) string {
		if r.Downtime == nil {
			return "-"
		}
		return words.Rough(*r.Downtime)
	}), shown: func(r durability.Row) bool { return r.Downtime != nil }},
	{title: "p50", from: 80, cell: ofMeasured(func(r durability.Row) string { return latencyCell(r.Latency.P50) })},
	{title: "p99", from: 70, cell: ofMeasured(func(r durability.Row) string { return latencyCell(r.Latency.P99) })},
}

func ofMeasured(cell func(durability.Row) string) func(durability.Row) string {
	return func(r durability.Row) string {
		if !r.Measured() {
			return "-"
		}
		return cell(r)
	}
}

// nothingLost is an RPO of nothing: a word such as "none" could be taken for no promise.
const nothingLost = "0 s"

func promisedCell(p durability.Promise) string {
	switch {
	case p.Unbounded:
		return "unbounded"
	case p.RPO == 0:
		return nothingLost
	}
	return words.Rough(p.RPO)
}

// measuredCell is the RPO that was measured.
func measuredCell(r durability.Row) string {
	switch {
	case !r.Measured():
		return "-"
	case r.Loss.Everything:
		return "> " + words.Rough(r.Loss.RPO)
	case r.Loss.Lost == r.Loss.Unconfirmed:
		return nothingLost
	}
	return words.Rough(r.Loss.RPO)
}

// latencyCell is a latency: what a setting costs is often a fraction of a millisecond.
func latencyCell(d time.Duration) string {
	if d < time.Millisecond {
		return words.Thousands(d.Microseconds()) + " µs"
	}
	return words.Rough(d)
}

// chapter writes the rows of a chapter, and what has to be said to single ones.
func (p *durabilityPage) chapter(chapter durability.Chapter) {
	rows := slices.DeleteFunc(slices.Clone(p.result.Rows), func(r durability.Row) bool { return r.Chapter != chapter })
	columns := slices.DeleteFunc(slices.Clone(durabilityColumns), func(c durabilityColumn) bool {
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

func keptTone(r durability.Row) tone.Tone {
	switch {
	case !r.Kept():
		return tone.Bad
	case r.Loss.Lost > 0:
		return tone.Poor
	}
	return tone.Good
}

// slowBelow is the share of the rate that was asked for, below which the row says so.
const slowBelow = 0.9

// remarksOn is what has to be said to a row beside its numbers.
func remarksOn(r durability.Row, rate float64) []string {
	if !r.Measured() {
		return []string{"not measured: " + words.Said(r.Unmeasured.Error())}
	}
	var all []string
	if !r.Kept() {
		all = append(all, fmt.Sprintf("lost more than promised (%s)", r.Promise.Because))
	}
	if r.Loss.Unconfirmed > 0 {
		all = append(all, fmt.Sprintf("of the lost, %s had not been confirmed, which the application was told", words.Count(r.Loss.Unconfirmed, "write")))
	}
	if r.Resync != nil {
		all = append(all, kindOfResync(*r.Resync))
	}
	if r.PowerCut != nil {
		all = append(all, cutText(*r.PowerCut))
	}
	if r.PerSecond < slowBelow*rate && r.Writes.Rejected == 0 {
		all = append(all, fmt.Sprintf("%s writes/s were all that it took", words.Amount(r.PerSecond)))
	}
	if len(r.Draws) > 1 {
		least, most := slices.Min(r.Draws), slices.Max(r.Draws)
		all = append(all, fmt.Sprintf("the worst of %d: %s to %s", len(r.Draws), words.Rough(least), words.Rough(most)))
	}
	return append(all, r.Notes...)
}

// cutText says what the power cut was measured by.
func cutText(c durability.Cut) string {
	taken := "all that was written had been fsynced"
	switch {
	case c.Bytes > 0:
		taken = words.Bytes(float64(c.Bytes)) + " had been written and not fsynced"
	case c.Syncs == 0:
		return "nothing had been written to a file"
	}
	if c.Syncs == 0 {
		return taken + ", without any fsync"
	}
	return fmt.Sprintf("%s; %s of %s on average", taken, words.Count(c.Syncs, "fsync"), latencyCell(c.Syncing/time.Duration(c.Syncs)))
}

func kindOfResync(s durability.Resync) string {
	switch {
	case s.Full > 0:
		return "full resync"
	case s.Partial > 0:
		return "partial resync"
	}
	return "no resync"
}

const durabilityLegend = "promised: what the settings say can be lost. measured: the last acknowledgement minus that of the oldest lost write. " +
	"kill: SIGKILL, after which the kernel still has what was written. power cut: "

// legend says how to read the tables.
func (p *durabilityPage) legend() {
	text := durabilityLegend + durability.PowerCuts
	if p.result.AtOnce > 1 {
		text += fmt.Sprintf(" %d rows were measured at a time, so their latencies disturbed each other.", p.result.AtOnce)
	}
	if p.result.Repeat <= 1 {
		text += " One run is one draw: --repeat 10 shows the worst of ten."
	}
	p.out.WriteString("\n" + p.style.faint(p.style.wrap(text, 0)) + "\n")
}

// target writes how the configurations stand to the target.
func (p *durabilityPage) target() {
	if p.result.Target == nil {
		return
	}
	standings := durability.Stand(p.result.Rows, *p.result.Target)
	met := 0
	rows := convert(standings, func(s durability.Standing) []string {
		word := "no"
		switch {
		case s.Met():
			word, met = "yes", met+1
		case !s.Missed():
			word = "unproven"
		}
		name := words.Clean(s.Configuration)
		if s.Given {
			name += " (yours)"
		}
		return []string{name, p.style.marked(word, ""), standingText(s)}
	})
	p.out.WriteString("\n" + p.style.wrap(fmt.Sprintf("An RPO of %s is met here, by promise and by measurement, by %d of %s.", words.Rough(*p.result.Target), met,
		words.Count(len(standings), "configuration")), 0) + "\n")
	text, err := p.style.table(append(left("configuration", "meets it"), prose("why")), rows)
	p.err = cmp.Or(p.err, err)
	p.out.WriteString(text)
}

// standingText says for each row of a configuration what it promises and what it lost.
func standingText(s durability.Standing) string {
	return strings.Join(convert(s.Rows, func(row durability.RowStanding) string {
		r := row.Row
		crash := words.Plain(r.Crash)
		promised := "promises " + promisedCell(r.Promise)
		switch {
		case r.Promise.Unbounded:
			promised = "promises nothing"
		case r.Promise.RPO == 0:
			promised = "promises to lose nothing"
		}
		switch {
		case errors.Is(r.Unmeasured, durability.ErrUnsupported):
			return fmt.Sprintf("%s: %s, cannot be measured here", crash, promised)
		case !r.Measured():
			return fmt.Sprintf("%s: %s, could not be measured", crash, promised)
		case r.Writes.Confirmed() == 0:
			return fmt.Sprintf("%s: %s, and no write was confirmed", crash, promised)
		case r.Loss.Lost == r.Loss.Unconfirmed:
			return fmt.Sprintf("%s: %s, lost nothing", crash, promised)
		}
		return fmt.Sprintf("%s: %s, lost %s", crash, promised, measuredCell(*r))
	}), "; ")
}
