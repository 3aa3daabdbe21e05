package tui

import (
	"fmt"
	"strings"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
)

// linkFacts are the first lines of an opened link.
func (m *Probe) linkFacts(l *probe.Link, title string) []string {
	facts := []string{clip(" "+m.look.bold.on(title)+"  "+m.look.marked(string(l.State))+m.sinceFor(l.Since), m.width)}
	up := "never seen up"
	if !l.LastUp.IsZero() {
		up = "last up " + m.clock(l.LastUp)
	}
	return append(facts, m.wrapped(fmt.Sprintf("%s; a message may take %s at present; p50 %s, p99 %s, max %s", up, words.Rough(l.Deadline),
		words.Rough(l.RTT.P50), words.Rough(l.RTT.P99), words.Rough(l.RTT.Max)), 2)...)
}

// wrapped returns text below the margin, on at most so many lines.
func (m *Probe) wrapped(text string, most int) []string {
	var lines []string
	for _, line := range firstOf(fold(text, m.width-2), most, m.width-2) {
		lines = append(lines, clip(" "+line, m.width))
	}
	return lines
}

// gonePanel says that what was opened is no more.
func (m *Probe) gonePanel() []panel {
	return []panel{{least: 1, most: 1, lines: func(int) []string { return []string{clip(" It is not observed any more.", m.width)} }}}
}

// showLink tells what became of the messages of a link, of its round trips, and of each of its cells.
func (p *page) showLink(m *Probe) []panel {
	l := m.snap.Link(p.link.From, p.link.To)
	if l == nil {
		return m.gonePanel()
	}
	name := words.Link(l.From, l.To)
	var sum probe.Counts
	for i := range l.Cells {
		sum = sum.Plus(cellCounts(&l.Cells[i]))
	}
	facts := append(m.linkFacts(l, name), m.wrapped(countsText(sum.Plus(l.Retired)), 2)...)
	facts = append(facts, m.explained(l.From, l.To)...)
	facts = append(facts, clip(m.look.faint.on(" last rounds ")+strings.TrimLeft(roundsSpark(l.Rounds, len(l.Rounds)), " "), m.width))
	head := panel{least: 1, most: len(facts), lines: func(int) []string { return facts }}
	return []panel{head, m.histogramPanel(probe.Focus{From: l.From, To: l.To, Slot: -1}), p.cellTable(m, l)}
}

// histogramPanel shows the round trips of what the reader looks at, as soon as they are known.
func (m *Probe) histogramPanel(f probe.Focus) panel {
	return panel{least: 3, most: 8, drop: 1, lines: func(height int) []string {
		d := m.snap.Focus
		if d == nil || d.Focus != f {
			text := " The round trips come with the next look."
			if m.paused {
				text = " The round trips come when the screen goes on."
			}
			return []string{clip(m.look.faint.on(text), m.width)}
		}
		lines := histogram(m.look, d, m.width-2, height)
		for i := range lines {
			lines[i] = clip(" "+lines[i], m.width)
		}
		return lines
	}}
}

// cellTable has a row for each cell of a link.
func (p *page) cellTable(m *Probe, l *probe.Link) panel {
	v, label := m.cellsOf(l), labelsOf(l)
	return panel{least: 2, lines: func(height int) []string {
		first, last := window(len(v.cells), height-1, v.cellAt, p.top)
		p.top, p.room, p.length = first, height-1, len(v.cells)
		var rows [][]string
		for _, i := range v.cells[first:last] {
			c := &l.Cells[i]
			rows = append(rows, []string{label(i), m.look.marked(string(c.State)), words.Millis(c.RTT.P50), words.Millis(c.RTT.P99), words.Thousands(c.Sent),
				words.Thousands(c.Delivered), words.Thousands(c.Late), words.Thousands(c.Lost), words.Thousands(c.Overdue), m.clock(c.LastUp), words.Clean(c.Channel)})
		}
		return table(m.look, cellColumns, rows, v.cellAt-first, m.width)
	}}
}

var cellColumns = []column{{title: "cell"}, {title: "state"}, {title: "p50 ms", right: true, drop: 5}, {title: "p99 ms", right: true, drop: 6}, {title: "sent", right: true, drop: 3},
	{title: "delivered", right: true, drop: 4}, {title: "late", right: true, drop: 2}, {title: "lost", right: true, drop: 2},
	{title: "overdue", right: true, drop: 1}, {title: "last in time", drop: 7}, {title: "channel", least: 10, drop: 8}}

// showCell tells all that is known of a cell.
func (p *page) showCell(m *Probe) []panel {
	l := m.snap.Link(p.link.From, p.link.To)
	if l == nil {
		return m.gonePanel()
	}
	at := -1
	for i := range l.Cells {
		if l.Cells[i].Slot == p.slot {
			at = i
		}
	}
	if at < 0 {
		return m.gonePanel()
	}
	c := &l.Cells[at]
	facts := []string{clip(" "+m.look.bold.on(words.Link(l.From, l.To)+" "+labelsOf(l)(at))+"  "+m.look.marked(string(c.State))+m.sinceFor(c.Since), m.width)}
	tell := func(what, text string) {
		for i, line := range fold(text, m.width-14) {
			if i > 0 {
				what = ""
			}
			facts = append(facts, clip(" "+m.look.faint.on(pad(what, 12))+line, m.width))
		}
	}
	tell("channel", fmt.Sprintf("%s (slot %d)", words.Clean(c.Channel), c.Slot))
	tell("from", m.shardName(l.From, c.FromShard))
	tell("to", m.shardName(l.To, c.ToShard))
	tell("messages", countsText(cellCounts(c)))
	tell("last", fmt.Sprintf("in time %s, late %s", m.clock(c.LastUp), m.clock(c.LastLate)))
	if keys := keysText(c.Keys); keys != "" {
		tell("keys", strings.TrimPrefix(keys, "keys "))
	}
	head := panel{least: 1, most: len(facts), lines: func(int) []string { return facts }}
	h := m.histogramPanel(probe.Focus{From: l.From, To: l.To, Slot: c.Slot})
	h.most = 14
	return []panel{head, h}
}

// shardName names a shard of a region with its address.
func (m *Probe) shardName(region string, index int) string {
	text := words.Clean(region) + " " + words.Shard(index)
	if r := m.snap.Region(region); r != nil && index >= 0 && index < len(r.Shards) {
		text += " at " + words.Clean(r.Shards[index].Address)
	}
	return text
}
