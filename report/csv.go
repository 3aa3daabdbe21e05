package report

import (
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/words"
)

// CSVTables are the tables that a recording can be written as, each with what a row of it is. The first that a recording has is what is written where none
// is named.
var CSVTables = []struct{ Name, Row string }{
	{"windows", "a stretch of missed writes of one shard and one outcome (drill)"},
	{"writes", "the writes of one region in one stretch of the drill (drill)"},
	{"phases", "a phase (drill)"},
	{"assertions", "a condition, as measured (drill)"},
	{"links", "a channel of a link, with its counts and round trips (probe)"},
	{"regions", "a shard of a region (probe)"},
	{"findings", "something that is not as it should be (probe)"},
	{"events", "an event (probe and drill)"},
}

// ErrNoTable says that there is no such table, or none of that kind of run.
var ErrNoTable = errors.New("no such table")

// WriteCSV writes one table of a recording as RFC 4180 has it, with a head: times are RFC 3339 in UTC, durations milliseconds, and what is not known is
// empty. The name "" is that of the first table there is. Errors: ErrNoTable, or that of the writer.
func WriteCSV(w io.Writer, r Recorded, table string) error {
	tables := csvTablesOf(r)
	if table == "" && len(tables) > 0 {
		table = tables[0].name
	}
	var known []string
	for _, t := range tables {
		if t.name == table {
			return writeRows(w, t)
		}
		known = append(known, t.name)
	}
	if len(known) == 0 {
		return fmt.Errorf("%w: there is none of a %s", ErrNoTable, r.Kind())
	}
	return fmt.Errorf("%w: %q; a %s has %s", ErrNoTable, table, r.Kind(), words.Enumerate(known))
}

// csvTable is a table with the texts of its cells.
type csvTable struct {
	name string
	head []string
	rows [][]string
}

// writeRows ends lines as RFC 4180 says.
func writeRows(w io.Writer, t csvTable) error {
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(t.head); err != nil {
		return err
	}
	for _, row := range t.rows {
		for i := range row {
			row[i] = harmless(row[i])
		}
		if err := out.Write(row); err != nil {
			return err
		}
	}
	out.Flush()
	return out.Error()
}

// harmless is a cell that no spreadsheet takes for a formula: one that begins with a sign of one gets an apostrophe before it, unless it is a number. See
// "CSV Injection", OWASP.
func harmless(cell string) string {
	cell = words.Clean(cell)
	if first := strings.TrimLeft(cell, " "); first == "" || !strings.ContainsRune("=+-@|%", rune(first[0])) {
		return cell
	}
	if _, err := strconv.ParseFloat(cell, 64); err == nil {
		return cell
	}
	return "'" + cell
}

// csvTablesOf are the tables of a recording. Those of a kind that it is not are left out, those that are empty are not.
func csvTablesOf(r Recorded) []csvTable {
	switch {
	case r.Probe != nil:
		return []csvTable{linksCSV(r.Probe), regionsCSV(r.Probe), findingsCSV(r.Probe), eventsCSV(r.Events())}
	case r.Drill != nil:
		return drillCSV(r.Drill)
	case r.Promotion != nil:
		return drillCSV(&r.Promotion.DrillDocument)
	}
	return nil
}

func drillCSV(d *DrillDocument) []csvTable {
	return []csvTable{windowsCSV(d), writesCSV(d), phasesCSV(d), assertionsCSV(d), eventsCSV(d.Events)}
}

// The texts of cells.
func csvTime(t *Timestamp) string {
	if t == nil || time.Time(*t).IsZero() {
		return ""
	}
	return time.Time(*t).UTC().Format("2006-01-02T15:04:05.000000000Z")
}

func csvMillis(m *Milliseconds) string {
	if m == nil {
		return ""
	}
	text, _ := m.MarshalJSON() // cannot fail
	return string(text)
}

func csvCount[N int | uint64](n N) string { return fmt.Sprint(n) }

func windowsCSV(d *DrillDocument) csvTable {
	return csvTable{"windows", []string{"region", "shard", "slot", "first_ack", "last_ack", "count", "outcome", "converged_at"},
		convert(d.Windows, func(w WindowDocument) []string {
			return []string{w.Region, w.Shard, csvCount(w.Slot), csvTime(&w.FirstAck), csvTime(&w.LastAck), csvCount(w.Count), w.Outcome.String(), csvTime(w.ConvergedAt)}
		})}
}

func writesCSV(d *DrillDocument) csvTable {
	t := csvTable{name: "writes", head: []string{"at", "since_start_ms", "for_ms", "region", "acknowledged", "failed"}}
	for _, r := range d.Pace.Regions {
		for i := range min(len(r.Acknowledged), len(r.Failed)) {
			since := time.Duration(i) * time.Duration(d.Pace.Step)
			at, ms := Timestamp(time.Time(d.Started).Add(since)), Milliseconds(since)
			t.rows = append(t.rows, []string{csvTime(&at), csvMillis(&ms), csvMillis(&d.Pace.Step), r.Region, csvCount(r.Acknowledged[i]), csvCount(r.Failed[i])})
		}
	}
	return t
}

func phasesCSV(d *DrillDocument) csvTable {
	return csvTable{"phases", []string{"name", "at", "duration_ms"},
		convert(d.Phases, func(p PhaseDocument) []string { return []string{p.Name, csvTime(&p.At), csvMillis(&p.Duration)} })}
}

func assertionsCSV(d *DrillDocument) csvTable {
	return csvTable{"assertions", []string{"expr", "value", "ok"},
		convert(d.Assertions, func(a AssertionDocument) []string { return []string{a.Expr, a.Value, strconv.FormatBool(a.OK)} })}
}

func eventsCSV(events []EventDocument) csvTable {
	return csvTable{"events", []string{"at", "kind", "region", "shard", "from", "to", "slot", "was", "state", "cause", "detail"},
		convert(events, func(e EventDocument) []string {
			shard, slot := "", ""
			if e.Shard != nil {
				shard = *e.Shard
			}
			if e.Slot != nil {
				slot = csvCount(*e.Slot)
			}
			return []string{csvTime(&e.At), string(e.Kind), e.Region, shard, e.From, e.To, slot, e.Was, e.State, e.Cause, e.Detail}
		})}
}

func linksCSV(d *ProbeDocument) csvTable {
	t := csvTable{name: "links", head: []string{"from", "to", "link_state", "slot", "channel", "from_shard", "to_shard", "state", "since", "sent", "delivered", "overdue", "late", "lost",
		"no_evidence", "waiting", "last_delivered", "rtt_p50_ms", "rtt_p99_ms", "rtt_max_ms"}}
	for _, l := range d.Links {
		for _, c := range l.Cells {
			t.rows = append(t.rows, []string{l.From, l.To, string(l.State), csvCount(c.Slot), c.Channel, c.FromShard, c.ToShard, string(c.State), csvTime(&c.Since), csvCount(c.Sent), csvCount(c.Delivered),
				csvCount(c.Overdue), csvCount(c.Late), csvCount(c.Lost), csvCount(c.NoEvidence), csvCount(c.Waiting), csvTime(&c.LastDelivered), csvMillis(c.RTT.P50), csvMillis(c.RTT.P99), csvMillis(c.RTT.Max)})
		}
	}
	return t
}

func regionsCSV(d *ProbeDocument) csvTable {
	t := csvTable{name: "regions", head: []string{"region", "region_state", "writes", "failback_ready", "shard", "address", "state", "since", "cause", "detail"}}
	for _, r := range d.Regions {
		for _, s := range r.Shards {
			t.rows = append(t.rows, []string{r.Name, string(r.State), string(r.Writes), string(r.FailbackReady), s.ID, s.Address, string(s.State), csvTime(&s.Since), s.Cause, s.Detail})
		}
	}
	return t
}

func findingsCSV(d *ProbeDocument) csvTable {
	return csvTable{"findings", []string{"severity", "kind", "verdict", "region", "from", "to", "cause", "since", "text"},
		convert(d.Findings, func(f FindingDocument) []string {
			return []string{string(f.Severity), string(f.Kind), string(f.Verdict), f.Region, f.From, f.To, f.Cause, csvTime(&f.Since), f.Text}
		})}
}
