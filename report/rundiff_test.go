package report_test

import (
	"encoding/json"
	"errors"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/report"
)

func TestTwoRunsSideBySide(t *testing.T) {
	all := recordings(t)
	for _, row := range []struct {
		says, a, b, schema string
		rows               map[string][3]string // name: A, B, change as a page shows them
	}{
		{"two drills", "a drill that passed", "a drill that failed", "aafailover.drill-diff/v1", map[string][3]string{"verdict": {"pass", "fail", "differs"}}},
		{"two probes", "a healthy probe", "a probe in an outage", "aafailover.probe-diff/v1",
			map[string][3]string{"verdict": {"healthy", "local failure", "differs"}, "regions available": {"3", "2", "-1"}, "us→eu": {"up", "unknown", "differs"}, "us→eu p50": {"78 ms", "78 ms", ""}}},
		{"a probe and one that saw nothing", "a healthy probe", "a probe that saw nothing", "aafailover.probe-diff/v1",
			map[string][3]string{"us→eu p50": {"78 ms", "-", "differs"}, "regions available": {"3", "0", "-3"}}},
		{"a drill between regions and one inside a deployment", "a drill that passed", "a drill inside one deployment", "aafailover.drill-diff/v1", map[string][3]string{"RTO": {"940 ms", "2.47 s", "+1.53 s"}}},
	} {
		t.Run(row.says, func(t *testing.T) {
			diff, err := report.NewDiff(all[row.a], all[row.b])
			if err != nil {
				t.Fatal(err)
			}
			page := diff.Page("before.json", "after.json")
			if n := len(page.Origin); n != 2 || page.Origin[0].Value != "before.json" || page.Origin[1].Value != "after.json" || page.Origin[0].Name != page.Sections[0].Tables[0].Columns[1].Title {
				t.Errorf("which is which is told by %v", page.Origin)
			}
			compared := page.Sections[len(page.Sections)-1].Tables[0]
			for name, want := range row.rows {
				found := false
				for _, cells := range compared.Rows {
					if cells[0].Text == name {
						found = true
						if got := [3]string{cells[1].Text, cells[2].Text, cells[3].Text}; got != want {
							t.Errorf("%s: %q, want %q", name, got, want)
						}
					}
				}
				if !found {
					t.Errorf("no row %s", name)
				}
			}
			text, err := json.Marshal(diff.Document())
			if err != nil || !strings.Contains(string(text), `"schema":"`+row.schema+`"`) {
				t.Errorf("%v: %.80s", err, text)
			}
		})
	}
}

func TestARunDiffersFromItselfInNothing(t *testing.T) {
	for name, r := range recordings(t) {
		diff, err := report.NewDiff(r, r)
		if r.Topology != nil || r.Durability != nil {
			if !errors.Is(err, report.ErrUnlike) {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil {
			t.Fatal(err)
		}
		if page := diff.Page("a.json", "b.json"); page.Sentence != "They differ in nothing that is compared." || len(page.Sections) != 1 {
			t.Errorf("%s: %s", name, page.Sentence)
		}
	}
}

func TestAProbeIsNotComparedWithADrill(t *testing.T) {
	all := recordings(t)
	if _, err := report.NewDiff(all["a healthy probe"], all["a drill that passed"]); !errors.Is(err, report.ErrUnlike) || !strings.Contains(err.Error(), "these are a probe and a drill") {
		t.Error(err)
	}
}
