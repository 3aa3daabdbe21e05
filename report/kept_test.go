package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/archive"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/slots"
)

func entries() []archive.Entry {
	given := archive.Begin{At: after(2 * time.Hour), Scenario: "region-lost", Deployment: "given", User: "ann", Host: "laptop", Version: "1.2.3",
		Regions: []archive.Region{{Map: slots.Map{Region: "us"}}, {Map: slots.Map{Region: "eu"}}}}
	onLab := archive.Begin{At: after(time.Hour), Scenario: "region-down", Deployment: "lab"}
	stayed := archive.Begin{At: start, Scenario: "link-slow", Deployment: "lab"}
	return []archive.Entry{
		{Run: "running001", State: archive.Running, Begin: given},
		{Run: "killed0001", State: archive.Killed, Begin: given},
		{Run: "ended00002", State: archive.Ended, Begin: onLab, End: &archive.Result{Verdict: drill.Fail, From: "us", To: "eu", RTO: ptr(1500 * time.Millisecond),
			RPOMissed: ptr(80 * time.Millisecond), RPOLost: ptr(40 * time.Millisecond), Missed: ptr(1234), Lost: ptr(17)}},
		{Run: "ended00001", State: archive.Ended, Begin: stayed, End: &archive.Result{Verdict: drill.Pass, From: "us"}},
	}
}

func cleaned() report.CleanedResult {
	return report.CleanedResult{Deployment: report.Given, Run: "k3jx0q2f7a", Expires: after(time.Hour), Regions: []drill.Cleaned{
		{Region: "us", Removed: 12000, Absent: 3},
		{Region: "eu", Removed: 1, Failed: 250, Err: errors.New("eu (10.1.1.1:6379): read: connection refused"), Left: -1},
		{Region: "ap", Left: 40},
	}}
}

func TestTextOfWhatIsKept(t *testing.T) {
	whole := cleaned()
	whole.Regions = whole.Regions[:1]
	drilled := func(r *drill.Record) report.DrillResult { return report.DrillResult{Deployment: report.Lab, Record: r} }
	for name, write := range map[string]func(io.Writer, report.Style) error{
		"history": func(w io.Writer, s report.Style) error { return report.HistoryText(w, s, "/state/drills", entries()) },
		"diff": func(w io.Writer, s report.Style) error {
			return report.DrillDiffText(w, s, drilled(passed()), drilled(failed()))
		},
		"cleaned": func(w io.Writer, s report.Style) error { return report.CleanedText(w, s, whole) },
		"left":    func(w io.Writer, s report.Style) error { return report.CleanedText(w, s, cleaned()) },
	} {
		t.Run(name, func(t *testing.T) {
			var got bytes.Buffer
			if err := write(&got, plain); err != nil {
				t.Fatal(err)
			}
			golden(t, "kept-"+name, got.String())
		})
	}
}

// Two drills that are the same differ in nothing; one that never moved has no numbers of a move.
func TestADiffSaysWhatDiffers(t *testing.T) {
	result := report.DrillResult{Deployment: report.Lab, Record: passed()}
	for _, row := range report.NewDrillDiffDocument(result, result).Rows {
		if row.A != row.B || row.Change != nil && *row.Change != 0 {
			t.Errorf("%s: %s and %s of the same drill, change %v", row.Name, row.A, row.B, row.Change)
		}
	}
	stayed := *passed()
	stayed.CutOverAt = nil
	for _, row := range report.NewDrillDiffDocument(result, report.DrillResult{Record: &stayed}).Rows {
		name := strings.TrimSpace(row.Name)
		if (name == "RTO" || name == "missed" || name == "lost") && (row.B != "-" || row.Change != nil) {
			t.Errorf("%s: %s, change %v; nobody looked", name, row.B, row.Change)
		}
	}
}

func TestDocumentsOfWhatIsKept(t *testing.T) {
	for name, row := range map[string]struct {
		document any
		fields   []string
	}{
		"history": {report.NewHistoryDocument("/state/drills", entries()), []string{"schema", "folder", "runs"}},
		"nothing": {report.NewHistoryDocument("/state/drills", nil), []string{"schema", "folder", "runs"}},
		"cleaned": {report.NewCleanedDocument(cleaned()), []string{"schema", "deployment", "run", "clean", "expires", "regions"}},
		"diff": {report.NewDrillDiffDocument(report.DrillResult{Record: passed()}, report.DrillResult{Record: failed()}),
			[]string{"schema", "a", "b", "rows"}},
	} {
		t.Run(name, func(t *testing.T) {
			var out bytes.Buffer
			if err := report.WriteJSON(&out, row.document); err != nil {
				t.Fatal(err)
			}
			var fields map[string]any
			if err := json.Unmarshal(out.Bytes(), &fields); err != nil {
				t.Fatal(err)
			}
			for _, field := range row.fields {
				if fields[field] == nil {
					t.Errorf("%s is missing", field)
				}
			}
		})
	}
}
