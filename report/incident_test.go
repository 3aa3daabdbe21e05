package report_test

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/canary"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
)

// incident is one in which 3 of 5 missed writes converged and 2 are lost.
func incident() canary.Incident {
	i := canary.Incident{Number: 1, Start: start, Maps: threeByThree(), From: 0, To: 1, Why: "us is down: connection refused", Rate: 10, Looked: true,
		LastAck: ptr(20 * time.Second), DetectedAt: 23 * time.Second, DecidedAt: 23 * time.Second, CutOverAt: 24 * time.Second,
		Lag: drill.Lag{P50: 40 * time.Millisecond, P99: 90 * time.Millisecond},
		RPO: drill.RPO{Missed: ptr(700 * time.Millisecond), Lost: ptr(200 * time.Millisecond)},
		Windows: []drill.Window{
			{Region: 0, Shard: 0, Slot: 0, FirstAck: 19300 * time.Millisecond, LastAck: 19700 * time.Millisecond, Count: 3, Fate: drill.Converged, ConvergedAt: 90 * time.Second},
			{Region: 0, Shard: 1, Slot: 5461, FirstAck: 19800 * time.Millisecond, LastAck: 20 * time.Second, Count: 2, Fate: drill.Lost}},
		Return:    &canary.Return{At: 100 * time.Second, To: 0, Missing: 0, Looked: true},
		SettledAt: ptr(95 * time.Second),
	}
	i.Fates[drill.Converged], i.Fates[drill.Lost] = 3, 2
	return i
}

// watched is what a canary has found that met two incidents, of which the second goes on.
func watched() *canary.State {
	open := incident()
	open.Number, open.LastAck, open.Return, open.SettledAt, open.Windows, open.RPO = 2, nil, nil, nil, nil, drill.RPO{}
	open.Fates = [canary.FateCount]int{}
	return &canary.State{Rate: 10, Run: "canary-x", Home: "us", Active: "eu", Writes: drill.Tally{Attempted: 1203, Acknowledged: 1200, Indeterminate: 3},
		Lags:      []canary.Lag{{From: "us", To: "eu", Writes: 1100, RTT: probe.RTT{P50: 40 * time.Millisecond, P99: 90 * time.Millisecond, Max: 120 * time.Millisecond}}},
		Incidents: []canary.Incident{incident(), open}}
}

func TestCanaryText(t *testing.T) {
	var out bytes.Buffer
	if err := report.ProbeText(&out, plain, report.ProbeResult{Deployment: report.Given, Snapshot: snapshot(), Canary: watched()}); err != nil {
		t.Fatal(err)
	}
	golden(t, "probe-canary", out.String())
}

// The documents of a canary hold what scripts rely on, and the counts of an incident add up in them.
func TestCanaryDocument(t *testing.T) {
	decoded := decode(t, report.NewProbeDocument(report.ProbeResult{Snapshot: snapshot(), Canary: watched()}))
	for _, field := range contract(`canary.writes_per_second number canary.run string canary.home string canary.active string
		canary.writes.acknowledged number canary.writes.held_back number canary.lags[].from string canary.lags[].lag_ms.p99 number
		canary.incidents[].number number canary.incidents[].from string canary.incidents[].to string canary.incidents[].over bool
		canary.incidents[].cut_over_at time canary.incidents[].missed.at_failover number canary.incidents[].missed.lost number
		canary.incidents[].windows list canary.incidents[].lag_ms.p50 number`) {
		if err := demand(decoded, field[0], field[1]); err != nil {
			t.Error(err)
		}
	}
	if err := demand(decode(t, report.NewProbeDocument(report.ProbeResult{Snapshot: snapshot()})), "canary", "number-"); err != nil {
		t.Error(err)
	}
}

// News of an incident is a line: of NDJSON with all of it, of text with its windows once all is known.
func TestIncidentEvents(t *testing.T) {
	settled := probe.Event{At: after(95 * time.Second), Kind: canary.EventIncident, From: "us", To: "eu", Shard: -1, Slot: -1, State: string(canary.Settled), Detail: "3 converged, 2 lost"}
	moved := settled
	moved.State = string(canary.FailedOver)
	var text, lines bytes.Buffer
	for _, w := range []*report.EventWriter{report.NewEventText(&text, plain, threeByThree()), report.NewEventNDJSON(&lines, threeByThree())} {
		w.WriteIncident(moved, incident())
		w.WriteIncident(settled, incident())
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
	}
	golden(t, "incident-events", text.String())
	for line := range strings.Lines(lines.String()) {
		var d struct {
			Kind, State string
			Incident    struct {
				Missed map[string]int
				RTO    struct{ Total float64 } `json:"rto_ms"`
			}
		}
		if err := json.Unmarshal([]byte(line), &d); err != nil {
			t.Fatal(err)
		}
		m := d.Incident.Missed
		if d.Kind != "incident" || m["at_failover"] != 5 || m["converged"]+m["lost"] != 5 || d.Incident.RTO.Total != 4000 {
			t.Errorf("line %s", line)
		}
	}
	if n := strings.Count(lines.String(), "\n"); n != 2 {
		t.Errorf("%d lines", n)
	}
}
