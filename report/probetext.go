package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
)

// ProbeText writes the verdict, what it rests on, and whether to move.
func ProbeText(w io.Writer, style Style, r ProbeResult) error {
	s := r.Snapshot
	if s == nil {
		_, err := io.WriteString(w, style.answer("UNOBSERVABLE", tone.Unknown, nothingObserved+". "+origin(r.Deployment))+style.unchecked(r.Insecure))
		return err
	}
	p := probePage{style: style, snap: s, policy: r.Failover}
	p.answer()
	p.out.WriteString(style.unchecked(r.Insecure))
	p.regions()
	if len(s.Regions) > 0 {
		p.matrix()
	}
	p.troubledCells()
	p.canary(r.Canary)
	p.vitals(r.Vitals)
	p.footer(r)
	if p.err != nil {
		return p.err
	}
	_, err := io.WriteString(w, p.out.String())
	return err
}

// probePage is the report of a probe as it is put together.
type probePage struct {
	style  Style
	snap   *probe.Snapshot
	policy failover.Policy
	out    strings.Builder
	err    error // the first
}

func (p *probePage) table(columns []column, rows [][]string) {
	text, err := p.style.table(columns, rows)
	p.add(text, err)
}

// add writes a table that was made, after an empty line.
func (p *probePage) add(text string, err error) {
	p.err = cmp.Or(p.err, err)
	p.out.WriteString("\n" + text)
}

// answer writes the verdict, the findings that its sentence had no room for, and whether to fail over.
func (p *probePage) answer() {
	s := p.snap
	word := strings.ToUpper(words.Plain(s.Verdict))
	p.out.WriteString(p.style.answer(word, tone.Of(s.Verdict), words.Clean(s.Sentence)))
	if len(s.Findings) > InSentence {
		for _, f := range s.Findings {
			t := tone.Of(f.Severity)
			p.out.WriteString(" " + p.style.paint(t.Symbol(), t) + " " + strings.TrimLeft(p.style.wrap(words.Clean(f.Text), 3), " ") + "\n")
		}
	}
	if advice := Advice(p.policy, s); advice != "" {
		p.out.WriteString(p.style.wrap(advice, 0) + "\n")
	}
}

func (p *probePage) regions() {
	rows := convert(RegionLines(p.snap), func(l RegionLine) []string {
		return []string{l.Name, p.style.marked(string(l.State), ""), l.Cause, l.P50, l.Writes, l.Ready}
	})
	columns := append(left("region", "state", "cause"), right("p50")...)
	p.table(append(append(columns, left("writes")...), prose("safe to return to?")), rows)
}

// matrix has a row for each source and a column for each target.
func (p *probePage) matrix() {
	p.add(p.style.fitted(func(between string) (string, error) {
		columns := left("from \\ to")
		var rows [][]string
		for i := range p.snap.Regions {
			from := p.snap.Regions[i].Name
			columns = append(columns, left(words.Clean(from))...)
			row := []string{words.Clean(from)}
			for k := range p.snap.Regions {
				row = append(row, p.matrixCell(p.snap.Link(from, p.snap.Regions[k].Name), between))
			}
			rows = append(rows, row)
		}
		return p.style.table(columns, rows)
	}))
	p.out.WriteString(p.style.faint(" Round trips p50 / p99, by the clock of this observer.") + "\n")
}

// matrixCell says how a link is, and, after what is to stand between them, its round trips.
func (p *probePage) matrixCell(l *probe.Link, between string) string {
	if l == nil {
		return "-"
	}
	remark := ""
	if alike := Alike(l); alike < len(l.Cells) {
		remark = fmt.Sprintf(" %d/%d", alike, len(l.Cells))
	}
	if arrives := !l.State.Silent() && l.State != probe.LinkUnknown; arrives && l.RTT != (probe.RTT{}) {
		remark += fmt.Sprintf("%s%s / %s ms", between, words.Millis(l.RTT.P50), words.Millis(l.RTT.P99))
	}
	return p.style.marked(string(l.State), remark)
}

// mostRows bounds the rows of a table that only an outage makes long; -o json has them all.
const mostRows = 24

// troubled are the cells of a link between the same shards that are in the same bad state.
type troubled struct {
	link  *probe.Link
	first *probe.Cell
	cells int

	overdue, late, lost uint64
	lastUp              time.Time // the latest
}

func (t *troubled) alike(l *probe.Link, c *probe.Cell) bool {
	return t.link == l && t.first.State == c.State && t.first.FromShard == c.FromShard && t.first.ToShard == c.ToShard
}

func (t *troubled) add(c *probe.Cell) {
	t.cells++
	t.overdue, t.late, t.lost = t.overdue+c.Overdue, t.late+c.Late, t.lost+c.Lost
	if c.LastUp.After(t.lastUp) {
		t.lastUp = c.LastUp
	}
}

// troubles gathers the cells of which something bad is known, in the order of their first.
func (p *probePage) troubles() []troubled {
	var all []troubled
	for i := range p.snap.Links {
		l, firstOfLink := &p.snap.Links[i], len(all)
		for k := range l.Cells {
			c := &l.Cells[k]
			if c.State == probe.LinkUp || c.State == probe.LinkUnknown {
				continue
			}
			at := slices.IndexFunc(all[firstOfLink:], func(t troubled) bool { return t.alike(l, c) })
			if at < 0 {
				at = len(all) - firstOfLink
				all = append(all, troubled{link: l, first: c})
			}
			all[firstOfLink+at].add(c)
		}
	}
	return all
}

// troubledCells has a row for all the cells between two shards that are in the same bad state.
func (p *probePage) troubledCells() {
	rows := convert(p.troubles(), func(t troubled) []string {
		channel := words.Clean(t.first.Channel)
		if t.cells > 1 {
			channel = words.Count(t.cells, "channel")
		}
		return []string{
			words.Link(t.link.From, t.link.To), fmt.Sprintf("%d→%d", t.first.FromShard+1, t.first.ToShard+1),
			words.Thousands(t.overdue), words.Thousands(t.late), words.Thousands(t.lost),
			p.style.clock(t.lastUp), p.style.marked(string(t.first.State), ""), channel,
		}
	})
	if len(rows) == 0 {
		return
	}
	columns := append(left("not up", "shards"), right("overdue", "late", "lost")...)
	p.table(append(append(columns, left("last in time", "state")...), prose("channel")), rows[:min(len(rows), mostRows)])
	if more := len(rows) - mostRows; more > 0 {
		fmt.Fprintf(&p.out, " and %d more, all in -o json\n", more)
	}
}

// atMost says that a deadline is a bound, which the deadline of a link may be below.
func atMost(adapts bool) string {
	if adapts {
		return "at most "
	}
	return ""
}

// footer says how all that was found out.
func (p *probePage) footer(r ProbeResult) {
	s := p.snap
	messages := uint64(0)
	for i := range s.Links {
		messages += s.Links[i].Retired.Sent
		for k := range s.Links[i].Cells {
			messages += s.Links[i].Cells[k].Sent
		}
	}
	text := fmt.Sprintf("%s Observed by %s until %s, for %s: %s deliveries expected, one every %s on each channel, within %s%s.",
		origin(r.Deployment), words.Clean(cmp.Or(s.Observer, "this process")), p.style.date(s.At), words.Rough(s.At.Sub(s.Started)),
		words.Thousands(messages), words.Rough(s.Policy.Interval), atMost(s.Policy.Adapt), words.Rough(s.Policy.Deadline))
	if s.Coverage && !s.Symmetric {
		text += " The regions are not sharded equally."
	}
	if r.PubSub == "sharded" {
		text += " Messages were published by SPUBLISH, which stays in a shard."
	}
	if s.Dropped > 0 {
		text += " " + strconv.FormatUint(s.Dropped, 10) + " observations did not fit into the queue and count as no evidence."
	}
	p.out.WriteString("\n" + p.style.faint(p.style.wrap(text, 0)) + "\n")
}
