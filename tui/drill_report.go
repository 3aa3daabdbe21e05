package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// reportText is the report as it is shown.
type reportText struct {
	shown bool // at least once
	lines []string
	width int // for which the lines were made; 0: not yet
}

// reportHeight is how many lines of the report fit on the screen.
func (d *Drill) reportHeight() int { return max(0, d.height-1) }

// reportLines are those of the report, made for this screen; none before the end.
func (d *Drill) reportLines() []string {
	if _, report := d.outside(); report != nil && d.reported.width != d.width {
		text := ansi.Hardwrap(strings.TrimRight(report(d.width), "\n"), d.width, true) // its tables have a least width
		d.reported.lines, d.reported.width = strings.Split(text, "\n"), d.width
	}
	return d.reported.lines
}

// reportPage is the report from where one has scrolled to.
func (d *Drill) reportPage() []string {
	lines := d.reportLines()
	begin := min(d.scroll, max(0, len(lines)-d.reportHeight()))
	return lines[begin:min(len(lines), begin+d.reportHeight())]
}
