package tui

import (
	"cmp"
	"fmt"
	"slices"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
)

// sorting is in which order regions and shards stand.
type sorting int

const (
	asConfigured sorting = iota
	worstFirst
	slowestFirst
	sortings
)

func (o sorting) String() string {
	return [...]string{"configured order", "worst first", "slowest first"}[o]
}

// arranged is what of a snapshot is shown, in which order, and what of it is selected. There is always a region; without
// links or cells link and cell are nil.
type arranged struct {
	regions []int         // of the table
	ends    []int         // of the matrix: its rows, and its columns
	links   []*probe.Link // of the matrix, row by row; nil where the filter leaves one out
	cells   []int         // of the selected link

	link     *probe.Link
	row, col int // of the selected link
	cell     *probe.Cell
	cellAt   int // among cells

	found struct{ regions, links, shards int } // by the filter
}

// arrange sorts and filters what is known.
func (m *Probe) arrange() *arranged {
	v := new(arranged)
	all := m.sortedRegions()
	v.regions = m.narrowed(all, m.regionText, &v.found.regions)
	m.arrangeLinks(v, all)
	if v.link != nil {
		m.arrangeCells(v)
	}
	return v
}

// narrowed returns those whose text the filter finds, or all when there are none: a panel that has nothing of what is looked for is
// left as it is.
func (m *Probe) narrowed(all []int, text func(int) string, found *int) []int {
	if m.filter == "" {
		return all
	}
	var some []int
	for _, i := range all {
		if contains(text(i), m.filter) {
			some = append(some, i)
		}
	}
	if *found = len(some); *found == 0 {
		return all
	}
	return some
}

func (m *Probe) regionText(i int) string {
	r := &m.snap.Regions[i]
	return fmt.Sprint(r.Name, " ", r.State, " ", r.Cause)
}

func linkText(l *probe.Link) string {
	return fmt.Sprint(l.From, "→", l.To, " ", l.From, "->", l.To, " ", l.State)
}

func (m *Probe) sortedRegions() []int {
	all := upTo(len(m.snap.Regions))
	switch m.sort {
	case worstFirst:
		bad := make([]int, len(all))
		for i := range m.snap.Regions {
			bad[i] = 10 * regionBadness(m.snap.Regions[i].State)
		}
		for i := range m.snap.Links {
			l := &m.snap.Links[i]
			for k := range m.snap.Regions {
				if name := m.snap.Regions[k].Name; name == l.From || name == l.To {
					bad[k] = max(bad[k], linkBadness(l.State))
				}
			}
		}
		slices.SortStableFunc(all, func(a, b int) int { return cmp.Compare(bad[b], bad[a]) })
	case slowestFirst:
		took := make([]int64, len(all))
		for i := range m.snap.Regions {
			if loop := m.snap.Link(m.snap.Regions[i].Name, m.snap.Regions[i].Name); loop != nil {
				took[i] = int64(loop.RTT.P50)
			}
		}
		slices.SortStableFunc(all, func(a, b int) int { return cmp.Compare(took[b], took[a]) })
	}
	return all
}

// arrangeLinks makes the matrix of the links that match, and finds the selected one.
func (m *Probe) arrangeLinks(v *arranged, all []int) {
	n := len(m.snap.Regions)
	byEnds := make([]*probe.Link, n*n)
	place := make(map[string]int, n)
	for i := range m.snap.Regions {
		place[m.snap.Regions[i].Name] = i
	}
	matched := make([]bool, n*n)
	var shown []bool // by region
	for i := range m.snap.Links {
		l := &m.snap.Links[i]
		from, known := place[l.From]
		to, alsoKnown := place[l.To]
		if !known || !alsoKnown {
			continue
		}
		byEnds[from*n+to] = l
		if m.filter == "" || contains(linkText(l), m.filter) {
			matched[from*n+to] = true
			v.found.links++
			if shown == nil {
				shown = make([]bool, n)
			}
			shown[from], shown[to] = true, true
		}
	}
	narrow := v.found.links > 0
	for _, i := range all {
		if !narrow || shown[i] {
			v.ends = append(v.ends, i)
		}
	}
	want := m.wantedLink()
	for row, from := range v.ends {
		for col, to := range v.ends {
			l := byEnds[from*n+to]
			if narrow && !matched[from*n+to] {
				l = nil
			}
			v.links = append(v.links, l)
			if l != nil && (v.link == nil || l.From == want.From && l.To == want.To) {
				v.link, v.row, v.col = l, row, col
			}
		}
	}
}

// at returns a link of the matrix, nil where there is none or it is filtered out.
func (v *arranged) at(row, col int) *probe.Link { return v.links[row*len(v.ends)+col] }

// wantedLink is the link that is selected. As long as nobody has selected one, it is that of the worst finding, or the first one
// from the local region.
func (m *Probe) wantedLink() probe.Pair {
	if m.link != (probe.Pair{}) {
		return m.link
	}
	for i := range m.snap.Findings {
		if f := &m.snap.Findings[i]; f.From != "" {
			return probe.Pair{From: f.From, To: f.To}
		}
	}
	for i := range m.snap.Links {
		if l := &m.snap.Links[i]; !l.Loop() {
			return probe.Pair{From: l.From, To: l.To}
		}
	}
	return probe.Pair{}
}

// cellsOf arranges the cells of a link, whichever the filter has left of the links.
func (m *Probe) cellsOf(l *probe.Link) *arranged {
	v := &arranged{link: l}
	m.arrangeCells(v)
	return v
}

// arrangeCells sorts and filters the cells of the selected link, and finds the selected one.
func (m *Probe) arrangeCells(v *arranged) {
	l := v.link
	label := labelsOf(l)
	all := sortedCells(l, m.sort)
	v.cells = m.narrowed(all, func(i int) string { return label(i) + " " + cellText(&l.Cells[i]) }, &v.found.shards)
	worst := 0
	for at, i := range v.cells {
		c := &l.Cells[i]
		if c.Slot == m.slot && m.slot != noSlot {
			v.cell, v.cellAt = c, at
			return
		}
		if linkBadness(c.State) > linkBadness(l.Cells[v.cells[worst]].State) {
			worst = at
		}
	}
	if len(v.cells) > 0 {
		v.cell, v.cellAt = &l.Cells[v.cells[worst]], worst
	}
}

func cellText(c *probe.Cell) string { return fmt.Sprint("slot ", c.Slot, " ", c.State, " ", c.Channel) }

func sortedCells(l *probe.Link, by sorting) []int {
	all := upTo(len(l.Cells))
	switch by {
	case worstFirst:
		slices.SortStableFunc(all, func(a, b int) int {
			x, y := &l.Cells[a], &l.Cells[b]
			return cmp.Or(cmp.Compare(linkBadness(y.State), linkBadness(x.State)), cmp.Compare(y.Overdue+y.Lost+y.Late, x.Overdue+x.Lost+x.Late))
		})
	case slowestFirst:
		slices.SortStableFunc(all, func(a, b int) int {
			x, y := &l.Cells[a].RTT, &l.Cells[b].RTT
			return cmp.Or(cmp.Compare(y.P50, x.P50), cmp.Compare(y.P99, x.P99))
		})
	}
	return all
}

// labelsOf returns how the cells of a link are named, by index: by the shard where each has one to itself and both ends the same,
// by the shards at both ends where those differ, and else by the slot.
func labelsOf(l *probe.Link) func(i int) string {
	equal, seen := true, make(map[[2]int]bool, len(l.Cells))
	for i := range l.Cells {
		c := &l.Cells[i]
		equal = equal && c.FromShard == c.ToShard
		seen[[2]int{c.FromShard, c.ToShard}] = true
	}
	return func(i int) string {
		c := &l.Cells[i]
		switch {
		case len(seen) < len(l.Cells):
			return fmt.Sprint("slot ", c.Slot)
		case equal:
			return words.Shard(c.FromShard)
		}
		return fmt.Sprintf("%s→%d", words.Shard(c.FromShard), c.ToShard+1)
	}
}

// regionBadness and linkBadness order states, the worst highest.
func regionBadness(s probe.RegionState) int {
	return slices.Index([]probe.RegionState{probe.RegionAvailable, probe.RegionUnobservable, probe.RegionImpaired, probe.RegionDown}, s)
}

func linkBadness(s probe.LinkState) int {
	return slices.Index([]probe.LinkState{probe.LinkUp, probe.LinkUnknown, probe.LinkLate, probe.LinkDegraded, probe.LinkNever, probe.LinkDown}, s)
}

// foundText says what the filter has found.
func (m *Probe) foundText() string {
	if m.filter == "" || m.snap == nil {
		return ""
	}
	v := m.arrange()
	events := len(m.log.matching(m.filter))
	if v.found.regions+v.found.links+v.found.shards+events == 0 {
		return "(nothing)"
	}
	return fmt.Sprintf("(%s, %s, %s, %s)", words.Count(v.found.regions, "region"), words.Count(v.found.links, "link"),
		words.Count(v.found.shards, "shard"), words.Count(events, "event"))
}

func upTo(n int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	return all
}
