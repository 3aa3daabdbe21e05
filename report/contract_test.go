package report_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/check/alerts"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/slots"
)

// The contract: every field that scripts rely on, and what it holds. In a path, [] stands for every item of a list that
// must not be empty here, and {} for every value of an object. A type that ends in ? may be null, one that ends in - must be.
var (
	slotsContract = contract(`
		schema string         deployment string      symmetric bool          coverage string
		regions[].name string regions[].source string
		regions[].shards[].id string   regions[].shards[].address string   regions[].shards[].slots[] pair
		channels[].slot number channels[].key string channels[].names{} string channels[].shards{} string`)

	probeContract = contract(`
		schema string deployment string verdict string coverage string symmetric bool
		policy.interval_ms number policy.deadline_ms number policy.horizon_ms number policy.up_for_ms number policy.pause_ms number
		policy.window number policy.up number policy.degraded number policy.down number
		findings[].kind string findings[].severity string findings[].region string findings[].from string findings[].to string
		findings[].shards list findings[].cause string findings[].text string
		regions[].name string regions[].state string regions[].cause string regions[].writes string
		regions[].failback_ready string regions[].failback_missing list
		regions[].shards[].id string regions[].shards[].address string regions[].shards[].state string regions[].shards[].cause string
		links[].from string links[].to string links[].state string links[].last_up time
		links[].cells[].slot number links[].cells[].channel string links[].cells[].from_shard string links[].cells[].to_shard string
		links[].cells[].state string links[].cells[].sent number links[].cells[].delivered number links[].cells[].overdue number
		links[].cells[].late number links[].cells[].lost number links[].cells[].duplicate number links[].cells[].no_evidence number
		links[].cells[].rtt_ms.p50 number links[].cells[].rtt_ms.p99 number links[].cells[].rtt_ms.max number
		events[].at time events[].kind string events[].region string events[].from string events[].to string events[].slot number?
		events[].cause string events[].detail string
		sentence string observer string cost.connections number cost.messages_per_second number`)

	drillContract = contract(`
		schema string deployment string scenario string from string to string verdict string
		phases[].name string phases[].at time phases[].duration_ms number
		rto_ms.detect number rto_ms.decide number rto_ms.connect number rto_ms.total number
		rpo_ms.missed number rpo_ms.lost number
		writes.attempted number writes.acknowledged number writes.rejected number writes.indeterminate number writes.per_second number
		missed.at_failover number missed.converged number missed.diverged number missed.lost number missed.expired number
		missed.pending number missed.at_failback number
		windows[].region string windows[].shard string windows[].slot number windows[].first_ack time windows[].last_ack time
		windows[].count number windows[].outcome string windows[].converged_at time?
		failback.available_ms number failback.resynced_ms number failback.ready_ms number failback.done_ms number
		assertions[].expr string assertions[].value string assertions[].ok bool
		events[].at time events[].kind string events[].detail string events[].slot number?
		run string reason string lesson string lag_ms.p50 number lag_ms.p99 number expected.low number expected.high number
		writes.held_back number writes.unsent number writes.indeterminate_applied number fault_at time`)

	unmovedContract = contract(`
		schema string to number- phases list events list windows list assertions list
		rto_ms.detect number- rto_ms.decide number- rto_ms.connect number- rto_ms.total number- rpo_ms.missed number- rpo_ms.lost number-
		failback.available_ms number- failback.resynced_ms number- failback.ready_ms number- failback.done_ms number-
		fault_at time- missed.at_failover number missed.at_failback number`)

	checkContract = contract(`
		schema string deployment string at time regions list files list insecure list verdict string strict bool interrupted bool
		target.rpo_ms number? target.rto_ms number- target.profile string target.outage_ms number target.certificate_for_ms number
		counts.pass number counts.warning number counts.failure number counts.could_not_tell number counts.not_applicable number
		rules[].id string rules[].title string rules[].group string rules[].severity string rules[].source string rules[].why string rules[].fix string
		rules[].outcome string rules[].findings[].outcome string rules[].findings[].subject string rules[].findings[].text string rules[].findings[].fix string`)

	smokeContract = contract(`
		schema string deployment string verdict string sentence string exit_code number interrupted bool started time took_ms number within_ms number
		insecure list checks[].name string checks[].outcome string checks[].needed bool checks[].text string checks[].advice string
		limits[].expr string limits[].value string limits[].ok bool limits[].from string limits[].to string
		probe.schema string probe.verdict string probe.regions[].failback_ready string`)

	labContract = contract(`
		schema string deployment string control string config string regions[].name string regions[].url string
		regions[].shards[].id string regions[].shards[].address string regions[].shards[].slots[] pair
		links[].from string links[].to string links[].delay_ms number`)

	labStatusContract = contract(`
		schema string deployment string regions[].name string regions[].url string regions[].state string regions[].stale bool
		regions[].shards[].address string regions[].shards[].keys number
		links[].from string links[].to string links[].state string links[].delay_ms number links[].streams[].state string
		links[].streams[].behind number`)
)

func TestDocumentsKeepTheContract(t *testing.T) {
	full := failed()
	full.Failback = passed().Failback
	maps := threeByThree()
	for _, test := range []struct {
		name     string
		document any
		schema   string
		contract [][2]string
	}{
		{"slots", report.NewSlotsDocument(slotsResult(maps...)), "aafailover.slots/v1", slotsContract},
		{"keys", report.NewKeysDocument([]report.KeySlot{{Slot: 12182, Key: "foo"}}), "aafailover.keys/v1",
			contract(`schema string keys[].slot number keys[].key string`)},
		{"probe", report.NewProbeDocument(report.ProbeResult{Deployment: report.Given, Snapshot: regionDown(), Events: events()}),
			"aafailover.probe/v1", probeContract},
		{"smoke", report.NewSmokeDocument(smokeResult(cutShard(), "90ms")), "aafailover.smoke/v1", smokeContract},
		{"smoke without a region that answers", report.NewSmokeDocument(smokeResult(nil)), "aafailover.smoke/v1", contract(`probe number- limits list checks[].name string`)},
		{"drill", report.NewDrillDocument(report.DrillResult{Deployment: report.Lab, Record: full}), "aafailover.drill/v1", drillContract},
		{"a drill that never moved", report.NewDrillDocument(report.DrillResult{Deployment: report.Lab, Record: interrupted()}),
			"aafailover.drill/v1", unmovedContract},
		{"a drill of which nothing is known", report.NewDrillDocument(report.DrillResult{Record: &drill.Record{To: -1}}),
			"aafailover.drill/v1", unmovedContract},
		{"a drill that was not begun", report.NewDrillDocument(report.DrillResult{Record: refused()}), "aafailover.drill/v1",
			contract(`preflight.checks[].name string preflight.checks[].state string preflight.checks[].text string preflight.estimate.keys number coverage string`)},
		{"preflight", report.NewPreflightDocument(report.PreflightResult{Deployment: report.Given, Scenario: "region-down", Preflight: ready()}), "aafailover.preflight/v1",
			contract(`schema string deployment string scenario string ready bool checks[].name string checks[].region string checks[].state string checks[].text string
				checks[].hint string estimate.duration_ms number estimate.most_duration_ms number estimate.writes_per_second number estimate.keys number
				estimate.most_keys number estimate.bytes_per_key number estimate.bytes number estimate.most_bytes number estimate.connections number`)},
		{"scenarios", report.NewScenariosDocument(drill.Scenarios()), "aafailover.scenarios/v1",
			contract(`schema string scenarios[].name string scenarios[].summary string scenarios[].steady_ms number`)},
		{"check", report.NewCheckDocument(checked(false)), "aafailover.check/v1", checkContract},
		{"check alerts", report.NewAlertsDocument(alerts.Exporters()), "aafailover.alerts/v1",
			contract(`schema string recordings[].name string recordings[].exporter string recordings[].expr string alerts[].name string alerts[].exporter string alerts[].expr string alerts[].for_ms number alerts[].severity string
				alerts[].summary string alerts[].description string alerts[].rule string`)},
		{"check list", report.NewChecksDocument(checkedRules()), "aafailover.checks/v1",
			contract(`schema string rules[].id string rules[].title string rules[].group string rules[].severity string rules[].source string rules[].why string rules[].fix string`)},
		{"lab", report.NewLabDocument(report.LabReady{Control: "c", Config: "f", Status: labStatus()}), "aafailover.lab/v1", labContract},
		{"lab status", report.NewLabStatusDocument(labStatus()), "aafailover.lab-status/v1", labStatusContract},
	} {
		t.Run(test.name, func(t *testing.T) {
			decoded := decode(t, test.document)
			if decoded["schema"] != test.schema {
				t.Errorf("schema %v, want %s", decoded["schema"], test.schema)
			}
			for _, field := range test.contract {
				if err := demand(decoded, field[0], field[1]); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// contract splits pairs of path and type.
func contract(text string) [][2]string {
	words := strings.Fields(text)
	var pairs [][2]string
	for i := 0; i+1 < len(words); i += 2 {
		pairs = append(pairs, [2]string{words[i], words[i+1]})
	}
	return pairs
}

func decode(t *testing.T, document any) map[string]any {
	t.Helper()
	var several, one bytes.Buffer
	if err := report.WriteJSON(&several, document); err != nil {
		t.Fatal(err)
	}
	if err := report.WriteLine(&one, document); err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(one.String(), "\n"); n != 1 || !strings.HasSuffix(one.String(), "\n") {
		t.Errorf("a line of JSON has %d line ends: %q", n, one.String())
	}
	var decoded map[string]any
	if err := json.Unmarshal(several.Bytes(), &decoded); err != nil {
		t.Fatal(err)
	}
	return decoded
}

// demand follows a path and looks at the type of what is there.
func demand(value any, path, kind string) error {
	name, rest, _ := strings.Cut(path, ".")
	step := strings.TrimRight(name, "[]{}")
	object, ok := value.(map[string]any)
	if !ok {
		return fmt.Errorf("%s: %v is no object", path, value)
	}
	found, ok := object[step]
	if !ok {
		return fmt.Errorf("%s: there is no %s", path, step)
	}
	next := []any{found}
	switch strings.TrimPrefix(name, step) {
	case "[]":
		if next, ok = found.([]any); !ok || len(next) == 0 {
			return fmt.Errorf("%s: %v is no list with items", path, found)
		}
	case "{}":
		members, ok := found.(map[string]any)
		if !ok || len(members) == 0 {
			return fmt.Errorf("%s: %v is no object with members", path, found)
		}
		next = nil
		for _, member := range members {
			next = append(next, member)
		}
	}
	for _, v := range next {
		var err error
		if rest != "" {
			err = demand(v, rest, kind)
		} else if !isOf(v, kind) {
			err = fmt.Errorf("%s: %v is no %s", path, v, kind)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

func isOf(v any, kind string) bool {
	if v == nil {
		return strings.HasSuffix(kind, "?") || strings.HasSuffix(kind, "-")
	}
	ok := false
	switch kind { // a type that must be null is in no case
	case "string":
		_, ok = v.(string)
	case "number", "number?":
		_, ok = v.(float64)
	case "bool":
		_, ok = v.(bool)
	case "list":
		_, ok = v.([]any)
	case "pair":
		pair, is := v.([]any)
		ok = is && len(pair) == 2
	case "time", "time?":
		text, is := v.(string)
		_, err := time.Parse("2006-01-02T15:04:05.000000000Z", text)
		ok = is && err == nil
	}
	return ok
}

func TestNothingIsAnEmptyListAndNeverNull(t *testing.T) {
	for name, test := range map[string]struct {
		document any
		lists    string
	}{
		"slots of no region":         {report.NewSlotsDocument(report.SlotsResult{}), "regions channels"},
		"no keys":                    {report.NewKeysDocument(nil), "keys"},
		"a probe without a snapshot": {report.NewProbeDocument(report.ProbeResult{}), "findings regions links events"},
		"a probe of an empty one":    {report.NewProbeDocument(report.ProbeResult{Snapshot: &probe.Snapshot{}}), "findings regions links events"},
		"a drill that never began":   {report.NewDrillDocument(report.DrillResult{Record: &drill.Record{To: -1}}), "phases windows assertions events"},
		"no scenarios":               {report.NewScenariosDocument(nil), "scenarios"},
		"a lab without regions":      {report.NewLabDocument(report.LabReady{}), "regions links"},
		"no check":                   {report.NewCheckDocument(report.CheckResult{}), "regions files insecure rules"},
		"no alerts":                  {report.NewAlertsDocument(nil), "recordings alerts"},
		"no rules":                   {report.NewChecksDocument(nil), "rules"},
		"no durability":              {report.NewDurabilityDocument(report.DurabilityResult{}), "rows"},
		"status of an empty lab":     {report.NewLabStatusDocument(lab.Status{}), "regions links"},
	} {
		t.Run(name, func(t *testing.T) {
			decoded := decode(t, test.document)
			for _, field := range strings.Fields(test.lists) {
				if items, ok := decoded[field].([]any); !ok || len(items) != 0 {
					t.Errorf("%s is %v, want []", field, decoded[field])
				}
			}
		})
	}
	inner := decode(t, report.NewLabStatusDocument(lab.Status{Regions: make([]lab.RegionStatus, 1), Links: make([]lab.LinkStatus, 1)}))
	for path, kind := range map[string]string{"regions[].shards": "list", "links[].streams": "list"} {
		if err := demand(inner, path, kind); err != nil {
			t.Error(err)
		}
	}
}

func TestValuesInDocuments(t *testing.T) {
	full := report.NewDrillDocument(report.DrillResult{Deployment: report.Lab, Record: failed()})
	drilled := decode(t, full)
	probed := decode(t, report.NewProbeDocument(report.ProbeResult{Deployment: report.Given, Snapshot: regionDown(), Events: events()}))
	single := slots.Map{Region: "x", Source: slots.Single, Shards: []slots.Shard{{Address: "h:1", Slots: []slots.Range{{First: 0, Last: 16383}}}}}
	slotted := decode(t, report.NewSlotsDocument(slotsResult(single, single)))
	us := threeByThree()[0].Shards[0].ID
	for _, test := range []struct {
		name     string
		document map[string]any
		path     string
		want     any
	}{
		{"a time is in UTC with nine digits", drilled, "fault_at", "2026-03-01T14:02:13.000000000Z"},
		{"a duration is a number of milliseconds", drilled, "rto_ms.total", 940.0},
		{"the shard of a window is its id in the region that acknowledged", drilled, "windows.0.shard", us},
		{"what converged says when", drilled, "windows.0.converged_at", "2026-03-01T14:02:18.200000000Z"},
		{"what was lost does not", drilled, "windows.1.converged_at", nil},
		{"a step of the failback that was not reached is null", drilled, "failback.done_ms", nil},
		{"the rate is what was reached", drilled, "writes.per_second", 991.5},
		{"and beside it what was asked for", drilled, "writes.asked_per_second", 1000.0},
		{"held back writes are apart", drilled, "writes.held_back", 812.0},
		{"the verdict is the word of the contract", probed, "verdict", "local_failure"},
		{"a cause is the word of the contract", probed, "regions.0.cause", "refused"},
		{"an event about no slot has null", probed, "events.0.slot", nil},
		{"an event about a cell has its slot", probed, "events.3.slot", 5461.0},
		{"an event about a shard has its id", probed, "events.2.shard", threeByThree()[1].Shards[2].ID},
		{"a cell names its shards by id", probed, "links.0.cells.0.from_shard", us},
		{"unknown sharding is not called equal", slotted, "symmetric", false},
		{"unknown sharding is unproven", slotted, "coverage", "unproven"},
		{"a shard without an id is known by its address", slotted, "channels.0.shards.x", "h:1"},
	} {
		t.Run(test.name, func(t *testing.T) {
			if got := follow(test.document, test.path); got != test.want {
				t.Errorf("%s is %v, want %v", test.path, got, test.want)
			}
		})
	}
}

// follow returns what stands at a path of names and indexes.
func follow(value any, path string) any {
	for step := range strings.SplitSeq(path, ".") {
		switch v := value.(type) {
		case map[string]any:
			value = v[step]
		case []any:
			var i int
			if _, err := fmt.Sscan(step, &i); err != nil || i >= len(v) {
				return fmt.Errorf("no item %s", step)
			}
			value = v[i]
		}
	}
	return value
}
