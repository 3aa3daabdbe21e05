package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/report"
)

// compared is a comparison of five clients: one that returned when that was safe, one that returned too early, one that
// stayed, one that returned to where nothing could be written, and one whose drill was ended.
func compared() report.CompareResult {
	move := func(kind failover.Action, from, to, missing int) drill.Move {
		return drill.Move{Kind: kind, From: from, To: to, CutOverAt: ptr(4 * time.Second), Missing: missing}
	}
	careful, early, stayed, ended := passed(), passed(), interrupted(), interrupted()
	careful.Moves = []drill.Move{move(failover.FailOver, 0, 1, 47), move(failover.FailBack, 1, 0, 0)}
	careful.Scenario.Summary = "the local region stops"
	early.Moves = []drill.Move{move(failover.FailOver, 0, 1, 47), move(failover.FailBack, 1, 0, 1204)}
	early.AtFailback, early.Early = 1204, 1200
	early.CutOverAt, early.DecidedAt, early.DetectedAt = ptr(9*time.Second), ptr(8*time.Second), ptr(8*time.Second)
	stayed.Writes = drill.Tally{Attempted: 5000, Acknowledged: 3000, Rejected: 500, Indeterminate: 1500, Unsent: 20_000}
	stayed.HeldBack = 4000
	stranded := passed()
	stranded.Failback = drill.Failback{}
	stranded.Moves = []drill.Move{move(failover.FailOver, 0, 1, 47), {Kind: failover.FailBack, From: 1, To: 0}}
	result := func(r *drill.Record) report.DrillResult { return report.DrillResult{Deployment: report.Lab, Record: r} }
	return report.CompareResult{Scenario: careful.Scenario, Rate: 1000, Seed: 7,
		Times: report.ClientTimes{Grace: 10 * time.Second, Return: 20 * time.Second}, Usual: report.ClientTimes{Grace: time.Minute, Return: 2 * time.Minute}, Runs: []report.ComparedRun{
			{Client: "pubsub", Result: result(careful)},
			{Client: "ping", Result: result(early)},
			{Client: "timeout", Result: result(stayed)},
			{Client: "breaker", Result: result(stranded)},
			{Client: "other", Result: result(ended), Err: errors.New("context\x1b canceled")},
		}}
}

func TestCompareText(t *testing.T) {
	for _, columns := range []int{0, 60, 80} {
		style := report.Style{Width: columns}
		var got bytes.Buffer
		if err := report.CompareText(&got, style, compared()); err != nil {
			t.Fatal(err)
		}
		golden(t, fmt.Sprint("drill-compare-", columns), got.String())
		for line := range strings.Lines(got.String()) {
			if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); columns > 0 && n > columns {
				t.Errorf("a line of %d columns: %s", n, line)
			}
		}
	}
}

func TestCompareDocument(t *testing.T) {
	var text bytes.Buffer
	if err := report.WriteJSON(&text, report.NewCompareDocument(compared())); err != nil {
		t.Fatal(err)
	}
	var got map[string]any
	if err := json.Unmarshal(text.Bytes(), &got); err != nil {
		t.Fatal(err)
	}
	for _, c := range got["clients"].([]any) {
		client := c.(map[string]any)
		if client["drill"].(map[string]any)["schema"] != report.DrillSchema {
			t.Errorf("the drill of %s is %v", client["client"], client["drill"])
		}
		delete(client, "drill")
	}
	client := func(name string, change map[string]any) map[string]any {
		c := map[string]any{"client": name, "moved": true, "moves": []any{"us->eu", "eu->us"}, "rto_ms": 940.0, "missed": 47.0, "lost": 0.0,
			"back_after_ms": 2908.0, "wrong_failbacks": 0.0, "early": 0.0, "unacknowledged": 895.0, "error": ""}
		for name, value := range change {
			c[name] = value
		}
		return c
	}
	nothing := map[string]any{"moved": false, "moves": []any{}, "rto_ms": nil, "missed": 0.0, "back_after_ms": nil}
	stayed, ended := client("timeout", nothing), client("other", nothing)
	stayed["unacknowledged"], ended["unacknowledged"], ended["error"] = 26000.0, 0.0, "context\x1b canceled"
	want := map[string]any{"schema": "aafailover.drill-compare/v1", "deployment": "lab", "scenario": "region-down", "rate": 1000.0, "seed": 7.0,
		"client_grace_ms": 10000.0, "client_return_ms": 20000.0,
		"clients": []any{client("pubsub", nil), client("ping", map[string]any{"rto_ms": 6000.0, "wrong_failbacks": 1.0, "early": 1200.0}), stayed, client("breaker", map[string]any{"wrong_failbacks": 1.0, "back_after_ms": nil}), ended}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
