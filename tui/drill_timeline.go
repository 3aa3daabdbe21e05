package tui

import (
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/words"
)

// stageRow is a stage in the timeline: one that has ended, is under way, or is to come.
type stageRow struct {
	drill.Stage
	took time.Duration // as far as it has come; 0 for one that is to come
	when stageTime
}

type stageTime uint8

const (
	passed stageTime = iota
	present
	future
)

// stages are the rows of the timeline, in their order.
func (d *Drill) stages() []stageRow {
	if d.now == nil {
		return nil
	}
	var rows []stageRow
	for _, p := range d.now.Phases {
		rows = append(rows, stageRow{drill.Stage{Name: p.Name, At: p.At}, p.Duration, passed})
	}
	if !d.finished() {
		rows = append(rows, stageRow{d.now.Now, d.now.At - d.now.Now.At, present})
	}
	for _, s := range d.now.Ahead {
		rows = append(rows, stageRow{s, 0, future})
	}
	return rows
}

// timeAxis is the time that the timeline and the writes share: so much time in so many columns, right of a text and left of
// another one.
type timeAxis struct {
	left, width, right int
	span               time.Duration
}

// The widths of what stands beside the axis.
const (
	drillLeft      = 34
	drillLeftSmall = 22
	drillRight     = 38
	drillRightWide = 60
)

// axis is made for the width of the screen and for all of the drill, as far as its length is known.
func (d *Drill) axis() timeAxis {
	a := timeAxis{left: drillLeft}
	switch {
	case d.width < 70:
		a.left = drillLeftSmall
	case d.width >= 160:
		a.right = drillRightWide
	case d.width >= 100:
		a.right = drillRight
	}
	a.width = max(0, d.width-a.left-a.right-1)
	a.span = time.Second
	if d.now != nil {
		a.span = roundUp(d.expectedEnd())
	}
	return a
}

// expectedEnd is when the drill ends as far as that is planned.
func (d *Drill) expectedEnd() time.Duration {
	p := d.now
	end := max(p.At, p.Now.At+p.Now.Planned)
	for _, s := range p.Ahead {
		end += s.Planned
	}
	return end
}

// roundUp is a little more than a time, so that the axis does not change all the time.
func roundUp(t time.Duration) time.Duration {
	for _, step := range []time.Duration{time.Second, 2 * time.Second, 5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute} {
		if t <= 12*step {
			return max(step, (t+step-1)/step*step)
		}
	}
	return (t + 10*time.Minute - 1) / (10 * time.Minute) * (10 * time.Minute)
}

// column is where on the axis a moment is: 0 to the width.
func (a timeAxis) column(t time.Duration) int {
	return min(max(0, int(float64(t)/float64(a.span)*float64(a.width))), a.width)
}

// moment is when a column begins.
func (a timeAxis) moment(column int) time.Duration {
	return time.Duration(float64(a.span) * float64(column) / float64(max(1, a.width)))
}

// timeline is a line for each stage, as many as there is room for: those around the present one.
func (d *Drill) timeline(rows []stageRow, height int) []string {
	a := d.axis()
	begin := 0
	if len(rows) > height {
		now := slices.IndexFunc(rows, func(r stageRow) bool { return r.when != passed })
		if now < 0 {
			now = len(rows)
		}
		begin = min(max(0, now-height/2), len(rows)-height)
	}
	next := d.expectedStarts(rows)
	var lines []string
	for i := begin; i < min(begin+height, len(rows)); i++ {
		lines = append(lines, d.stageLine(rows[i], a, next[i]))
	}
	return lines
}

// expectedStarts is when each stage began, or begins as far as that is planned.
func (d *Drill) expectedStarts(rows []stageRow) []time.Duration {
	starts := make([]time.Duration, len(rows))
	at := time.Duration(0)
	for i, r := range rows {
		if r.when != future {
			at = r.At
		}
		starts[i] = at
		at += max(r.took, r.Planned)
	}
	return starts
}

// stageLine is one line of the timeline.
func (d *Drill) stageLine(r stageRow, a timeAxis, start time.Duration) string {
	mark, took, at := "●", words.Rough(r.took), elapsed(r.At)
	switch r.when {
	case present:
		mark, took = "▸", goingOn(r.took)
	case future:
		mark, at, took = "·", "", ""
		if r.Planned > 0 {
			took = words.Rough(r.Planned)
		}
	}
	left := " " + mark + " " + pad(r.Name, 10) + padLeft(took, 8)
	if a.left >= drillLeft {
		left = " " + mark + " " + pad(r.Name, 10) + " " + padLeft(at, 8) + " " + padLeft(took, 9)
	}
	from, to := a.column(start), a.column(start+r.took)
	line := pad(left, a.left) + blanks(from)
	if r.when != future {
		line += strings.Repeat("█", max(1, to-from))
		from = max(from+1, to)
	}
	rest := strings.Repeat("░", max(0, a.column(start+r.Planned)-from))
	switch r.when {
	case future:
		return d.colours.faint.on(line + rest)
	case present:
		line = d.colours.bold.on(line) + d.colours.faint.on(rest)
	}
	if a.right == 0 {
		return line
	}
	return pad(line, a.left+a.width+1) + d.colours.faint.on(clip(d.stageNote(r), a.right))
}

// stageNote is what a stage waits for, or what came of it.
func (d *Drill) stageNote(r stageRow) string {
	if r.when == present {
		return r.Waits
	}
	if r.Name == drill.PhaseCutOver || r.Name == drill.PhaseFailBack {
		for _, m := range slices.Backward(d.now.Moves) {
			if m.CutOverAt != nil && *m.CutOverAt >= r.At && *m.CutOverAt <= r.At+r.took {
				return "first write acknowledged by " + words.Clean(d.region(m.To))
			}
		}
	}
	return ""
}
