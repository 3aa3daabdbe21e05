package tui

import (
	"fmt"
	"math"

	"github.com/aafailover/aafailover/probe"
)

// page is what was opened above the overview.
type page struct {
	kind   pageKind
	link   probe.Pair // of a link or cell
	slot   int        // of a cell
	region string
	top    int // the first line that is shown; bottom: the last ones are
	room   int // how many lines there were room for the last time
	length int // how many there were
}

type pageKind int

const (
	helpPage pageKind = iota
	eventsPage
	regionPage
	linkPage
	cellPage
)

// bottom is a place in a page that is scrolled to its end, and stays there.
const bottom = math.MaxInt

// page is what is seen in place of the overview; nil: nothing.
func (m *Probe) page() *page {
	if len(m.pages) == 0 {
		return nil
	}
	return &m.pages[len(m.pages)-1]
}

// deepest bounds how many pages can be open above one another.
const deepest = 16

func (m *Probe) push(p page) {
	if len(m.pages) < deepest {
		m.pages = append(m.pages, p)
	}
}

// open opens what is selected.
func (m *Probe) open() {
	if m.snap == nil {
		return
	}
	v := m.arrange()
	p := m.page()
	switch {
	case p == nil && m.place == inRegions && len(v.regions) > 0:
		m.push(page{kind: regionPage, region: m.selectedRegion(v)})
	case p == nil && m.place == inLinks && v.link != nil:
		m.link = probe.Pair{From: v.link.From, To: v.link.To}
		m.push(page{kind: linkPage, link: m.link})
	case p == nil && m.place == inShards && v.cell != nil:
		m.choose(v.link, v.cell)
		m.push(page{kind: cellPage, link: m.link, slot: m.slot})
	case p != nil && p.kind == linkPage:
		if l := m.snap.Link(p.link.From, p.link.To); l != nil && len(l.Cells) > 0 {
			m.slot = m.cellsOf(l).cell.Slot
			m.push(page{kind: cellPage, link: p.link, slot: m.slot})
		}
	}
}

// selectedRegion is the name of the region that is selected.
func (m *Probe) selectedRegion(v *arranged) string {
	for _, i := range v.regions {
		if m.snap.Regions[i].Name == m.region {
			return m.region
		}
	}
	return m.snap.Regions[v.regions[0]].Name
}

// refocus says what the reader looks at more closely.
func (m *Probe) refocus() {
	f := new(probe.Focus)
	if p := m.page(); p != nil {
		switch p.kind {
		case linkPage:
			*f = probe.Focus{From: p.link.From, To: p.link.To, Slot: -1}
		case cellPage:
			*f = probe.Focus{From: p.link.From, To: p.link.To, Slot: p.slot}
		}
	}
	m.focused.Store(f)
}

// show returns the panels of a page.
func (p *page) show(m *Probe) []panel {
	switch p.kind {
	case helpPage:
		return []panel{p.scrolled(m.helpLines())}
	case eventsPage:
		return []panel{p.scrolled(m.eventLines())}
	case regionPage:
		return p.showRegion(m)
	case linkPage:
		return p.showLink(m)
	}
	return p.showCell(m)
}

// scrolled shows a part of so many lines.
func (p *page) scrolled(lines []string) panel {
	return panel{least: 1, lines: func(height int) []string {
		p.room, p.length = height, len(lines)
		first := max(min(p.top, len(lines)-height), 0)
		return lines[first:min(first+height, len(lines))]
	}}
}

// part says which of its lines or rows are shown, where that is not all.
func (p *page) part() string {
	if p.room <= 0 || p.length <= p.room {
		return ""
	}
	first := max(min(p.top, p.length-p.room), 0)
	return fmt.Sprintf("%d-%d of %d", first+1, first+p.room, p.length)
}

// scroll moves what is shown of a page by lines, by screens or to an end.
func (p *page) scroll(key string) {
	end := max(p.length-p.room, 0)
	p.top = min(p.top, end)
	p.top = max(min(moved(key, p.top, max(p.room-1, 1), end), end), 0)
	if p.kind == eventsPage && p.top == end {
		p.top = bottom
	}
}

// moved returns the place that a key leads to, which may lie beyond the ends.
func moved(key string, at, screen, end int) int {
	down, _ := direction(key)
	switch key {
	case "pgup":
		return at - screen
	case "pgdown":
		return at + screen
	case "home":
		return 0
	case "end":
		return end
	}
	return at + down
}

// move moves what is selected on a page, or scrolls it.
func (p *page) move(m *Probe, key string) {
	switch p.kind {
	case linkPage, cellPage:
		l := m.snap.Link(p.link.From, p.link.To)
		if l == nil || len(l.Cells) == 0 {
			return
		}
		v := m.cellsOf(l)
		last := len(v.cells) - 1
		if _, right := direction(key); right != 0 && p.kind == cellPage {
			key = map[int]string{-1: "up", 1: "down"}[right]
		}
		c := &l.Cells[v.cells[max(min(moved(key, v.cellAt, max(p.room-1, 1), last), last), 0)]]
		m.choose(l, c)
		p.slot = c.Slot
	default:
		p.scroll(key)
	}
}

func (m *Probe) eventLines() []string {
	lines := logLines(m.look, m.log.matching(m.filter), m.width)
	if len(lines) == 0 {
		return []string{clip(" No event"+map[bool]string{true: " matches", false: " yet"}[m.filter != ""]+".", m.width)}
	}
	return lines
}

func (m *Probe) helpLines() []string {
	lines := helpLines(m.look, m.keys, m.width)
	lines = append(lines, "")
	for _, line := range fold(helpText(), m.width-2) {
		lines = append(lines, clip(" "+line, m.width))
	}
	return lines
}
