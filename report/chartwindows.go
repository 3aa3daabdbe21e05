package report

import (
	"cmp"
	"fmt"
	"slices"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/words"
)

// shardWindows are the windows of one shard, as a row of the picture.
type shardWindows struct {
	name    string
	windows []WindowDocument
	count   int // of writes
}

// The bounds of the picture: what is beyond is in the table, and in full in CSV and JSON.
const (
	mostShardRows = 24
	mostRowBars   = 120
)

// byShard gathers windows by shard, those that miss most first.
func byShard(windows []WindowDocument) []shardWindows {
	var rows []shardWindows
	index := map[[2]string]int{}
	for _, w := range windows {
		key := [2]string{w.Region, w.Shard}
		i, known := index[key]
		if !known {
			i = len(rows)
			index[key] = i
			rows = append(rows, shardWindows{name: shardText(w)})
		}
		rows[i].windows = append(rows[i].windows, w)
		rows[i].count += w.Count
	}
	slices.SortStableFunc(rows, func(a, b shardWindows) int { return cmp.Compare(b.count, a.count) })
	return rows
}

// shardText names the shard of a window. An id of 40 digits, which is all that an earlier version has kept, is told by its ends.
func shardText(w WindowDocument) string {
	if w.ShardNumber > 0 {
		return w.Region + " " + words.Shard(w.ShardNumber-1)
	}
	if w.Shard == "" {
		return fmt.Sprintf("%s, slot %d", w.Region, w.Slot)
	}
	if w.Shard == w.Region {
		return w.Region
	}
	return w.Region + " " + shortID(w.Shard)
}

// windowsChart is a bar for each window on the axis of the time of the acknowledgements; nil where there is none.
func windowsChart(d *DrillDocument) *Chart {
	rows := byShard(d.Windows)
	if len(rows) == 0 {
		return nil
	}
	start := time.Time(d.Started)
	from, to := time.Time(d.Windows[0].FirstAck), time.Time(d.Windows[0].LastAck)
	for _, w := range d.Windows {
		if first := time.Time(w.FirstAck); first.Before(from) {
			from = first
		}
		if last := time.Time(w.LastAck); last.After(to) {
			to = last
		}
	}
	p := windowsPicture{rows: rows[:min(len(rows), mostShardRows)], start: start, from: from.Sub(start), to: to.Sub(start)}
	for _, m := range []struct {
		at    *Timestamp
		label string
	}{{d.FaultAt, "fault"}, {d.CutOverAt, "cut-over"}} {
		if m.at != nil {
			p.moments = append(p.moments, moment{time.Time(*m.at).Sub(start), m.label})
		}
	}
	p.widen()
	text := fmt.Sprintf("%s on %s, acknowledged from %s to %s after the start of the drill.", words.Count(d.Missed.AtFailover, "missed write"), words.Count(len(rows), "shard"),
		words.Rough(from.Sub(start)), words.Rough(to.Sub(start)))
	for _, r := range p.rows[:min(len(p.rows), 6)] {
		text += fmt.Sprintf(" %s: %s.", r.name, r.outcome())
	}
	return newChart("When the missed writes had been acknowledged, shard by shard", text, p.draw)
}

// outcome counts the writes of a row by their fate, the worst first.
func (r shardWindows) outcome() string {
	counts := map[drill.Fate]int{}
	for _, w := range r.windows {
		counts[w.Outcome] += w.Count
	}
	var parts []string
	for _, f := range []drill.Fate{drill.Lost, drill.Diverged, drill.Pending, drill.Expired, drill.Converged} {
		if counts[f] > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", words.Thousands(counts[f]), f))
		}
	}
	return words.Enumerate(parts)
}

// windowsPicture is what is drawn: times count from the start of the drill.
type windowsPicture struct {
	rows     []shardWindows
	start    time.Time
	from, to time.Duration
	moments  []moment
}

// widen takes the fault and the cut-over into the picture where they are near, and leaves some room at both ends.
func (p *windowsPicture) widen() {
	span := max(p.to-p.from, 20*time.Millisecond)
	near := p.moments[:0]
	for _, m := range p.moments {
		if m.at >= p.from-2*span && m.at <= p.to+2*span {
			p.from, p.to = min(p.from, m.at), max(p.to, m.at)
			near = append(near, m)
		}
	}
	p.moments = near
	room := max((p.to-p.from)/20, 5*time.Millisecond)
	p.from, p.to = max(p.from-room, 0), p.to+room
}

func (p windowsPicture) draw(width float64) Drawing {
	const rowHigh, barHigh = 40.0, 14.0
	d := Drawing{Width: width}
	x := scale{float64(p.from), float64(p.to), rightEdge, width - rightEdge}
	top := lineHigh + 6
	bottom := top + rowHigh*float64(len(p.rows))
	d.timeAxis(x, p.from, p.to, top, bottom)
	for i, m := range p.moments {
		at, anchor := x.at(float64(m.at)), m.anchor(x)
		if i > 0 && len(p.moments) > 1 { // two labels do not lie on one another
			anchor = "start"
			if at+textWidth(m.label) > width {
				anchor = "end"
			}
		}
		if i == 0 && len(p.moments) > 1 && at-textWidth(m.label) > 0 {
			anchor = "end"
		}
		d.line("moment", at, top-4, at, bottom)
		d.text("moment-label", anchor, at, lineHigh-2, m.label)
	}
	for i, r := range p.rows {
		base := top + rowHigh*float64(i)
		d.text("row-label", "start", rightEdge, base+lineHigh-2, shortened(r.name+": "+r.outcome(), width-2*rightEdge))
		d.line("grid", rightEdge, base+rowHigh, width-rightEdge, base+rowHigh)
		for _, b := range r.bars(p, x) {
			d.rect("fate "+b.fate.String(), b.from, base+lineHigh+4, b.to-b.from, barHigh)
		}
	}
	below := bottom + 2*lineHigh + 4
	d.text("legend", "start", rightEdge, below, "acknowledged, in time since the start")
	d.Height = tenth(below + 6)
	return d
}

// bar is a stretch of a row, in units of the drawing.
type bar struct {
	from, to float64
	fate     drill.Fate
}

// bars are those of a row, from left to right. Where bars would lie on one another, and where there are too many, they become one, of the
// worst of their fates: a picture must not make an outage look better than it was.
func (r shardWindows) bars(p windowsPicture, x scale) []bar {
	const least = 3.0 // what can be seen
	all := make([]bar, 0, len(r.windows))
	for _, w := range r.windows {
		from, to := x.at(float64(time.Time(w.FirstAck).Sub(p.start))), x.at(float64(time.Time(w.LastAck).Sub(p.start)))
		all = append(all, bar{from, max(to, from+least), w.Outcome})
	}
	slices.SortFunc(all, func(a, b bar) int { return cmp.Or(cmp.Compare(a.from, b.from), cmp.Compare(a.to, b.to)) })
	apart := max(0, x.room()/mostRowBars-least)
	var merged []bar
	for _, b := range all {
		if n := len(merged); n > 0 && (b.from < merged[n-1].to || len(all) > mostRowBars && b.from < merged[n-1].to+apart) {
			last := &merged[n-1]
			last.to = max(last.to, b.to)
			if worse(b.fate, last.fate) {
				last.fate = b.fate
			}
			continue
		}
		merged = append(merged, b)
	}
	return merged
}

// worse tells whether a fate is worse than another.
func worse(a, b drill.Fate) bool {
	order := []drill.Fate{drill.Converged, drill.Expired, drill.Pending, drill.Diverged, drill.Lost}
	return slices.Index(order, a) > slices.Index(order, b)
}
