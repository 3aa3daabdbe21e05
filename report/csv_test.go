package report_test

import (
	"bytes"
	"encoding/csv"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/report"
)

// tableOf is a table of a recording, read by another program's rules.
func tableOf(t *testing.T, r report.Recorded, name string) [][]string {
	t.Helper()
	var out bytes.Buffer
	if err := report.WriteCSV(&out, r, name); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); strings.Count(text, "\n") != strings.Count(text, "\r\n") {
		t.Errorf("%s: a line that does not end as RFC 4180 says: %q", name, text)
	}
	rows, err := csv.NewReader(&out).ReadAll() // all rows as long as the first
	if err != nil {
		t.Fatalf("%s: %v", name, err)
	}
	return rows
}

func TestTablesOfARun(t *testing.T) {
	all := recordings(t)
	for _, row := range []struct {
		says, of, table string
		rows            int // without the head
		holds           []string
	}{
		{"a window has its shard, times, count and outcome", "a drill that passed", "windows", 3,
			[]string{"us", "us-0000000000000000000000000000000000000000", "0", "2026-03-01T14:02:12.939000000Z", "2026-03-01T14:02:12.997500000Z", "16", "converged", "2026-03-01T14:02:18.200000000Z"}},
		{"a stretch of writes has its moment and both counts", "a drill that passed", "writes", 22,
			[]string{"2026-03-01T14:02:13.000000000Z", "3000", "1000", "us", "2", "43"}},
		{"a phase has its duration", "a drill that passed", "phases", 9, []string{"detect", "2026-03-01T14:02:13.001000000Z", "900"}},
		{"a condition says whether it holds", "a drill that passed", "assertions", 7, []string{"lost == 0", "0", "true"}},
		{"a channel has its counts and round trips", "a healthy probe", "links", 27, nil},
		{"a shard has its state", "a healthy probe", "regions", 9, nil},
		{"findings are told", "a probe in an outage", "findings", 3, nil},
		{"an event has its slot where it is about one", "a probe in an outage", "events", 7, nil},
		{"a drill inside one deployment has the same tables", "a drill inside one deployment", "phases", -1, nil},
		{"what is empty has a head", "a drill that never began", "windows", 0, nil},
		{"without a name it is the first table", "a healthy probe", "", 27, nil},
	} {
		t.Run(row.says, func(t *testing.T) {
			rows := tableOf(t, all[row.of], row.table)
			if row.rows >= 0 && len(rows) != row.rows+1 {
				t.Errorf("%d rows, want %d", len(rows)-1, row.rows)
			}
			if row.holds != nil && !slices.ContainsFunc(rows, func(r []string) bool { return slices.Equal(r, row.holds) }) {
				t.Errorf("no row is %q:\n%q", row.holds, rows)
			}
		})
	}
}

func TestTablesThatARunDoesNotHave(t *testing.T) {
	all := recordings(t)
	for _, row := range []struct{ of, table, says string }{
		{"a healthy probe", "windows", `no such table: "windows"; a probe has links, regions, findings and events`},
		{"a drill that passed", "rules", `no such table: "rules"; a drill has windows, writes, phases, assertions and events`},
		{"durability", "windows", "no such table: there is none of a measurement of durability"},
	} {
		if err := report.WriteCSV(new(bytes.Buffer), all[row.of], row.table); !errors.Is(err, report.ErrNoTable) || err.Error() != row.says {
			t.Errorf("%v, want %s", err, row.says)
		}
	}
}

// Every table that is named is one that some run has.
func TestEveryNamedTableIsThere(t *testing.T) {
	all := recordings(t)
	for _, table := range report.CSVTables {
		if !strings.Contains(table.Row, "probe") {
			tableOf(t, all["a drill that passed"], table.Name)
		} else {
			tableOf(t, all["a healthy probe"], table.Name)
		}
	}
}

// A spreadsheet runs what begins with a sign of a formula; numbers stay numbers.
func TestNoCellIsAFormula(t *testing.T) {
	for _, text := range []string{"=1+1", "+cmd", "-cmd", "@SUM(A1)", " =1", "\t=1", "\r=1", "|x", "%x", "=HYPERLINK(\"http://x\",\"y\")"} {
		for _, r := range planted(text) {
			for _, table := range report.CSVTables {
				var out bytes.Buffer
				if err := report.WriteCSV(&out, r, table.Name); errors.Is(err, report.ErrNoTable) {
					continue
				}
				rows, err := csv.NewReader(&out).ReadAll()
				if err != nil {
					t.Fatal(err)
				}
				for _, cell := range slices.Concat(rows...) {
					if cell != "" && strings.ContainsRune("=+@|%\t\r", rune(strings.TrimLeft(cell+"x", " ")[0])) {
						t.Errorf("%s has the cell %q", table.Name, cell)
					}
				}
			}
		}
	}
	d := report.DrillDocument{Phases: []report.PhaseDocument{{Name: "steady", Duration: -5_000_000}}}
	if rows := tableOf(t, report.Recorded{Drill: &d}, "phases"); rows[1][2] != "-5" {
		t.Errorf("a negative number is %q", rows[1][2])
	}
}
