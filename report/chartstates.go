package report

import (
	"fmt"
	"time"

	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
)

// The bounds of the picture of states: rows, and changes of one row, beyond which only the last ones are drawn.
const (
	mostStateRows    = 30
	mostStateChanges = 60
)

// verdictRow is the name of the row of the verdict, which is the first.
const verdictRow = "verdict"

// stateRow is how the verdict, a region or a link was over the time of a probe.
type stateRow struct {
	name    string
	changes []stateChange
}

// stateChange is the state from a moment on, counted from the start.
type stateChange struct {
	at    time.Duration
	state string
}

// histories are the verdict, which is the first, and the regions and links of which there are events, in the order of their first change.
func histories(d *ProbeDocument) []stateRow {
	rows := []stateRow{{name: verdictRow}}
	index := map[string]int{verdictRow: 0}
	started := time.Time(d.Started)
	for _, e := range d.Events {
		name := ""
		switch e.Kind {
		case probe.EventVerdict:
			name = verdictRow
		case probe.EventRegion:
			name = "region " + e.Region
		case probe.EventLink:
			name = "link " + e.From + "→" + e.To
		}
		if name == "" || e.State == "" {
			continue
		}
		i, known := index[name]
		if !known {
			i = len(rows)
			index[name] = i
			rows = append(rows, stateRow{name: name})
		}
		r, at := &rows[i], max(time.Time(e.At).Sub(started), 0)
		if len(r.changes) == 0 && e.Was != "" && at > 0 {
			r.changes = append(r.changes, stateChange{0, e.Was})
		}
		r.changes = append(r.changes, stateChange{at, e.State})
	}
	return rows
}

// stateRows are those of the picture: the verdict, and what did not stay up, with their last changes.
func stateRows(d *ProbeDocument) []stateRow {
	rows := histories(d)
	kept := rows[:0]
	for i, r := range rows {
		if r.tells() || i == 0 && len(r.changes) > 0 {
			r.changes = r.changes[max(len(r.changes)-mostStateChanges, 0):]
			kept = append(kept, r)
		}
	}
	return kept
}

// tells is false of what came up at the start and stayed so.
func (r stateRow) tells() bool {
	for i, c := range r.changes {
		if i > 0 && tone.Of(c.state) != tone.Good {
			return true
		}
	}
	return false
}

// statesChart is a row for all that has changed, with its states over time; nil where nothing has.
func statesChart(d *ProbeDocument) *Chart {
	rows := stateRows(d)
	whole := time.Time(d.At).Sub(time.Time(d.Started))
	if len(rows) == 0 || whole <= 0 || time.Time(d.Started).IsZero() {
		return nil
	}
	text := fmt.Sprintf("States over %s.", words.Rough(whole))
	for _, r := range rows[:min(len(rows), 6)] {
		last := r.changes[len(r.changes)-1]
		text += fmt.Sprintf(" %s: %s, at the end %s since %s.", r.name, words.Count(len(r.changes)-1, "change"), words.Plain(last.state), words.Rough(last.at))
	}
	return newChart("The verdict, and the regions and links that did not stay up", text, func(width float64) Drawing {
		return drawStates(rows[:min(len(rows), mostStateRows)], whole, width)
	})
}

func drawStates(rows []stateRow, whole time.Duration, width float64) Drawing {
	const rowHigh, barHigh = 42.0, 18.0
	d := Drawing{Width: width}
	x := scale{0, float64(whole), rightEdge, width - rightEdge}
	bottom := rowHigh * float64(len(rows))
	d.timeAxis(x, 0, whole, 0, bottom)
	for i, r := range rows {
		top := rowHigh*float64(i) + lineHigh + 3
		d.text("row-label", "start", rightEdge, top-5, shortened(r.name, width-2*rightEdge))
		for k, c := range r.changes {
			end := whole
			if k+1 < len(r.changes) {
				end = r.changes[k+1].at
			}
			from, to := x.at(float64(c.at)), x.at(float64(end))
			m := Mark{Word: words.Plain(c.state), Tone: tone.Of(c.state)}
			d.rect("state "+m.Class(), from, top, max(to-from, 1), barHigh)
			switch label := m.Sign() + " " + m.Word; {
			case textWidth(label)+6 <= to-from:
				d.text("state-label", "start", from+4, top+barHigh-5, label)
			case 2*letter <= to-from:
				d.text("state-label", "start", from+3, top+barHigh-5, m.Sign())
			}
		}
	}
	below := bottom + 2*lineHigh + 4
	d.text("legend", "start", rightEdge, below, "time since the start of the probe")
	d.Height = tenth(below + 6)
	return d
}
