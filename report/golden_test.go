package report_test

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/slots"
)

var update = flag.Bool("update", false, "write the golden files anew")

// plain is how text looks without colour, in the zone of the fixtures.
var plain = report.Style{Zone: start.Location()}

func slotsResult(maps ...slots.Map) report.SlotsResult {
	return report.SlotsResult{Deployment: report.Given, Prefix: "aafailover", Maps: maps, Cover: slots.Cover(maps, nil)}
}

func TestText(t *testing.T) {
	maps := threeByThree()
	unequal := threeByThree()[:2]
	unequal[1].Source = slots.Static
	unequal[1].Shards = unequal[1].Shards[:2]
	single := slots.Map{Region: "eu", Source: slots.Single,
		Shards: []slots.Shard{{ID: "eu", Address: "10.1.1.1:6379", Slots: []slots.Range{{First: 0, Last: slots.Count - 1}}}}}
	cost := probe.Cost{Connections: 18, MessagesPerSecond: 36, PingsPerSecond: 36, DeliveriesPerSecond: 108, BytesPerSecond: 9216}
	probed := func(s *probe.Snapshot) func(io.Writer) error {
		return func(w io.Writer) error {
			return report.ProbeText(w, plain, report.ProbeResult{Deployment: report.Given, Snapshot: s, Cost: cost})
		}
	}
	drilled := func(r *drill.Record) func(io.Writer) error {
		return func(w io.Writer) error {
			return report.DrillText(w, plain, report.DrillResult{Deployment: report.Lab, Record: r})
		}
	}
	preflighted := func(p *drill.Preflight) func(io.Writer) error {
		return func(w io.Writer) error {
			return report.PreflightText(w, plain, report.PreflightResult{Deployment: report.Given, Scenario: "region-down", Preflight: p})
		}
	}
	slotted := func(maps ...slots.Map) func(io.Writer) error {
		return func(w io.Writer) error { return report.SlotsText(w, plain, slotsResult(maps...)) }
	}
	for _, test := range []struct {
		golden string
		write  func(io.Writer) error
	}{
		{"slots-three-regions", slotted(maps...)},
		{"slots-two-regions", slotted(maps[:2]...)},
		{"slots-one-region", slotted(maps[0])},
		{"slots-unequal", slotted(unequal...)},
		{"slots-unproven", slotted(maps[0], single)},
		{"keys", func(w io.Writer) error {
			return report.KeysText(w, plain, []report.KeySlot{{Slot: 12182, Key: "foo"}, {Slot: 5474, Key: "{user1}.x"}})
		}},
		{"keys-csv", func(w io.Writer) error {
			return report.KeysCSV(w, []report.KeySlot{{Slot: 0, Key: "1bz"}, {Slot: 1, Key: `a,"b"`}})
		}},
		{"cost", func(w io.Writer) error { _, err := io.WriteString(w, report.CostText(cost)+"\n"); return err }},
		{"probe-healthy", probed(snapshot())},
		{"probe-shard-cut", probed(cutShard())},
		{"probe-region-down", probed(regionDown())},
		{"probe-unsharded", probed(unsharded())},
		{"probe-nothing", probed(nil)},
		{"probe-events", func(w io.Writer) error {
			lines := report.NewEventText(w, plain, maps)
			for _, e := range events() {
				lines.Write(e)
			}
			return lines.Close()
		}},
		{"drill-passed", drilled(passed())},
		{"drill-failed", drilled(failed())},
		{"drill-interrupted", drilled(interrupted())},
		{"drill-unhealed", drilled(unhealed())},
		{"drill-unbegun", drilled(unbegun())},
		{"drill-slow", drilled(slow())},
		{"drill-stayed", drilled(stayed())},
		{"drill-aborted", drilled(aborted())},
		{"drill-moved-twice", drilled(movedTwice())},
		{"drill-scenario", func(w io.Writer) error { return report.ScenarioText(w, plain, scenario("rolling-restart")) }},
		{"drill-refused", drilled(refused())},
		{"drill-unsharded", drilled(unshardedDrill())},
		{"preflight-ready", preflighted(ready())},
		{"preflight-not-ready", preflighted(refused().Preflight)},
		{"drill-scenarios", func(w io.Writer) error { return report.ScenariosText(w, plain, drill.Scenarios()) }},
		{"lab-ready", func(w io.Writer) error {
			return report.LabReadyText(w, plain, report.LabReady{Control: "127.0.0.1:4100", Config: "/run/user/0/aafailover/lab-4100.yaml", Status: labStatus()})
		}},
		{"lab-status", func(w io.Writer) error { return report.LabStatusText(w, plain, labStatus()) }},
	} {
		t.Run(test.golden, func(t *testing.T) {
			var got bytes.Buffer
			if err := test.write(&got); err != nil {
				t.Fatal(err)
			}
			golden(t, test.golden, got.String())
			for line := range strings.Lines(got.String()) {
				line = strings.TrimSuffix(line, "\n")
				if n := utf8.RuneCountInString(line); n > 100 {
					t.Errorf("a line of %d columns: %s", n, line)
				}
				if strings.TrimRight(line, " ") != line {
					t.Errorf("blanks at the end of %q", line)
				}
			}
		})
	}
}

// On a narrow terminal no line of a result may be left to the terminal to break: it breaks words.
func TestTextOnANarrowTerminal(t *testing.T) {
	for _, columns := range []int{60, 80} {
		narrow := report.Style{Zone: start.Location(), Width: columns}
		for name, write := range map[string]func(io.Writer) error{
			"probe-shard-cut": func(w io.Writer) error {
				return report.ProbeText(w, narrow, report.ProbeResult{Deployment: report.Given, Snapshot: cutShard()})
			},
			"drill-failed": func(w io.Writer) error {
				return report.DrillText(w, narrow, report.DrillResult{Deployment: report.Lab, Record: failed()})
			},
			"slots-two-regions": func(w io.Writer) error { return report.SlotsText(w, narrow, slotsResult(threeByThree()[:2]...)) },
			"drill-scenarios":   func(w io.Writer) error { return report.ScenariosText(w, narrow, drill.Scenarios()) },
			"probe-events": func(w io.Writer) error {
				lines := report.NewEventText(w, narrow, threeByThree())
				for _, e := range events() {
					lines.Write(e)
				}
				return lines.Close()
			},
		} {
			t.Run(fmt.Sprint(name, " in ", columns, " columns"), func(t *testing.T) {
				var got bytes.Buffer
				if err := write(&got); err != nil {
					t.Fatal(err)
				}
				golden(t, fmt.Sprint(name, "-", columns), got.String())
				for line := range strings.Lines(got.String()) {
					if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > columns {
						t.Errorf("a line of %d columns: %s", n, line)
					}
				}
			})
		}
	}
}

// golden compares with a file in testdata, which -update writes.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name+".golden")
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("not as in %s (-want +got):\n%s", path, diff)
	}
}
