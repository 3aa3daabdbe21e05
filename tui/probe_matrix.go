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

const (
	leastSpark   = 4  // columns of a sparkline that tells anything
	leastLink    = 6  // columns of a link below which fewer links are shown in place of narrower ones
	longestName  = 16 // columns of a region's name before a row
	leastForWord = 24 // columns of a link with room for the word "up"
)

// matrixPanel has a row for each source and a column for each target.
func (m *Probe) matrixPanel(v *arranged) panel {
	return panel{least: 2, most: 1 + len(v.ends), lines: func(height int) []string {
		first, last := window(len(v.ends), height-1, v.row, m.top.links)
		m.top.links = first
		g := m.grid(v)
		lines := []string{g.head(m)}
		for row := first; row < last; row++ {
			lines = append(lines, g.row(m, v, row))
		}
		return lines
	}}
}

// grid is how wide the columns of a matrix are, and which are shown.
type grid struct {
	names       []string
	title       string
	name, width int // of a row's name, and of a link
	text, spark int // of that, for figures and for a sparkline, which may be 0
	long        bool
	first, last int // the columns
}

// grid measures the matrix.
func (m *Probe) grid(v *arranged) grid {
	g := grid{title: `from \ to, ms`}
	if m.width < 60 {
		g.title = `from\to`
	}
	g.name = widthOf(g.title)
	for _, i := range v.ends {
		name := words.Clean(m.snap.Regions[i].Name)
		g.names = append(g.names, name)
		g.name = max(g.name, min(widthOf(name), longestName))
	}
	g.name = min(g.name, max(m.width/3, 1))
	room := m.width - 1 - g.name
	shown := max(min(len(v.ends), room/(gap+leastLink)), 1)
	g.first, g.last = window(len(v.ends), shown, v.col, m.top.columns)
	m.top.columns = g.first
	g.width = max(room/shown-gap, 1)
	g.measure(v)
	return g
}

// measure shares the width of a link between figures and sparkline.
func (g *grid) measure(v *arranged) {
	for _, long := range []bool{true, false} {
		g.text, g.long = 0, long
		for _, l := range v.links {
			if l != nil && l.State == probe.LinkUp {
				g.text = max(g.text, widthOf(linkFigures(l, g.width, long)))
			}
		}
		g.spark = g.width - g.text - 1
		if g.spark >= leastSpark {
			break
		}
	}
	if g.spark < leastSpark {
		g.spark = 0
	}
	if most := 64; g.spark > most {
		g.width, g.spark = g.width-(g.spark-most), most
	}
}

func (g *grid) head(m *Probe) string {
	var line strings.Builder
	line.WriteString(" " + pad(g.title, g.name))
	for _, name := range g.names[g.first:g.last] {
		line.WriteString(blanks(gap) + pad(name, g.width))
	}
	text := strings.TrimRight(line.String(), " ")
	if hidden := len(g.names) - (g.last - g.first); hidden > 0 {
		text = ends(text, fmt.Sprintf("%d-%d of %d", g.first+1, g.last, len(g.names)), m.width)
	}
	return m.look.faint.on(clip(text, m.width))
}

func (g *grid) row(m *Probe, v *arranged, row int) string {
	var line strings.Builder
	line.WriteString(" " + pad(g.names[row], g.name))
	for col := g.first; col < g.last; col++ {
		link := g.link(m.look, v.at(row, col))
		line.WriteString(" ")
		switch {
		case row != v.row || col != v.col || v.link == nil:
			line.WriteString(" " + link)
		case m.place == inLinks:
			line.WriteString(m.look.selected(link, g.width+1))
		default:
			line.WriteString("▹" + link)
		}
	}
	return clip(strings.TrimRight(line.String(), " "), m.width)
}

// link returns a link in exactly the columns that it has.
func (g *grid) link(p palette, l *probe.Link) string {
	if l == nil {
		return pad("·", g.width)
	}
	text := linkFigures(l, g.width, g.long)
	spark := min(g.spark, g.width-widthOf(text)-1)
	t := tone.Of(l.State)
	symbol, rest, _ := strings.Cut(text, " ")
	painted := p.toned(symbol, t)
	if rest != "" {
		if t == tone.Good {
			painted += " " + rest
		} else {
			painted += " " + p.toned(rest, t)
		}
	}
	if spark < leastSpark {
		return pad(painted, g.width)
	}
	return pad(painted, g.width-spark) + roundsSpark(l.Rounds, spark)
}

// linkFigures says how a link is, in the longer way or the shorter.
func linkFigures(l *probe.Link, width int, long bool) string {
	symbol, word := tone.Of(l.State).Symbol(), " "+string(l.State)
	part := ""
	if alike := report.Alike(l); alike < len(l.Cells) {
		part = fmt.Sprintf(" %d/%d", alike, len(l.Cells))
	}
	arrives := !l.State.Silent() && l.State != probe.LinkUnknown && l.RTT != (probe.RTT{})
	if !arrives {
		if widthOf(word+part) > width-1 && part != "" {
			return symbol + part
		}
		return symbol + word + part
	}
	if width < leastForWord {
		word = ""
	}
	text := symbol + word + part + " " + words.Millis(l.RTT.P50)
	if long {
		text += " / " + words.Millis(l.RTT.P99)
	}
	return text
}

// What stands in a sparkline for a round of which all, or a part, did not come.
const (
	missingMark = '✖'
	partMark    = '×'
)

// roundsSpark shows the last rounds of a link, without those at the end of which a message is still waited for: they would look
// well, and then turn out not to be. A bar at the bottom is the shortest median round
// trip of those shown, and one at the top is twice that or the longest: a link that is as always is flat, whatever its length, and
// one that takes longer than before is seen. What differs by less than leastSwing never looks like much.
func roundsSpark(rounds []probe.Round, width int) string {
	n := max(len(rounds)-1, 0)
	for n > 0 && rounds[n-1].Waiting > 0 {
		n--
	}
	rounds = rounds[max(n-width, 0):n]
	low, high := time.Duration(-1), time.Duration(0)
	for i := range rounds {
		if r := &rounds[i]; r.Delivered+r.Late > 0 {
			if low < 0 || r.P50 < low {
				low = r.P50
			}
			high = max(high, r.P50)
		}
	}
	points := make([]point, len(rounds))
	for i := range rounds {
		switch r := &rounds[i]; {
		case r.Missing > 0 && r.Delivered+r.Late == 0:
			points[i].mark = missingMark
		case r.Missing > 0:
			points[i].mark = partMark
		case r.Delivered+r.Late == 0:
			points[i].mark = gapMark
		default:
			points[i].value = float64(r.P50 - low)
		}
	}
	return spark(points, float64(max(low, high-low, leastSwing)), width)
}

const leastSwing = 2 * time.Millisecond
