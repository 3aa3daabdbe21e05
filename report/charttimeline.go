package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/internal/words"
)

// moment is something that happened at one time of a drill.
type moment struct {
	at    time.Duration
	label string
}

// timeline is what the picture of a drill shows: times count from its start.
type timeline struct {
	phases  []PhaseDocument
	start   time.Time
	begin   time.Duration // of the first phase: what comes before is preparation
	end     time.Duration
	moments []moment
	pace    PaceDocument
}

// timelineOf gathers it; false when there is nothing to show.
func timelineOf(d *DrillDocument) (timeline, bool) {
	t := timeline{phases: d.Phases, start: time.Time(d.Started), pace: d.Pace}
	for i, p := range d.Phases {
		if at := t.since(p.At); i == 0 || at < t.begin {
			t.begin = at
		}
		t.end = max(t.end, t.since(p.At)+max(time.Duration(p.Duration), 0))
	}
	for _, r := range d.Pace.Regions { // a write can end after the last phase
		t.end = max(t.end, time.Duration(min(len(r.Acknowledged), mostBars))*time.Duration(d.Pace.Step))
	}
	t.add(d.FaultAt, "fault")
	for _, m := range d.Moves {
		label := m.To + " takes over"
		if m.Kind == failover.FailBack.String() {
			label = "back in " + m.To
		}
		t.add(m.CutOverAt, label)
	}
	if len(d.Moves) == 0 {
		t.add(d.CutOverAt, "cut-over")
	}
	for _, p := range d.Phases {
		if p.Name == drill.PhaseHeal {
			t.add(&p.At, "healed")
		}
	}
	return t, t.end > t.begin && !t.start.IsZero()
}

// What is drawn at the most of stretches of a pace, phases and moments: no run has more.
const (
	mostBars    = 1000
	mostPhases  = 100
	mostMoments = 12
)

func (t *timeline) since(at Timestamp) time.Duration { return max(time.Time(at).Sub(t.start), 0) }

func (t *timeline) add(at *Timestamp, label string) {
	if at != nil && len(t.moments) < mostMoments {
		t.moments = append(t.moments, moment{t.since(*at), label})
	}
}

// chart draws it, and says in words what there is to see.
func (t timeline) chart() *Chart {
	title := "Phases, and writes a second to each region"
	if len(t.pace.Regions) == 0 {
		title = "Phases"
	}
	return newChart(title+", in time since the start", t.describe(), t.draw)
}

func (t timeline) describe() string {
	var parts []string
	for _, m := range t.moments {
		parts = append(parts, fmt.Sprintf("%s after %s", m.label, words.Rough(m.at)))
	}
	text := fmt.Sprintf("A timeline of %s in %s, in time since the start.", words.Rough(t.end-t.begin), words.Count(len(t.phases), "phase"))
	if len(parts) > 0 {
		text += " " + words.Enumerate(parts) + "."
	}
	for _, r := range t.pace.Regions {
		acknowledged, failed := sum(r.Acknowledged), sum(r.Failed)
		text += fmt.Sprintf(" %s acknowledged %s; %s not acknowledged.", r.Region, words.Count(acknowledged, "write"), words.Thousands(failed))
	}
	return text
}

func sum(all []int) int {
	n := 0
	for _, x := range all {
		n += max(x, 0)
	}
	return n
}

// Measures of the timeline.
const (
	axisRoom  = 52.0  // for the numbers of the axis of values
	bandHigh  = 22.0  // of the names of the phases
	plotHigh  = 150.0 // of the writes a second
	barePlot  = 20.0  // where the pace is not known
	rightEdge = 12.0
)

func (t timeline) draw(width float64) Drawing {
	d := Drawing{Width: width}
	x := scale{float64(t.begin), float64(t.end), axisRoom, width - rightEdge}
	rows := t.momentRows(x)
	top := bandHigh + lineHigh*float64(len(rows)) + 8
	high := plotHigh
	if len(t.pace.Regions) == 0 {
		high = barePlot
	}
	bottom := top + high
	t.drawPhases(&d, x, bottom)
	d.timeAxis(x, t.begin, t.end, top, bottom)
	below := bottom + 2*lineHigh + 6
	if len(t.pace.Regions) > 0 {
		y := scale{0, t.most(), bottom, top + 6}
		drawValues(&d, y, width)
		below = t.drawPaces(&d, x, y, below)
	}
	for row, moments := range rows {
		for _, m := range moments {
			at, base := x.at(float64(m.at)), bandHigh+lineHigh*float64(row+1)-2
			d.line("moment", at, base+3, at, bottom)
			d.text("moment-label", m.anchor(x), at, base, m.label)
		}
	}
	d.Height = tenth(below)
	return d
}

// anchor is on which side of its moment a label stands: on none that leaves the picture.
func (m moment) anchor(x scale) string {
	at, half := x.at(float64(m.at)), textWidth(m.label)/2
	switch {
	case at+half > x.end+rightEdge:
		return "end"
	case at-half < 0:
		return "start"
	}
	return "middle"
}

// momentRows puts moments whose labels would lie on one another into rows.
func (t timeline) momentRows(x scale) [][]moment {
	var rows [][]moment
	for _, m := range t.moments {
		placed := false
		for i := range rows {
			last := rows[i][len(rows[i])-1]
			if apart := math.Abs(x.at(float64(m.at)) - x.at(float64(last.at))); !placed && apart > (textWidth(m.label)+textWidth(last.label))/2+textWidth("  ") {
				rows[i], placed = append(rows[i], m), true
			}
		}
		if !placed {
			rows = append(rows, []moment{m})
		}
	}
	return rows
}

// drawPhases draws a band for each phase, with its name where there is room.
func (t timeline) drawPhases(d *Drawing, x scale, bottom float64) {
	for i, p := range t.phases[:min(len(t.phases), mostPhases)] {
		from, to := x.at(float64(t.since(p.At))), x.at(float64(t.since(p.At)+time.Duration(p.Duration)))
		d.rect("band"+strconv.Itoa(i%2), from, 0, to-from, bottom)
		if textWidth(p.Name)+4 <= to-from {
			d.text("band-label", "middle", (from+to)/2, lineHigh-1, p.Name)
		}
	}
}

// most is the highest number of writes a second.
func (t timeline) most() float64 {
	most := 1.0
	for _, r := range t.pace.Regions {
		for _, counts := range [][]int{r.Acknowledged, r.Failed} {
			for _, n := range counts[:min(len(counts), mostBars)] {
				most = max(most, t.perSecond(n))
			}
		}
	}
	return most
}

func (t timeline) perSecond(n int) float64 {
	return finite(float64(n) / time.Duration(t.pace.Step).Seconds())
}

// drawValues draws the axis of writes a second.
func drawValues(d *Drawing, y scale, width float64) {
	const most = 4
	step := roundStep(y.to, most)
	for v := 0.0; v <= y.to && v <= most*step; v += step {
		at := y.at(v)
		d.line("grid", axisRoom, at, width-rightEdge, at)
		d.text("tick", "end", axisRoom-6, at+4, words.Amount(v))
	}
}

// drawPaces draws a line for each region, one of failed writes where there are any, and below what each line stands for. It returns
// where that ends.
func (t timeline) drawPaces(d *Drawing, x, y scale, below float64) float64 {
	const mostLines = 5 // looks that can be told apart without colour
	left := axisRoom
	legend := func(class, name string) {
		const sample = 30.0
		name = shortened(name, d.Width-axisRoom-sample-rightEdge)
		if needs := sample + 6 + textWidth(name) + 18; left > axisRoom && left+needs > d.Width {
			left, below = axisRoom, below+lineHigh
		}
		d.line(class, left, below-4, left+sample, below-4)
		d.text("legend", "start", left+sample+6, below, name)
		left += sample + 6 + textWidth(name) + 18
	}
	for i, r := range t.pace.Regions[:min(len(t.pace.Regions), mostLines)] {
		class := "series s" + strconv.Itoa(i)
		if sum(r.Acknowledged) == 0 {
			continue
		}
		d.path(class, t.steps(r.Acknowledged, x, y))
		legend(class, r.Region+", writes/s acknowledged")
	}
	if failed := t.failed(); sum(failed) > 0 {
		d.path("series failed", t.steps(failed, x, y))
		legend("series failed", "not acknowledged, all regions")
	}
	return below + 6
}

// failed are the writes of all regions that were not acknowledged.
func (t timeline) failed() []int {
	var all []int
	for _, r := range t.pace.Regions {
		for i, n := range r.Failed[:min(len(r.Failed), mostBars)] {
			if i == len(all) {
				all = append(all, 0)
			}
			all[i] += n
		}
	}
	return all
}

// steps is the line of counts, level for the time of each. Where there is none, there is no line: on the axis those of all regions would
// lie on one another.
func (t timeline) steps(counts []int, x, y scale) string {
	var path strings.Builder
	zero := tenth(y.at(0))
	last, end := zero, 0.0
	for i, n := range counts[:min(len(counts), mostBars)] {
		from, high := tenth(x.at(float64(i)*float64(t.pace.Step))), tenth(y.at(t.perSecond(n)))
		end = tenth(x.at(float64(i+1) * float64(t.pace.Step)))
		switch {
		case end <= x.begin || high == last: // before the first phase, or level
			continue
		case last == zero:
			fmt.Fprintf(&path, "M%g,%gV%g", from, zero, high)
		default:
			fmt.Fprintf(&path, "H%gV%g", from, high)
		}
		last = high
	}
	if last != zero {
		fmt.Fprintf(&path, "H%gV%g", end, zero)
	}
	return path.String()
}
