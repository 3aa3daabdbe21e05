package report_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/service"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/recorder"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/slots"
)

// served is the record of a service that moved, missed something, and came home when that was safe.
func served(t *testing.T) *service.Record {
	t.Helper()
	s, ok := drill.ScenarioNamed("region-down")
	if !ok {
		t.Fatal("no scenario")
	}
	r := &service.Record{Scenario: s, Way: drill.ByLab, Start: start, Leaves: true, Due: 1, Verdict: drill.Pass, Reason: "the service moved from us to eu 499 ms after the fault, and came back",
		FaultAt: moment(3050), FaultBy: moment(3060), HealedAt: moment(6100),
		Measures: service.Measures{FirstAt: moment(40), LeftAt: moment(3049), CutOverAt: moment(3549), To: 1, ByWrites: true, Commands: 448, PerSecond: 407,
			Moves:  []service.Move{{From: 0, To: 1, At: *moment(3549), Missing: 17}, {From: 1, To: 0, At: *moment(9400), Missing: 0}},
			Gap:    service.Gap{From: *moment(3040), To: *moment(3549)},
			Errors: []recorder.Errors{{Region: 0, Code: "refused", Count: 26, First: *moment(3051), Last: *moment(3500)}, {Region: 1, Code: "READONLY", Count: 1, First: *moment(3560), Last: *moment(3560)}},
			Failed: 13, Repeats: service.Repeats{Count: 4, Elsewhere: 4, Doubtful: 1}, Storm: service.Storm{At: *moment(3051), Opened: 26, Usual: 0.3},
			Stale: []recorder.Reads{{Region: 1, Verdict: recorder.Missing, Count: 3, First: *moment(3560), Last: *moment(3700)}}, Reads: 300,
			Split: service.Split{Seconds: 1, Writes: 109}, Strays: service.Strays{Sent: 2, Acknowledged: 1}},
		Homecomings: []service.Homecoming{{At: *moment(9400), Phase: drill.PhaseFailBack, Ready: probe.ReadyYes}},
		Writes:      drill.Tally{Attempted: 3402, Acknowledged: 3398, Indeterminate: 4}, IndeterminateApplied: 1,
		Accounts: service.Accounts{Acknowledged: 3398, Stayed: 1800, Readable: 1294, Missed: 17, Superseded: 287},
		RPO:      drill.RPO{Missed: moment(31)},
		Windows:  []service.Window{{Window: drill.Window{FirstAck: *moment(3012), LastAck: *moment(3043), Count: 17, Fate: drill.Converged, ConvergedAt: *moment(6300)}}},
	}
	shard := slots.Shard{ID: "all", Slots: []slots.Range{{First: 0, Last: slots.Count - 1}}}
	for _, name := range []string{"us", "eu"} {
		r.Maps = append(r.Maps, slots.Map{Region: name, Source: slots.ClusterSlots, Shards: []slots.Shard{shard}})
	}
	for i := range 17 {
		m := service.Missed{Item: i}
		m.Ended, m.Fate = *moment(3012 + i), drill.Converged
		r.Missed = append(r.Missed, m)
	}
	for _, p := range []struct {
		name     string
		at, took int
	}{{service.PhaseStart, 0, 50}, {drill.PhaseSteady, 50, 3000}, {drill.PhaseFault, 3050, 10}, {drill.PhaseDetect, 3060, 489}, {drill.PhaseOutage, 3550, 2500},
		{drill.PhaseHeal, 6050, 50}, {drill.PhaseResync, 6100, 3000}, {drill.PhaseFailBack, 9100, 300}, {drill.PhaseSettle, 9400, 1000}} {
		r.Phases = append(r.Phases, drill.Phase{Name: p.name, At: *moment(p.at), Duration: *moment(p.took)})
	}
	for _, e := range []struct {
		at   int
		text string
	}{{3050, "kill us"}, {6050, "start us"}} {
		r.Events = append(r.Events, probe.Event{At: start.Add(*moment(e.at)), Kind: drill.EventAction, Region: "us", Shard: -1, Slot: -1, Detail: e.text})
	}
	r.Assertions = []drill.Assertion{{Expr: "moved >= 1", Value: "1", OK: true}, {Expr: "lost == 0", Value: "0", OK: true}, {Expr: "unsafe_returns == 0", Value: "0", OK: true}}
	return r
}

// stuckThere is a service that never left.
func stuckThere(t *testing.T) *service.Record {
	r := served(t)
	r.Verdict, r.Reason = drill.Fail, "the service never left us, where it had no success for 3.2 s"
	r.LeftAt, r.CutOverAt, r.To, r.Moves, r.Homecomings, r.Missed, r.Windows = nil, nil, -1, nil, nil, nil, nil
	r.Stale, r.Split, r.Strays, r.Repeats, r.Storm = nil, service.Split{}, service.Strays{}, service.Repeats{}, service.Storm{}
	r.Gap, r.Errors, r.Failed, r.TimedOut, r.Unanswered = service.Gap{From: *moment(3000), To: *moment(6200)}, nil, 4, 4, 4
	r.Accounts = service.Accounts{Acknowledged: 3398, Stayed: 3390, Unknowable: 8}
	r.RPO = drill.RPO{}
	r.Assertions[0] = drill.Assertion{Expr: "moved >= 1", Value: "0"}
	return r
}

// tooEarly is a service that came home during the fault, through proxies, and lost something.
func tooEarly(t *testing.T) *service.Record {
	r := served(t)
	r.Way, r.Verdict, r.Reason = drill.ByProxy, drill.Fail, "the service came back to us when that was not safe: the fault was still in force"
	r.Homecomings = []service.Homecoming{{At: *moment(5000), Phase: drill.PhaseOutage, Broken: true, Ready: probe.ReadyNo, Missing: 120}}
	for i := range r.Missed {
		r.Missed[i].Fate = drill.Lost
	}
	r.Missed[3].Rewritten, r.Missed[3].Fate = true, drill.Pending
	r.Windows[0].Fate = drill.Lost
	r.RPO.Lost = moment(31)
	r.Accounts.AtReturn, r.Accounts.EarlyReturn = 120, 100
	r.Dropped = recorder.Dropped{Writes: drill.Tally{Attempted: 3}, Unknown: 1, NotUnderstood: 2, Unmatched: 40}
	r.Events = append(r.Events, probe.Event{At: start.Add(*moment(6000)), Kind: drill.EventError, Region: "us", Shard: -1, Slot: -1, Detail: "us: something else went wrong"})
	r.Assertions[1], r.Assertions[2] = drill.Assertion{Expr: "lost == 0", Value: "16"}, drill.Assertion{Expr: "unsafe_returns == 0", Value: "1"}
	return r
}

// absent is a drill for which no service came.
func absent(t *testing.T) *service.Record {
	r := served(t)
	return &service.Record{Scenario: r.Scenario, Way: drill.ByLab, Start: start, Maps: r.Maps, Verdict: drill.Inconclusive, Measures: service.Measures{To: -1},
		Reason: "there is no service to drill: no command succeeded in us within 1m0s", Phases: []drill.Phase{{Name: service.PhaseStart, Duration: time.Minute}}}
}

func serviceResult(name string, r *service.Record) report.ServiceResult {
	return report.ServiceResult{Deployment: report.Lab, Name: name, Record: r, Ended: "it was ended by a signal: terminated"}
}

func TestTextOfAService(t *testing.T) {
	text := func(r report.ServiceResult) func(io.Writer, report.Style) error {
		return func(w io.Writer, s report.Style) error { return report.ServiceText(w, s, r) }
	}
	named := serviceResult("orders", served(t))
	named.Items = func(item int) recorder.Item {
		return recorder.Item{Key: "order:\x1b" + string(rune('a'+item))}
	}
	all := []report.ServiceResult{serviceResult("go-redis", served(t)), serviceResult("python3-redis", tooEarly(t)), serviceResult("node-redis", stuckThere(t)), serviceResult("none", absent(t))}
	for _, test := range []struct {
		golden string
		write  func(io.Writer, report.Style) error
	}{
		{"service-passed", text(serviceResult("orders", served(t)))},
		{"service-keys", text(named)},
		{"service-stuck", text(serviceResult("orders", stuckThere(t)))},
		{"service-early", text(serviceResult("orders", tooEarly(t)))},
		{"service-absent", text(serviceResult("orders", absent(t)))},
		{"services", func(w io.Writer, s report.Style) error { return report.ServicesText(w, s, all) }},
		{"services-markdown", func(w io.Writer, _ report.Style) error { return report.ServicesMarkdown(w, all) }},
		{"service-markdown", func(w io.Writer, _ report.Style) error { return report.ServiceMarkdown(w, all[0]) }},
	} {
		for _, width := range []int{0, 80} {
			style := plain
			style.Width = width
			var out bytes.Buffer
			if err := test.write(&out, style); err != nil {
				t.Fatal(err)
			}
			name := test.golden
			if width > 0 {
				name += "-80"
			}
			golden(t, name, out.String())
			for line := range strings.Lines(out.String()) {
				if strings.Contains(line, "\x1b") {
					t.Errorf("%s: a control character: %q", name, line)
				}
			}
		}
	}
}

// No list is null, whatever was found, and the accounts add up as they do in the record.
func TestTheDocumentOfAService(t *testing.T) {
	for name, r := range map[string]*service.Record{"passed": served(t), "stuck": stuckThere(t), "early": tooEarly(t), "absent": absent(t)} {
		text, err := json.Marshal(report.NewServiceDocument(serviceResult(name, r)))
		if err != nil {
			t.Fatal(err)
		}
		var d map[string]any
		if err := json.Unmarshal(text, &d); err != nil {
			t.Fatal(err)
		}
		for _, field := range []string{"regions", "phases", "moves", "errors", "stale_reads", "homecomings", "windows", "assertions", "events"} {
			if d[field] == nil {
				t.Errorf("%s: %s is null", name, field)
			}
		}
		if d["keys"] != nil {
			t.Errorf("%s: keys are shown, and nobody has asked for that", name)
		}
		if missed := d["missed"].(map[string]any); missed["at_failover"].(float64) != missed["converged"].(float64)+missed["diverged"].(float64)+missed["lost"].(float64)+missed["expired"].(float64)+missed["pending"].(float64) {
			t.Errorf("%s: %v", name, missed)
		}
	}
}

func TestTheDocumentOfServices(t *testing.T) {
	d := report.NewServicesDocument([]report.ServiceResult{serviceResult("a", served(t)), serviceResult("b", stuckThere(t))})
	if d.Schema != report.ServicesSchema || d.Scenario != "region-down" || len(d.Services) != 2 || d.Services[1].Service != "b" || d.Services[1].To != nil || *d.Services[0].To != "eu" {
		t.Errorf("%+v", d)
	}
}

// A return at which nothing could be read is neither called safe nor unsafe.
func TestAReturnOfWhichNothingCouldBeRead(t *testing.T) {
	r := served(t)
	r.Homecomings[0].Unread = 12
	result := serviceResult("orders", r)
	document := report.NewServiceDocument(result)
	if want := "Whether it was safe to come back to us is not proven."; document.Homecomings[0].Safe || !strings.HasSuffix(document.Sentence, want) {
		t.Errorf("safe %v: %q", document.Homecomings[0].Safe, document.Sentence)
	}
	var text, compared strings.Builder
	if err := errors.Join(report.ServiceText(&text, report.Style{}, result), report.ServicesText(&compared, report.Style{}, []report.ServiceResult{result})); err != nil {
		t.Fatal(err)
	}
	if said := strings.Join(strings.Fields(text.String()), " "); !strings.Contains(said, "whether that was safe cannot be told: of 12 writes made elsewhere nothing could be read there") {
		t.Error(text.String())
	}
	if !strings.Contains(compared.String(), "not proven") {
		t.Error(compared.String())
	}
}
