package report

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

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
	return drillDiff(NewDrillDocument(a), NewDrillDocument(b))
}

func drillDiff(a, b DrillDocument) DrillDiffDocument {
	return DrillDiffDocument{Schema: DrillDiffSchema, A: a, B: b, Rows: drillRows(&a, &b)}
}

// DrillDiffText writes two drills side by side.
func DrillDiffText(w io.Writer, style Style, a, b DrillResult) error {
	rows := convert(NewDrillDiffDocument(a, b).Rows, func(r DiffRow) []string {
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

// compared is a pair of documents of one kind, compared row by row, each by the same measure in both.
type compared[T any] struct {
	a, b *T
	rows []DiffRow
}

func (c *compared[T]) text(name string, of func(*T) string) {
	c.rows = append(c.rows, DiffRow{Name: name, A: of(c.a), B: of(c.b)})
}

func (c *compared[T]) number(name string, u unit, of func(*T) (float64, bool)) {
	row := DiffRow{Name: name, A: "-", B: "-", unit: u}
	x, inA := of(c.a)
	y, inB := of(c.b)
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
	c.rows = append(c.rows, row)
}

func (c *compared[T]) duration(name string, of func(*T) *Milliseconds) {
	c.number(name, milli, func(d *T) (float64, bool) {
		if m := of(d); m != nil {
			return float64(*m) / float64(time.Millisecond), true
		}
		return 0, false
	})
}

func (c *compared[T]) count(name string, of func(*T) int) {
	c.number(name, plainCount, func(d *T) (float64, bool) { return float64(of(d)), true })
}

// drillRows compares what was set and what was measured.
func drillRows(a, b *DrillDocument) []DiffRow {
	c := compared[DrillDocument]{a: a, b: b}
	moved := func(name string, of func(*DrillDocument) int) { // nobody looked without a cut-over
		c.number(name, plainCount, func(d *DrillDocument) (float64, bool) { return float64(of(d)), d.CutOverAt != nil })
	}
	c.text("when", func(d *DrillDocument) string { return Style{}.date(time.Time(d.Started)) })
	c.text("on", func(d *DrillDocument) string { return string(d.Deployment) })
	c.text("scenario", func(d *DrillDocument) string { return d.Scenario })
	c.text("regions", func(d *DrillDocument) string {
		to := ""
		if d.To != nil {
			to = *d.To
		}
		return words.Link(d.From, to)
	})
	c.text("verdict", func(d *DrillDocument) string { return string(d.Verdict) })
	c.duration("RTO", func(d *DrillDocument) *Milliseconds { return d.RTO.Total })
	c.duration("  to detect", func(d *DrillDocument) *Milliseconds { return d.RTO.Detect })
	c.duration("  to decide", func(d *DrillDocument) *Milliseconds { return d.RTO.Decide })
	c.duration("  to connect", func(d *DrillDocument) *Milliseconds { return d.RTO.Connect })
	c.duration("RPO, missed", func(d *DrillDocument) *Milliseconds { return d.RPO.Missed })
	c.duration("RPO, lost", func(d *DrillDocument) *Milliseconds { return d.RPO.Lost })
	moved("missed", func(d *DrillDocument) int { return d.Missed.AtFailover })
	moved("  converged", func(d *DrillDocument) int { return d.Missed.Converged })
	moved("  diverged", func(d *DrillDocument) int { return d.Missed.Diverged })
	moved("  lost", func(d *DrillDocument) int { return d.Missed.Lost })
	moved("  expired", func(d *DrillDocument) int { return d.Missed.Expired })
	moved("  pending", func(d *DrillDocument) int { return d.Missed.Pending })
	moved("missing at the failback", func(d *DrillDocument) int { return d.Missed.AtFailback })
	c.number("writes/s asked for", plainCount, func(d *DrillDocument) (float64, bool) { return d.Writes.AskedPerSecond, true })
	c.number("writes/s reached", plainCount, func(d *DrillDocument) (float64, bool) { return d.Writes.PerSecond, d.Writes.PerSecond > 0 })
	c.count("acknowledged", func(d *DrillDocument) int { return d.Writes.Acknowledged })
	c.count("rejected", func(d *DrillDocument) int { return d.Writes.Rejected })
	c.count("indeterminate", func(d *DrillDocument) int { return d.Writes.Indeterminate })
	c.duration("lag, median", func(d *DrillDocument) *Milliseconds { return measured(d.Lag.P50) })
	c.duration("lag, p99", func(d *DrillDocument) *Milliseconds { return measured(d.Lag.P99) })
	c.duration("available after", func(d *DrillDocument) *Milliseconds { return d.Failback.Available })
	c.duration("resynced after", func(d *DrillDocument) *Milliseconds { return d.Failback.Resynced })
	c.duration("ready after", func(d *DrillDocument) *Milliseconds { return d.Failback.Ready })
	c.duration("back after", func(d *DrillDocument) *Milliseconds { return d.Failback.Done })
	return c.rows
}

// measured returns nil for 0.
func measured(d *Milliseconds) *Milliseconds {
	if d == nil || *d == 0 {
		return nil
	}
	return d
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
