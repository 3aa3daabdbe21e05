package docs_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/report"
)

// Every table of CSV has its row, with the columns that it really has.
func TestEveryTableIsDocumented(t *testing.T) {
	t.Parallel()
	guide := readDocument(t, "reports.md")
	for _, table := range report.CSVTables {
		var out bytes.Buffer
		for _, r := range []report.Recorded{{Drill: new(report.DrillDocument)}, {Probe: new(report.ProbeDocument)}} {
			if out.Len() == 0 {
				_ = report.WriteCSV(&out, r, table.Name) // one of the two has it
			}
		}
		head := strings.TrimSpace(out.String())
		if head == "" || !strings.Contains(guide, "| `"+table.Name+"` |") || !strings.Contains(guide, "`"+head+"`") {
			t.Errorf("the table %s is not in reports.md with the columns %s", table.Name, head)
		}
	}
}

// Every form of report is explained.
func TestEveryFormIsDocumented(t *testing.T) {
	t.Parallel()
	guide := readDocument(t, "reports.md")
	help := helpOf(t, "report")
	for _, form := range []string{"text", "html", "markdown", "junit", "csv", "json", "ndjson"} {
		if !strings.Contains(help, form) || !strings.Contains(guide, "`"+form+"`") {
			t.Errorf("the form %s is not in reports.md, or not in the help", form)
		}
	}
}
