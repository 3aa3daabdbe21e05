package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/words"
)

// DrillDiffSchema is that of a DrillDiffDocument.
const DrillDiffSchema = "aafailover.drill-diff/v1"

// DrillDiffDocument is the result of `drill diff`: two drills whole, and where they differ.
type DrillDiffDocument struct {
	Schema string        `json:"schema"`
	A      DrillDocument `json:"a"`
	B      DrillDocument `json:"b"`
	Rows   []DiffRow     `json:"rows"`
}

// DiffRow is one thing that was measured, or set, in both.
type DiffRow struct {
	Name   string   `json:"name"`
	A      string   `json:"a"` // as the text shows it; "-" where it was not measured
	B      string   `json:"b"`
	Change *float64 `json:"change"` // B - A, durations in milliseconds; null for what is no number, or not in both

	unit unit
}

// unit is what a number of a DiffRow counts.
type unit uint8

const (
	worded unit = iota // no number
	milli              // milliseconds
	plainCount
)

// NewDrillDiffDocument makes the document.
func NewDrillDiffDocument(a, b DrillResult) DrillDiffDocument {
	return DrillDiffDocument{Schema: DrillDiffSchema, A: NewDrillDocument(a), B: NewDrillDocument(b), Rows: diffRows(a, b)}
}

// DrillDiffText writes two drills side by side.
func DrillDiffText(w io.Writer, style Style, a, b DrillResult) error {
	rows := convert(diffRows(a, b), func(r DiffRow) []string {
		return []string{r.Name, words.Clean(r.A), words.Clean(r.B), r.changeText()}
	})
	columns := append(left(""), right(words.Clean(a.Record.Run), words.Clean(b.Record.Run), "change")...)
	text, err := style.table(columns, rows)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	return err
}

func (r DiffRow) changeText() string {
	switch {
	case r.A == r.B:
		return ""
	case r.Change == nil:
		return "differs"
	}
	sign, size := "+", *r.Change
	if size < 0 {
		sign, size = "-", -size
	}
	if r.unit == milli {
		return sign + words.Rough(time.Duration(size*float64(time.Millisecond)))
	}
	return sign + strings.TrimSuffix(strconv.FormatFloat(size, 'f', 1, 64), ".0")
}

// diffRows compares what was set and what was measured, each row by the same measure in both.
func diffRows(a, b DrillResult) []DiffRow {
	text := func(name string, of func(DrillResult) string) DiffRow {
		return DiffRow{Name: name, A: of(a), B: of(b)}
	}
	number := func(name string, u unit, of func(*drill.Record) (float64, bool)) DiffRow {
		row := DiffRow{Name: name, A: "-", B: "-", unit: u}
		x, inA := of(a.Record)
		y, inB := of(b.Record)
		if inA {
			row.A = u.text(x)
		}
		if inB {
			row.B = u.text(y)
		}
		if inA && inB {
			change := finite(y - x)
			row.Change = &change
		}
		return row
	}
	duration := func(name string, of func(*drill.Record) *time.Duration) DiffRow {
		return number(name, milli, func(r *drill.Record) (float64, bool) {
			d := of(r)
			if d == nil {
				return 0, false
			}
			return float64(*d) / float64(time.Millisecond), true
		})
	}
	count := func(name string, of func(*drill.Record) int) DiffRow {
		return number(name, plainCount, func(r *drill.Record) (float64, bool) { return float64(of(r)), true })
	}
	moved := func(name string, of func(*drill.Record) int) DiffRow { // nobody looked without a cut-over
		return number(name, plainCount, func(r *drill.Record) (float64, bool) { return float64(of(r)), r.CutOverAt != nil })
	}
	rto := func(name string, of func(drill.RTO) time.Duration) DiffRow {
		return duration(name, func(r *drill.Record) *time.Duration {
			parts, ok := r.RTO()
			if !ok {
				return nil
			}
			d := of(parts)
			return &d
		})
	}
	return []DiffRow{
		text("when", func(r DrillResult) string { return r.Record.Start.UTC().Format("2006-01-02 15:04:05 MST") }),
		text("on", func(r DrillResult) string { return string(r.Deployment) }),
		text("scenario", func(r DrillResult) string { return r.Record.Scenario.Name }),
		text("regions", func(r DrillResult) string {
			return words.Link(drillView{r.Record}.region(r.Record.From), drillView{r.Record}.region(r.Record.To))
		}),
		text("verdict", func(r DrillResult) string { return string(r.Record.Verdict) }),
		rto("RTO", func(p drill.RTO) time.Duration { return p.Total }),
		rto("  to detect", func(p drill.RTO) time.Duration { return p.Detect }),
		rto("  to decide", func(p drill.RTO) time.Duration { return p.Decide }),
		rto("  to connect", func(p drill.RTO) time.Duration { return p.Connect }),
		duration("RPO, missed", func(r *drill.Record) *time.Duration { return r.RPO.Missed }),
		duration("RPO, lost", func(r *drill.Record) *time.Duration { return r.RPO.Lost }),
		moved("missed", (*drill.Record).AtFailover),
		moved("  converged", func(r *drill.Record) int { return r.Count(drill.Converged) }),
		moved("  diverged", func(r *drill.Record) int { return r.Count(drill.Diverged) }),
		moved("  lost", func(r *drill.Record) int { return r.Count(drill.Lost) }),
		moved("  expired", func(r *drill.Record) int { return r.Count(drill.Expired) }),
		moved("  pending", func(r *drill.Record) int { return r.Count(drill.Pending) }),
		moved("missing at the failback", func(r *drill.Record) int { return r.AtFailback }),
		number("writes/s asked for", plainCount, func(r *drill.Record) (float64, bool) { return r.Rate, true }),
		number("writes/s reached", plainCount, func(r *drill.Record) (float64, bool) { return r.Reached, r.Reached > 0 }),
		count("acknowledged", func(r *drill.Record) int { return r.Writes.Acknowledged }),
		count("rejected", func(r *drill.Record) int { return r.Writes.Rejected }),
		count("indeterminate", func(r *drill.Record) int { return r.Writes.Indeterminate }),
		duration("lag, median", func(r *drill.Record) *time.Duration { return measured(r.Lag.P50) }),
		duration("lag, p99", func(r *drill.Record) *time.Duration { return measured(r.Lag.P99) }),
		duration("available after", func(r *drill.Record) *time.Duration { return r.Failback.Available }),
		duration("resynced after", func(r *drill.Record) *time.Duration { return r.Failback.Resynced }),
		duration("ready after", func(r *drill.Record) *time.Duration { return r.Failback.Ready }),
		duration("back after", func(r *drill.Record) *time.Duration { return r.Failback.Done }),
	}
}

// measured returns nil for 0.
func measured(d time.Duration) *time.Duration {
	if d == 0 {
		return nil
	}
	return &d
}

func (u unit) text(x float64) string {
	if u == milli {
		return words.Rough(time.Duration(x * float64(time.Millisecond)))
	}
	if x == float64(int64(x)) {
		return words.Thousands(int64(x))
	}
	return fmt.Sprintf("%.1f", x)
}
