package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/simulate"
)

// assessment is what `probe simulate` may come to.
func assessment() *simulate.Assessment {
	solved := func(x float64) *float64 { return &x }
	n := simulate.Network{Delay: 80 * time.Millisecond, Sigma: 0.5, Loss: 0.01,
		ServerPause:   simulate.Occasion{Length: time.Second, Every: 24 * time.Hour},
		ObserverPause: simulate.Occasion{Length: 2 * time.Second, Every: time.Hour},
		Slowdown:      simulate.Occasion{Length: time.Minute, Every: 720 * time.Hour}, SlowdownFactor: 2}
	return &simulate.Assessment{
		Question: simulate.Question{Policy: probe.DefaultPolicy(), Network: n, Regions: 3, Shards: 3, Runs: 200, Seed: 1},
		Cost:     probe.Cost{MessagesPerSecond: 36, PingsPerSecond: 36},
		Deadline: 724 * time.Millisecond,
		Hazards: []simulate.Hazard{
			{Kind: simulate.LossHazard, Each: 18, PerYear: 2_272_147_200, Solved: solved(0.042)},
			{Kind: simulate.AnswerHazard, Each: 9, PerYear: 1_136_073_600, Solved: solved(0.02)},
			{Kind: simulate.ServerPauseHazard, Each: 9, PerYear: 3287, Solved: solved(0.00051), AtMost: true, Counted: &simulate.Count{Occasions: 200}},
			{Kind: simulate.ObserverPauseHazard, Each: 1, PerYear: 8766, Counted: &simulate.Count{Occasions: 200}},
			{Kind: simulate.SlowdownHazard, Each: 1, PerYear: 12.2, Counted: &simulate.Count{Occasions: 30, Alarms: 1}},
		},
		Solved: []simulate.Expectation{
			{Fault: simulate.Refused, Median: 554 * time.Millisecond, P99: 781 * time.Millisecond},
			{Fault: simulate.Hung, Median: 2400 * time.Millisecond, P99: 2522 * time.Millisecond},
			{Fault: simulate.Silent, Median: 2381 * time.Millisecond, P99: 2972 * time.Millisecond},
		},
		Detections: []simulate.Detection{
			{Fault: simulate.Refused, Runs: 200, Median: 552 * time.Millisecond, P99: 717 * time.Millisecond, Max: 951 * time.Millisecond},
			{Fault: simulate.Hung, Runs: 200, Median: 2373 * time.Millisecond, P99: 2502 * time.Millisecond, Max: 2514 * time.Millisecond},
			{Fault: simulate.Silent, Runs: 200, Missed: 1, Wrong: 2, Median: 2339 * time.Millisecond, P99: 2852 * time.Millisecond, Max: 2974 * time.Millisecond},
		},
		Return:    &simulate.Return{Runs: 200, Median: 3857 * time.Millisecond, Max: 5434 * time.Millisecond},
		Agreement: &simulate.Agreement{Loss: 0.58, Down: 2, Solved: 48.1, Counted: 49, Error: 2.7, Alarms: 340, Time: 25_000 * time.Second},
	}
}

func simulated() map[string]report.SimulateResult {
	bare := assessment()
	bare.Detections, bare.Return, bare.Agreement = nil, nil, nil
	for i := range bare.Hazards {
		bare.Hazards[i].Counted = nil
	}
	missing := assessment()
	missing.Question.Runs, missing.Asked = 200, 5000
	missing.Detections[0].Missed, missing.Detections[1].Missed, missing.Detections[1].Wrong = 30, 41, 200
	return map[string]report.SimulateResult{
		"simulate-missing": {Assessment: missing, Policy: "this policy"},
		"simulate":         {Assessment: assessment(), Policy: "the default policy"},
		"simulate-solved":  {Assessment: bare, Policy: "the sensitivity fast"},
		"simulate-proposed": {Assessment: assessment(), Policy: "the policy below",
			Proposed: []string{"--deadline=400ms", "--down=7", "--unanswered=10"}},
		"simulate-clients": {Assessment: bare, Policy: "the default policy", Commands: 100, Clients: []simulate.ClientAssessment{{
			Client:  simulate.Clients()[0],
			Refused: simulate.Detection{Median: 1900 * time.Millisecond, P99: 5030 * time.Millisecond, Max: 5100 * time.Millisecond},
			Hung:    simulate.Detection{Median: 4900 * time.Millisecond, P99: 7920 * time.Millisecond, Max: 8 * time.Second}, FalseAlarms: 0.0082,
			FirstReturn: time.Minute, LastReturn: 3 * time.Minute,
		}}},
	}
}

func TestSimulateText(t *testing.T) {
	for name, r := range simulated() {
		for _, columns := range []int{0, 60} {
			style := plain
			style.Width = columns
			limit, file := 100, name
			if columns > 0 {
				limit, file = columns, fmt.Sprint(name, "-", columns)
			}
			t.Run(file, func(t *testing.T) {
				var got bytes.Buffer
				if err := report.SimulateText(&got, style, r); err != nil {
					t.Fatal(err)
				}
				golden(t, file, got.String())
				for line := range strings.Lines(got.String()) {
					// A table of numbers cannot be broken.
					if n := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")); n > limit && columns == 0 {
						t.Errorf("a line of %d columns: %s", n, line)
					}
				}
			})
		}
	}
}

// What is said of 99 in 100 cases is what the simulation bears out.
func TestSimulateNamed(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(a *simulate.Assessment)
		want   string
	}{
		{"all are named", func(*simulate.Assessment) {},
			"Named, in 99 of 100 cases: a refused endpoint within 717 ms, a hung one within 2.50 s and a silent link within 2.85 s."},
		{"two of 200 are not", func(a *simulate.Assessment) { a.Detections[0].Missed = 2 }, "a refused endpoint within 717 ms"},
		{"three of 200 are not", func(a *simulate.Assessment) { a.Detections[0].Missed = 3 },
			"Named, in 99 of 100 cases: a hung endpoint within 2.50 s and a silent link within 2.85 s. Not named at all: a refused endpoint in 3 of 200 runs."},
		{"none is", func(a *simulate.Assessment) {
			for i := range a.Detections {
				a.Detections[i].Missed = 200
			}
		}, "3 shards. Not named at all: a refused endpoint in 200 of 200 runs, a hung one in 200 of 200 runs and a silent link in 200 of 200 runs."},
		{"few runs do not show what one in 100 takes", func(a *simulate.Assessment) { a.Detections[0].Runs = 20 }, "a refused endpoint within 781 ms"},
		{"what is not broken is named", func(a *simulate.Assessment) { a.Detections[2].Wrong = 60 }, "Something that was not broken was named in 60 of 600 runs."},
	} {
		t.Run(test.name, func(t *testing.T) {
			a := assessment()
			test.change(a)
			var text bytes.Buffer
			if err := report.SimulateText(&text, plain, report.SimulateResult{Assessment: a, Policy: "the default policy"}); err != nil {
				t.Fatal(err)
			}
			headline, _, _ := strings.Cut(text.String(), "\n\n")
			if got := strings.Join(strings.Fields(headline), " "); !strings.Contains(got, test.want) {
				t.Errorf("%s\nwant: %s", got, test.want)
			}
		})
	}
}

// The fields are a contract with scripts, and what was not simulated is null, not zero.
func TestSimulateDocument(t *testing.T) {
	results := simulated()
	full := encoded(t, report.NewSimulateDocument(results["simulate"]))
	for _, key := range []string{"schema", "deployment", "policy", "proposed", "network", "regions", "shards", "runs", "runs_asked", "seed", "cost",
		"deadline_ms", "false_alarms_per_year", "hazards", "detections", "return", "agreement", "clients"} {
		if _, ok := full[key]; !ok {
			t.Errorf("no field %s", key)
		}
	}
	if full["schema"] != "aafailover.simulate/v1" || full["deployment"] != "simulated" {
		t.Errorf("schema %v, deployment %v", full["schema"], full["deployment"])
	}
	if got := full["false_alarms_per_year"].(float64); math.Abs(got-0.06251) > 1e-9 {
		t.Errorf("%v false alarms a year, want the sum of what is solved", got)
	}
	if cut := encoded(t, report.NewSimulateDocument(results["simulate-missing"])); cut["runs"] != 200.0 || cut["runs_asked"] != 5000.0 || full["runs_asked"] != 200.0 {
		t.Errorf("%v of %v runs, and %v when all were simulated", cut["runs"], cut["runs_asked"], full["runs_asked"])
	}
	bare := encoded(t, report.NewSimulateDocument(results["simulate-clients"]))
	detection := bare["detections"].([]any)[0].(map[string]any)
	if bare["return"] != nil || bare["agreement"] != nil || detection["simulated_ms"] != nil {
		t.Errorf("return %v, agreement %v, detection %v, want nulls", bare["return"], bare["agreement"], detection)
	}
	if clients := bare["clients"].([]any); len(clients) != 1 || clients[0].(map[string]any)["name"] != "redis-py" {
		t.Errorf("clients %v", clients)
	}
	for i, h := range full["hazards"].([]any) {
		hazard := h.(map[string]any)
		solved := slices.Contains([]string{"messages", "answers", "server_pauses"}, hazard["kind"].(string))
		if (hazard["false_alarms_per_year"] != nil) != solved || (hazard["simulated"] != nil) != (i >= 2) {
			t.Errorf("hazard %v", hazard)
		}
	}
}

// encoded returns a document as a script gets it.
func encoded(t *testing.T, document any) map[string]any {
	t.Helper()
	var text bytes.Buffer
	if err := report.WriteJSON(&text, document); err != nil {
		t.Fatal(err)
	}
	var fields map[string]any
	if err := json.Unmarshal(text.Bytes(), &fields); err != nil {
		t.Fatal(err)
	}
	return fields
}
