package report

import (
	"cmp"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/probe"
)

// ProbeText writes the verdict, what it rests on, and whether to move.
func ProbeText(w io.Writer, style Style, r ProbeResult) error {
	s := r.Snapshot
	if s == nil {
		_, err := io.WriteString(w, style.answer("UNOBSERVABLE", unknown, nothingObserved+". "+origin(r.Deployment)))
		return err
	}
	p := probePage{style: style, snap: s}
	p.answer()
	p.regions()
	if len(s.Regions) > 0 {
		p.matrix()
	}
	p.troubledCells()
	p.footer(r)
	if p.err != nil {
		return p.err
	}
	_, err := io.WriteString(w, p.out.String())
	return err
}

// probePage is the report of a probe as it is put together.
type probePage struct {
	style Style
	snap  *probe.Snapshot
	out   strings.Builder
	err   error // the first
}

func (p *probePage) table(columns []column, rows [][]string) {
	text, err := table(columns, rows)
	p.err = cmp.Or(p.err, err)
	p.out.WriteString("\n" + text)
}

// answer writes the verdict, the findings that its sentence had no room for, and whether to fail over.
func (p *probePage) answer() {
	s := p.snap
	word := strings.ToUpper(plain(s.Verdict))
	p.out.WriteString(p.style.answer(word, toneOf(s.Verdict), clean(s.Sentence)))
	if len(s.Findings) > inSentence {
		for _, f := range s.Findings {
			tone := toneOf(f.Severity)
			p.out.WriteString(" " + p.style.paint(tone.symbol(), tone) + " " + strings.TrimLeft(wrap(clean(f.Text), 3), " ") + "\n")
		}
	}
	if advice := p.advice(); advice != "" {
		p.out.WriteString(wrap(advice, 0) + "\n")
	}
}

// inSentence is how many findings the sentence of a verdict spells out.
const inSentence = 2

// advice says whether to move, as the failover policy would that stays on a replication failure.
func (p *probePage) advice() string {
	s := p.snap
	if len(s.Regions) < 2 {
		return ""
	}
	if s.Verdict == probe.Unobservable {
		return "Fail over? Not on this evidence."
	}
	d := failover.Decide(failover.Policy{}, s, failover.History{Active: s.Regions[0].Name}, s.At)
	if d.Action == failover.FailOver {
		return fmt.Sprintf("Fail over? Yes, to %s: %s.", clean(d.To), clean(d.Why))
	}
	return fmt.Sprintf("Fail over? No: %s.", clean(d.Why))
}

// readyWidth is how many columns of a line are left for the last column of the regions.
const readyWidth = 40

func (p *probePage) regions() {
	rows := make([][]string, 0, len(p.snap.Regions))
	for i := range p.snap.Regions {
		r := &p.snap.Regions[i]
		name, p50 := clean(r.Name), "-"
		if i == 0 && len(p.snap.Regions) > 1 {
			name += " (local)"
		}
		if loop := p.snap.Link(r.Name, r.Name); loop != nil && loop.RTT != (probe.RTT{}) {
			p50 = inMillis(loop.RTT.P50) + " ms"
		}
		ready := plain(r.FailbackReady)
		if len(r.FailbackMissing) > 0 {
			ready += ": " + clean(strings.Join(r.FailbackMissing, "; "))
		}
		rows = append(rows, []string{name, p.style.marked(string(r.State), ""), cmp.Or(plain(r.Cause.String()), "-"), p50, string(r.Writes),
			fold(ready, 0, readyWidth)})
	}
	columns := append(left("region", "state", "cause"), right("p50")...)
	p.table(append(columns, left("writes", "safe to return to?")...), rows)
}

// matrix has a row for each source and a column for each target.
func (p *probePage) matrix() {
	columns := left("from \\ to")
	var rows [][]string
	for i := range p.snap.Regions {
		from := p.snap.Regions[i].Name
		columns = append(columns, left(clean(from))...)
		row := []string{clean(from)}
		for k := range p.snap.Regions {
			row = append(row, p.matrixCell(p.snap.Link(from, p.snap.Regions[k].Name)))
		}
		rows = append(rows, row)
	}
	p.table(columns, rows)
	p.out.WriteString(p.style.faint(" Round trips p50 / p99, by the clock of this observer.") + "\n")
}

func (p *probePage) matrixCell(l *probe.Link) string {
	if l == nil {
		return "-"
	}
	remark := ""
	if alike := p.alike(l); alike < len(l.Cells) {
		remark = fmt.Sprintf(" %d/%d", alike, len(l.Cells))
	}
	if arrives := !l.State.Silent() && l.State != probe.LinkUnknown; arrives && l.RTT != (probe.RTT{}) {
		remark += fmt.Sprintf(" %s / %s ms", inMillis(l.RTT.P50), inMillis(l.RTT.P99))
	}
	return p.style.marked(string(l.State), remark)
}

// alike counts the cells of a link that are as the link is.
func (p *probePage) alike(l *probe.Link) int {
	n := 0
	for i := range l.Cells {
		if l.Cells[i].State == l.State || l.Cells[i].State.Silent() && l.State.Silent() {
			n++
		}
	}
	return n
}

// mostRows bounds the rows of a table that only an outage makes long; -o json has them all.
const mostRows = 24

// troubledCells has a row for each cell of which something bad is known.
func (p *probePage) troubledCells() {
	var rows [][]string
	for i := range p.snap.Links {
		l := &p.snap.Links[i]
		for k := range l.Cells {
			if c := &l.Cells[k]; c.State != probe.LinkUp && c.State != probe.LinkUnknown {
				rows = append(rows, p.cellRow(l, c))
			}
		}
	}
	if len(rows) == 0 {
		return
	}
	columns := append(left("not up", "shards"), right("overdue", "late", "lost")...)
	p.table(append(columns, left("last in time", "state", "channel")...), rows[:min(len(rows), mostRows)])
	if more := len(rows) - mostRows; more > 0 {
		fmt.Fprintf(&p.out, " and %d more, all in -o json\n", more)
	}
}

func (p *probePage) cellRow(l *probe.Link, c *probe.Cell) []string {
	return []string{
		link(l.From, l.To), fmt.Sprintf("%d→%d", c.FromShard+1, c.ToShard+1),
		thousands(c.Overdue), thousands(c.Late), thousands(c.Lost),
		p.style.clock(c.LastUp), p.style.marked(string(c.State), ""), clean(c.Channel),
	}
}

// footer says how all that was found out.
func (p *probePage) footer(r ProbeResult) {
	s := p.snap
	messages := uint64(0)
	for i := range s.Links {
		for k := range s.Links[i].Cells {
			messages += s.Links[i].Cells[k].Sent
		}
	}
	text := fmt.Sprintf("%s Observed by %s until %s, for %s: %s deliveries expected, one every %s on each channel, within %s.",
		origin(r.Deployment), clean(cmp.Or(s.Observer, "this process")), p.style.date(s.At), rough(s.At.Sub(s.Started)),
		thousands(messages), rough(s.Policy.Interval), rough(s.Policy.Deadline))
	if s.Coverage && !s.Symmetric {
		text += " The regions are not sharded equally."
	}
	if s.Dropped > 0 {
		text += " " + strconv.FormatUint(s.Dropped, 10) + " observations did not fit into the queue and count as no evidence."
	}
	p.out.WriteString("\n" + p.style.faint(wrap(text, 0)) + "\n")
}
