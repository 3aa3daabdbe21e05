package tui

import (
	"fmt"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
)

// mostNamed is how many lines of shards with their names there are at the most, and shortestName how many columns one takes at the
// least. More shards are a map of symbols.
const (
	mostNamed    = 2
	shortestName = 12
)

// shardsPanel shows the cells of the selected link, and spells out the selected one.
func (m *Probe) shardsPanel(v *arranged) panel {
	shards := m.shards(v)
	details := fold(m.cellLine(v), m.width-1)
	return panel{least: 3, most: 1 + shards.rows(len(v.cells)) + min(len(details), 2), lines: func(height int) []string {
		room := max(height-1-min(len(details), 2), 1)
		detail := max(height-1-room, min(1, height-2))
		lines := append([]string{m.shardsHead(v, shards)}, shards.lines(m, v, room)...)
		for _, line := range firstOf(details, detail, m.width-1) {
			lines = append(lines, clip(" "+line, m.width))
		}
		return lines
	}}
}

// shardsHead says which link it is, and what the symbols mean.
func (m *Probe) shardsHead(v *arranged, s shardMap) string {
	l := v.link
	name := words.Link(l.From, l.To)
	if l.Loop() {
		name = words.Clean(l.From) + " itself"
	}
	left := " " + m.look.bold.on(name) + "  " + m.look.marked(string(l.State))
	if alike := report.Alike(l); alike < len(l.Cells) {
		left += fmt.Sprintf(" on %d of %d", alike, len(l.Cells))
	}
	left += m.sinceFor(l.Since)
	if s.names != nil {
		return clip(left, m.width)
	}
	return clip(ends(left, m.look.faint.on("· up  ○ slow  ▲ poor  ✖ silent  ? unknown"), m.width), m.width)
}

// shardMap is how the cells of a link are laid out.
type shardMap struct {
	perRow int
	names  []string // of each cell, with its symbol; nil: only symbols are shown
	width  int      // of a name
	margin int      // of the number before a row of symbols
	groups bool     // of ten symbols, with a blank between
}

// shards lays the cells of the selected link out.
func (m *Probe) shards(v *arranged) shardMap {
	n, label := len(v.cells), labelsOf(v.link)
	s := shardMap{margin: len(fmt.Sprint(n)) + 3}
	for _, more := range []func(*probe.Cell) string{trouble, func(*probe.Cell) string { return "" }} {
		s.names, s.width = nil, 0
		if n > mostNamed*m.width/shortestName {
			break
		}
		for _, i := range v.cells {
			c := &v.link.Cells[i]
			name := label(i) + " " + tone.Of(c.State).Symbol() + more(c)
			s.names, s.width = append(s.names, name), max(s.width, widthOf(name))
		}
		s.perRow = max((m.width-1)/(s.width+1+gap), 1)
		if s.rows(n) <= mostNamed {
			return s
		}
	}
	s.names = nil
	room := max(m.width-s.margin-1, 1)
	s.perRow = room
	if tens := (room + 1) / 11 * 10; tens > 0 && (m.height >= roomy || (n+tens-1)/tens == (n+room-1)/room) {
		s.perRow, s.groups = tens, true
	}
	return s
}

func (s *shardMap) rows(n int) int { return (n + s.perRow - 1) / s.perRow }

// lines returns so many rows, that of the selected cell among them.
func (s *shardMap) lines(m *Probe, v *arranged, height int) []string {
	first, last := window(s.rows(len(v.cells)), height, v.cellAt/s.perRow, m.top.shards)
	m.top.shards = first
	var lines []string
	for row := first; row < last; row++ {
		from := row * s.perRow
		cells := v.cells[from:min(from+s.perRow, len(v.cells))]
		if s.names != nil {
			lines = append(lines, s.named(m, v, from, cells))
		} else {
			lines = append(lines, s.symbols(m, v, from, cells))
		}
	}
	return lines
}

// named is a row of names.
func (s *shardMap) named(m *Probe, v *arranged, from int, cells []int) string {
	var line strings.Builder
	for k, i := range cells {
		name, at := s.names[from+k], from+k
		switch {
		case at == v.cellAt && m.place == inShards:
			line.WriteString(m.look.selected(name, s.width+1))
		case at == v.cellAt:
			line.WriteString("▹" + pad(m.look.toned(name, poorly(&v.link.Cells[i])), s.width))
		default:
			line.WriteString(" " + pad(m.look.toned(name, poorly(&v.link.Cells[i])), s.width))
		}
		line.WriteString(blanks(gap))
	}
	return clip(strings.TrimRight(line.String(), " "), m.width)
}

// symbols is a row of symbols, after the number of the first one.
func (s *shardMap) symbols(m *Probe, v *arranged, from int, cells []int) string {
	var line strings.Builder
	mark := " "
	if here := v.cellAt >= from && v.cellAt < from+len(cells); here && m.place == inShards {
		mark = "▸"
	} else if here {
		mark = "▹"
	}
	line.WriteString(mark + padLeft(fmt.Sprint(from+1), s.margin-2) + " ")
	typical := v.link.RTT.P50
	for k, i := range cells {
		if s.groups && k > 0 && k%10 == 0 {
			line.WriteString(" ")
		}
		c := &v.link.Cells[i]
		symbol := cellSymbol(c, typical)
		if from+k == v.cellAt {
			line.WriteString(m.chosenSymbol(symbol))
			continue
		}
		line.WriteString(m.look.toned(symbol, tone.Of(c.State)))
	}
	return clip(line.String(), m.width)
}

// chosenSymbol marks the selected cell of a map: without colour by a symbol of its own, since its state is spelled out below.
func (m *Probe) chosenSymbol(symbol string) string {
	if m.look.plain() {
		return "◆"
	}
	return m.look.chose.on(symbol)
}

// cellSymbol is one column wide. Cells that are up are quiet, so that the others stand out; those that take more than twice as long
// as is typical of the link are marked.
func cellSymbol(c *probe.Cell, typical time.Duration) string {
	switch {
	case c.State != probe.LinkUp:
		return tone.Of(c.State).Symbol()
	case typical > 0 && c.RTT.P50 > 2*typical+leastSwing:
		return "○"
	}
	return "·"
}

// poorly is the tone of a cell whose words only stand out when something is wrong.
func poorly(c *probe.Cell) tone.Tone {
	if c.State == probe.LinkUp {
		return tone.Unknown
	}
	return tone.Of(c.State)
}

// trouble names what did not come in time, the worst first; "" where all did, or it is over.
func trouble(c *probe.Cell) string {
	switch {
	case c.State == probe.LinkUp || c.State == probe.LinkUnknown:
		return ""
	case c.Overdue > 0:
		return " overdue " + words.Thousands(c.Overdue)
	case c.Lost > 0:
		return " lost " + words.Thousands(c.Lost)
	case c.Late > 0:
		return " late " + words.Thousands(c.Late)
	}
	return ""
}

// cellLine spells the selected cell out.
func (m *Probe) cellLine(v *arranged) string {
	c := v.cell
	label := labelsOf(v.link)(v.cells[v.cellAt])
	slot := fmt.Sprintf(" (slot %d)", c.Slot)
	if strings.HasPrefix(label, "slot") {
		slot = ""
	}
	text := fmt.Sprintf("%s%s %s %s%s; %s; ", label, slot, tone.Of(c.State).Symbol(), c.State, m.sinceFor(c.Since), countsText(cellCounts(c)))
	if keys := keysText(c.Keys); keys != "" {
		text += keys + "; "
	}
	return text + words.Clean(c.Channel)
}

// keysText says whether keys arrive, where somebody writes some.
func keysText(k probe.KeyEvidence) string {
	switch {
	case k.State == "" || k.State == probe.KeysUnproven && k.Last.IsZero():
		return ""
	case k.State == probe.KeysArriving && k.Lag > 0:
		return "keys arriving, after " + words.Rough(k.Lag) + " at least"
	}
	return "keys " + string(k.State)
}

// cellCounts is what became of the messages of a cell.
func cellCounts(c *probe.Cell) probe.Counts {
	return probe.Counts{Sent: c.Sent, Delivered: c.Delivered, Late: c.Late, Lost: c.Lost, NoEvidence: c.NoEvidence, Overdue: c.Overdue, Waiting: c.Waiting,
		Duplicate: c.Duplicate, Foreign: c.Foreign, Forged: c.Forged, TooLate: c.TooLate}
}

// countsText says what became of messages. What never happens to most is left out where there is none.
func countsText(c probe.Counts) string {
	text := fmt.Sprintf("sent %s, delivered %s, late %s, lost %s, overdue %s", words.Thousands(c.Sent), words.Thousands(c.Delivered),
		words.Thousands(c.Late), words.Thousands(c.Lost), words.Thousands(c.Overdue))
	for _, rare := range []struct {
		what string
		n    uint64
	}{{"no evidence", c.NoEvidence}, {"duplicate", c.Duplicate}, {"foreign", c.Foreign}, {"forged", c.Forged}, {"too late", c.TooLate}} {
		if rare.n > 0 {
			text += fmt.Sprintf(", %s %s", rare.what, words.Thousands(rare.n))
		}
	}
	return text
}
