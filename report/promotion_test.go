package report_test

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/slots"
)

func moment(ms int) *drill.Moment {
	m := drill.Moment(ms) * time.Millisecond
	return &m
}

// promoted is the record of a scenario with a primary, two replicas and three sentinels, in which all went as it should.
func promoted(t *testing.T, scenario string) *promotion.Record {
	t.Helper()
	s, ok := promotion.ScenarioNamed(promotion.Sentinel, scenario)
	if !ok {
		t.Fatalf("no scenario %q", scenario)
	}
	r := &promotion.Record{Topology: promotion.Sentinel, Scenario: s, HealAt: moment(7100), SyncedAt: moment(19500),
		Settings:  promotion.Settings{DownAfter: time.Second, FailoverTimeout: 10 * time.Second, Fsync: "everysec"},
		Moments:   promotion.Moments{Fault: moment(2000), Detected: moment(3140), Promoted: moment(3360), CutOver: moment(4470)},
		Takeovers: []promotion.Takeover{{From: 0, To: 1, At: *moment(4470)}},
		Shards:    []promotion.ShardLoad{{Hit: true, Asked: 2550, Failed: 1238, Gap: *moment(2472), GapFrom: *moment(1998)}},
		Resync:    &promotion.Resync{Full: 1, Partial: 1, Bytes: 419_000, Took: 11 * time.Millisecond}}
	for i, name := range []string{"node-1", "node-2", "node-3", "sentinel-1", "sentinel-2", "sentinel-3"} {
		h := promotion.Host{Name: name, Address: "127.46.231." + string(rune('1'+i)) + ":6379"}
		switch {
		case i > 2:
			h.Role = promotion.Guard
		case i > 0:
			h.Role = promotion.Follower
		}
		r.Hosts = append(r.Hosts, h)
	}
	shard := slots.Shard{ID: "all", Slots: []slots.Range{{First: 0, Last: slots.Count - 1}}}
	d := &drill.Record{Run: "6j7yx3fb3e", Start: start, Way: drill.ByLab, From: 0, To: 1, Rate: 500, Reached: 499, OneWay: true,
		Scenario: drill.Scenario{Name: s.Name, Summary: s.Summary, Means: s.Means, Setting: s.Setting},
		Writes:   drill.Tally{Attempted: 8045, Acknowledged: 8029, Indeterminate: 16}, HeldBack: 1222, AtEnd: []int{0, 0, 0},
		Verdict: drill.Pass, Reason: "node-2 took over from node-1, and the application wrote there 2.47 s after the fault"}
	for _, h := range r.Hosts[:3] {
		d.Maps = append(d.Maps, slots.Map{Region: h.Name, Source: slots.Static, Shards: []slots.Shard{shard}})
	}
	d.FaultAt, d.FaultBy, d.DetectedAt, d.DecidedAt, d.CutOverAt = r.Moments.Fault, moment(2001), r.Moments.Detected, r.Moments.Promoted, r.Moments.CutOver
	for _, p := range []struct {
		name     string
		at, took int
	}{{drill.PhaseSteady, 0, 2000}, {drill.PhaseFault, 2000, 1}, {promotion.PhaseFailover, 2001, 2470}, {drill.PhaseOutage, 4471, 2600},
		{drill.PhaseHeal, 7100, 12}, {drill.PhaseResync, 7112, 11_080}, {drill.PhaseSettle, 18_200, 1020}, {promotion.PhaseReadBack, 19_220, 300}} {
		d.Phases = append(d.Phases, drill.Phase{Name: p.name, At: *moment(p.at), Duration: *moment(p.took)})
	}
	for _, e := range []struct {
		at   int
		kind probe.EventKind
		host string
		text string
	}{{2000, drill.EventAction, "node-1", "kill node-1"}, {3140, promotion.EventHost, "sentinel-3", "+odown node-1"}, {7101, drill.EventAction, "node-1", "start node-1"}} {
		d.Events = append(d.Events, probe.Event{At: start.Add(*moment(e.at)), Kind: e.kind, Region: e.host, Shard: -1, Slot: -1, Detail: e.text})
	}
	d.Assertions = []drill.Assertion{{Expr: "failovers == 1", Value: "1", OK: true}, {Expr: "diverged == 0", Value: "0", OK: true}}
	r.Drill = d
	return r
}

// splitBrain is promoted with a client that stayed with the old primary, and lost what it was told.
func splitBrain(t *testing.T) *promotion.Record {
	r := promoted(t, "primary-partition")
	r.SplitBrain = &promotion.SplitBrain{Tally: drill.Tally{Attempted: 1960, Acknowledged: 1955, Rejected: 5}, Lost: 1955, AfterPromotion: 1900,
		LastAck: moment(17_000), FirstRefused: moment(17_010)}
	lost := drill.Missed{Absent: drill.Absent{Entry: drill.Entry{Ended: *moment(2010)}, To: 1}, Fate: drill.Lost}
	r.Drill.Missed = slices.Repeat([]drill.Missed{lost}, 1958)
	r.Drill.RPO = drill.RPO{Missed: moment(12), Lost: moment(12)}
	r.Drill.Windows = []drill.Window{{FirstAck: *moment(1990), LastAck: *moment(17_000), Count: 1958, Fate: drill.Lost}}
	return r
}

// clustered is promoted in a cluster, whose client was the last to know.
func clustered(t *testing.T) *promotion.Record {
	r := promoted(t, "primary-kill")
	r.Topology, r.Settings = promotion.Cluster, promotion.Settings{NodeTimeout: 2 * time.Second, Reload: time.Minute, Fsync: "everysec"}
	r.Hosts = nil
	r.Drill.Maps = nil
	for i := range 6 {
		h := promotion.Host{Name: "node-" + string(rune('1'+i)), Shard: i % 3}
		if i > 2 {
			h.Role = promotion.Follower
		}
		r.Hosts = append(r.Hosts, h)
		r.Drill.Maps = append(r.Drill.Maps, slots.Map{Region: h.Name, Source: slots.ClusterSlots,
			Shards: []slots.Shard{{ID: "shard " + string(rune('1'+i%3)), Slots: slots.Even(3)[i%3]}}})
	}
	r.Drill.To, r.Drill.AtEnd = 3, make([]int, 6)
	r.Moments = promotion.Moments{Fault: moment(2000), Detected: moment(4900), Promoted: moment(5800), CutOver: moment(60_010)}
	r.Shards = []promotion.ShardLoad{{Hit: true, Asked: 3866, Failed: 3860, Gap: *moment(58_010), GapFrom: *moment(2000)},
		{Asked: 3870, Failed: 60, Gap: *moment(1040), GapFrom: *moment(4900)}, {Asked: 3861, Failed: 59, Gap: *moment(900), GapFrom: *moment(4900)}}
	return r
}

// refusing is a drill in which a server refused to start, interrupted in the end.
func refusing(t *testing.T) *promotion.Record {
	r := promoted(t, "aof-corrupted")
	r.Restart = &promotion.Restart{Host: 0, Refused: true, Said: "Bad file format reading the append only file: make a backup of your AOF file, then use ./redis-check-aof --fix <filename>"}
	r.Drill.Phases = r.Drill.Phases[:6]
	r.SyncedAt, r.Interrupted, r.Resync = nil, true, nil
	r.Drill.Unread = r.Drill.Writes.Acknowledged
	r.Drill.Verdict, r.Drill.Reason = drill.Inconclusive, "it was interrupted"
	r.Limits = []string{"the kernel does not allow this"}
	return r
}

func promotionResult(r *promotion.Record) report.PromotionResult {
	return report.PromotionResult{Deployment: report.Lab, Engine: "redis-server 7.0.15", Record: r}
}

func TestTextOfAPromotion(t *testing.T) {
	text := func(r *promotion.Record) func(io.Writer, report.Style) error {
		return func(w io.Writer, s report.Style) error { return report.PromotionText(w, s, promotionResult(r)) }
	}
	for _, test := range []struct {
		golden string
		write  func(io.Writer, report.Style) error
	}{
		{"promotion-passed", text(promoted(t, "primary-kill"))},
		{"promotion-split-brain", text(splitBrain(t))},
		{"promotion-cluster", text(clustered(t))},
		{"promotion-interrupted", text(refusing(t))},
		{"promotion-all", func(w io.Writer, s report.Style) error {
			return report.TopologyText(w, s, promotion.Cluster, []report.PromotionResult{promotionResult(clustered(t)), promotionResult(splitBrain(t)), promotionResult(refusing(t))})
		}},
		{"promotion-scenarios", func(w io.Writer, s report.Style) error {
			return report.PromotionScenariosText(w, s, promotion.Replica, promotion.Scenarios(promotion.Replica)[:3])
		}},
		{"promotion-scenario", func(w io.Writer, s report.Style) error {
			return report.PromotionScenarioText(w, s, promoted(t, "primary-partition-guarded").Scenario)
		}},
	} {
		for _, width := range []int{0, 60} {
			style := plain
			style.Width = width
			var out bytes.Buffer
			if err := test.write(&out, style); err != nil {
				t.Fatal(err)
			}
			name := test.golden
			if width > 0 {
				name += "-60"
			}
			golden(t, name, out.String())
		}
	}
}

// That a replica was promoted and took nothing is another thing than that nobody was promoted.
func TestWhoWasPromotedAndTookNothingIsNotPassedOver(t *testing.T) {
	r := promoted(t, "primary-kill")
	r.Moments.CutOver, r.Takeovers, r.Drill.To, r.Drill.CutOverAt = nil, nil, -1, nil
	for _, row := range []struct {
		at   *drill.Moment
		want string
	}{
		{moment(3360), "RTO       none: a replica was promoted, and acknowledged nothing to the application\n"},
		{nil, "RTO       none: nobody was promoted\n"},
	} {
		r.Moments.Promoted = row.at
		var out bytes.Buffer
		if err := report.PromotionText(&out, plain, promotionResult(r)); err != nil {
			t.Fatal(err)
		}
		if text := out.String(); !strings.Contains(text, row.want) || row.at != nil && strings.Contains(text, "nobody was promoted") {
			t.Errorf("promoted at %v:\n%s", row.at, text)
		}
	}
}

// What a drill between regions has, one inside a deployment has too, under the same names; only the parts of the RTO are its own.
func TestTheDocumentOfAPromotionIsThatOfADrill(t *testing.T) {
	text, err := json.Marshal(report.NewPromotionDocument(promotionResult(splitBrain(t))))
	if err != nil {
		t.Fatal(err)
	}
	var d map[string]any
	if err := json.Unmarshal(text, &d); err != nil {
		t.Fatal(err)
	}
	for _, field := range []string{"schema", "deployment", "scenario", "from", "to", "verdict", "phases", "rto_ms", "rpo_ms", "writes", "missed", "windows", "failback", "assertions", "events"} {
		if _, ok := d[field]; !ok {
			t.Errorf("%s is missing", field)
		}
	}
	rto := d["rto_ms"].(map[string]any)
	if got := slices.Sorted(maps.Keys(rto)); !slices.Equal(got, []string{"connect", "decide", "detect", "total", "total_least", "unknown"}) {
		t.Errorf("rto_ms has %q", got)
	}
	if rto["detect"] != 1140.0 || rto["decide"] != 220.0 || rto["connect"] != 1110.0 || rto["total"] != 2470.0 || rto["unknown"] != 0.0 {
		t.Errorf("%v", rto)
	}
	if d["from"] != "node-1" || d["to"] != "node-2" || d["split_brain"].(map[string]any)["lost"] != 1955.0 || d["missed"].(map[string]any)["lost"] != 1958.0 {
		t.Errorf("%s", text)
	}
	if strings.Contains(string(text), `"limits":null`) {
		t.Error("a list is null")
	}
}
