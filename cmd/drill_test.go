package cmd_test

import (
	"strings"
	"testing"
	"time"
)

// TestTheFirstDrillPasses is what somebody sees who types `aafailover drill` and nothing else.
func TestTheFirstDrillPasses(t *testing.T) {
	t.Parallel()
	o := run(t, nil, "drill", "-o", "json")
	if o.code != 0 {
		t.Fatalf("exit code %d\n%s\n%s", o.code, o.stderr, o.stdout)
	}
	if o.took > time.Minute {
		t.Errorf("took %v", o.took)
	}
	if !strings.HasPrefix(o.stderr, "rehearsing on the built-in lab") {
		t.Errorf("it does not say first where it rehearses:\n%s", o.stderr)
	}
	for _, phase := range []string{"steady", "fault", "detect", "cut over", "outage", "heal", "resync", "fail back", "settle"} {
		if !strings.Contains(o.stderr, phase) {
			t.Errorf("no progress about the phase %s:\n%s", phase, o.stderr)
		}
	}
	d := o.decode(t)
	for field, want := range map[string]any{
		"schema": "aafailover.drill/v1", "deployment": "lab", "scenario": "region-down", "from": "us", "to": "eu", "verdict": "pass",
	} {
		if d[field] != want {
			t.Errorf("%s is %v, want %v", field, d[field], want)
		}
	}
	checkSums(t, d)
	for part, fields := range map[string][]string{
		"rto_ms":   {"detect", "decide", "connect", "total"},
		"writes":   {"attempted", "acknowledged", "rejected", "indeterminate", "per_second"},
		"failback": {"available_ms", "resynced_ms", "ready_ms", "done_ms"},
	} {
		object, _ := d[part].(map[string]any)
		for _, field := range fields {
			if _, ok := object[field].(float64); !ok {
				t.Errorf("%s.%s is %v, not a number", part, field, object[field])
			}
		}
	}
}

// checkSums demands that the missed writes of a report add up. Links of tens of milliseconds at a thousand writes a
// second miss some.
func checkSums(t *testing.T, d map[string]any) {
	t.Helper()
	missed, _ := d["missed"].(map[string]any)
	number := func(field string) float64 { n, _ := missed[field].(float64); return n }
	sum := 0.0
	for _, field := range []string{"converged", "diverged", "lost", "expired", "pending"} {
		sum += number(field)
	}
	if total := number("at_failover"); total == 0 || total != sum || number("at_failback") != 0 {
		t.Errorf("missed: %v", missed)
	}
	windows, _ := d["windows"].([]any)
	inWindows := 0.0
	for _, w := range windows {
		one, _ := w.(map[string]any)
		n, _ := one["count"].(float64)
		inWindows += n
	}
	if inWindows != sum {
		t.Errorf("%v missed writes in windows, %v in all", inWindows, sum)
	}
}
