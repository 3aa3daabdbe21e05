package report_test

import (
	"bytes"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/aafailover/aafailover/drill/durability"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/report"
)

// durable is a matrix with a row of every kind: kept and broken promises, one that could not be measured, writes that were
// refused or not confirmed, a resync, an upgrade, repeats, and the user's own configuration.
func durable() report.DurabilityResult {
	usual := durability.Latency{P50: 120 * time.Microsecond, P99: 2300 * time.Microsecond, Max: 9 * time.Millisecond}
	row := func(configuration string, crash durability.Crash, change func(*durability.Row)) durability.Row {
		r := durability.Row{
			Name: configuration + map[durability.Crash]string{durability.Kill: "-kill", durability.PowerCut: "-power-cut"}[crash], Configuration: configuration,
			About: "a row of a test", Chapter: durability.OneServer, Crash: crash, Recovery: durability.Restarted, Latency: usual, PerSecond: 1000,
			Writes:  durability.Counts{Attempted: 3004, Acknowledged: 3000, Indeterminate: 4, Applied: 1},
			Promise: durability.Promise{RPO: time.Second, Because: "appendfsync everysec: on disk within a second"}, Draws: []time.Duration{0},
		}
		change(&r)
		return r
	}
	lost := func(n int, rpo time.Duration) durability.Loss { return durability.Loss{Lost: n, RPO: rpo} }
	downtime := 997 * time.Millisecond
	return report.DurabilityResult{Engine: "redis-server 7.0.15", Rate: 1000, WritesFor: 3 * time.Second, Repeat: 3, AtOnce: 2, Rows: []durability.Row{
		row("mine", durability.Kill, func(r *durability.Row) { r.Given = true }),
		row("memory", durability.Kill, func(r *durability.Row) {
			r.Promise = durability.Promise{Unbounded: true, Because: "nothing is kept on disk"}
			r.Loss = durability.Loss{Lost: 3000, RPO: 2999 * time.Millisecond, Everything: true}
		}),
		row("aof-everysec", durability.Kill, func(*durability.Row) {}),
		row("aof-everysec", durability.PowerCut, func(r *durability.Row) {
			r.Loss, r.Draws = lost(1031, 1030*time.Millisecond), []time.Duration{230 * time.Millisecond, 1030 * time.Millisecond, 0}
			r.PowerCut = &durability.Cut{Bytes: 150_000, Files: 1, Syncs: 3, Syncing: 9 * time.Millisecond, LongestSync: 5 * time.Millisecond}
		}),
		row("aof-always", durability.PowerCut, func(r *durability.Row) {
			r.Promise = durability.Promise{Because: "appendfsync always: on disk before the answer"}
			r.Unmeasured = hint.Wrap(fmt.Errorf("%w: simulate a power cut: \x1b operation not permitted", durability.ErrUnsupported),
				"a container needs a profile that allows it")
		}),
		row("wait-2-one-hangs", durability.Kill, func(r *durability.Row) {
			r.Chapter, r.Recovery = durability.Replica, durability.Promoted
			r.Promise, r.Writes.Unconfirmed = durability.Promise{Because: "WAIT 2: what was confirmed is on a replica"}, 3000
			r.Loss, r.PerSecond = durability.Loss{Lost: 22, Unconfirmed: 22}, 374
			r.Notes = []string{"every WAIT ends with 1 of 2"}
		}),
		row("min-replicas", durability.Kill, func(r *durability.Row) {
			r.Chapter, r.Recovery = durability.CutOff, durability.Promoted
			r.Loss, r.Writes.Rejected, r.Writes.Attempted = lost(1999, 1998*time.Millisecond), 1004, 4008
		}),
		row("backlog-small", durability.NoCrash, func(r *durability.Row) {
			r.Chapter, r.Recovery, r.Promise = durability.Catching, durability.Resynced, durability.Promise{Because: "a replica that has caught up has everything"}
			r.Draws = make([]time.Duration, 3)
			r.Resync = &durability.Resync{Full: 1, Bytes: 51_000_000, Took: 151 * time.Millisecond}
		}),
		row("upgrade-failover", durability.NoCrash, func(r *durability.Row) {
			r.Chapter, r.Recovery, r.Promise = durability.Moves, durability.Upgraded, durability.Promise{Because: "FAILOVER holds writes back"}
			r.Downtime, r.Writes.Rejected, r.Writes.Attempted = &downtime, 121, 3125
		}),
	}}
}

func TestDurabilityText(t *testing.T) {
	aimed, interrupted, kept, nothing := durable(), durable(), durable(), durable()
	second := time.Second
	aimed.Target = &second
	interrupted.Rows, interrupted.Interrupted = interrupted.Rows[:3], true
	kept.Rows, kept.Repeat, kept.AtOnce = kept.Rows[2:3], 1, 1
	nothing.Rows = nothing.Rows[4:5]
	for name, r := range map[string]report.DurabilityResult{"": durable(), "-target": aimed, "-interrupted": interrupted, "-kept": kept, "-nothing": nothing} {
		for _, columns := range []int{0, 60, 80} {
			var got bytes.Buffer
			if err := report.DurabilityText(&got, report.Style{Width: columns}, r); err != nil {
				t.Fatal(err)
			}
			golden(t, fmt.Sprintf("durability%s-%d", name, columns), got.String())
			for line := range strings.Lines(got.String()) {
				if n, most := utf8.RuneCountInString(strings.TrimSuffix(line, "\n")), columns; most > 0 && n > most || n > 100 {
					t.Errorf("a line of %d columns: %s", n, line)
				}
			}
		}
	}
}

func TestDurabilityProgress(t *testing.T) {
	want := []string{
		"mine-kill                0 lost of 3,000 acknowledged; promised 1.00 s, measured 0 s",
		"memory-kill              3,000 lost of 3,000 acknowledged; promised unbounded, measured > 3.00 s",
		"aof-everysec-kill        0 lost of 3,000 acknowledged; promised 1.00 s, measured 0 s",
		"aof-everysec-power-cut   1,031 lost of 3,000 acknowledged; promised 1.00 s, measured 1.03 s",
		"aof-always-power-cut     not measured: not possible on this machine: simulate a power cut: � operation not permitted",
		"wait-2-one-hangs-kill    22 lost of 3,000 acknowledged; promised 0 s, measured -",
		"min-replicas-kill        1,999 lost of 3,000 acknowledged; promised 1.00 s, measured 2.00 s",
		"backlog-small            full resync, 51 MB in 151 ms",
		"upgrade-failover         0 lost of 3,000 acknowledged; promised 0 s, measured 0 s",
	}
	for i, r := range durable().Rows {
		if got := report.DurabilityProgress(r); got != want[i] {
			t.Errorf("%q, want %q", got, want[i])
		}
	}
}

// The fields that programs rely on, also where nothing was measured.
func TestDurabilityDocument(t *testing.T) {
	r := durable()
	second := time.Second
	r.Target = &second
	rows := decode(t, report.NewDurabilityDocument(r))["rows"].([]any)
	at := func(name string) map[string]any {
		for _, row := range rows {
			if row := row.(map[string]any); row["name"] == name {
				return row
			}
		}
		t.Fatalf("no row %s", name)
		return nil
	}
	for _, test := range []struct {
		name, contract string
	}{
		{"aof-everysec-power-cut", `name string configuration string about string chapter string crash string recovery string given bool
			measured bool reason string promised string because string rpo_promised_ms number rpo_measured_ms number rpo_at_least bool
			rpo_draws_ms[] number writes number acknowledged number unconfirmed number rejected number indeterminate number
			indeterminate_applied number lost number lost_unconfirmed number per_second number latency_ms.p50 number latency_ms.p99 number
			latency_ms.max number downtime_ms number- resync null power_cut.files number power_cut.bytes number power_cut.fsyncs number
			power_cut.fsyncs_took_ms number power_cut.fsync_longest_ms number notes list`},
		{"memory-kill", `rpo_promised_ms number- rpo_measured_ms number power_cut null`},
		{"aof-always-power-cut", `measured bool reason string rpo_promised_ms number rpo_measured_ms number- latency_ms null writes number notes list`},
		{"wait-2-one-hangs-kill", `rpo_measured_ms null acknowledged number unconfirmed number`},
		{"backlog-small", `resync.full number resync.partial number resync.bytes number resync.duration_ms number`},
		{"upgrade-failover", `downtime_ms number crash string`},
	} {
		for _, field := range contract(test.contract) {
			if field[1] == "null" {
				if got, there := at(test.name)[field[0]]; !there || got != nil {
					t.Errorf("%s: %s is %v, want null", test.name, field[0], got)
				}
				continue
			}
			if err := demand(at(test.name), field[0], field[1]); err != nil {
				t.Errorf("%s: %v", test.name, err)
			}
		}
	}
	if crash := at("aof-everysec-power-cut")["crash"]; crash != "power_cut" {
		t.Errorf("the crash is %v", crash)
	}
	if w := at("min-replicas-kill"); w["writes"] != w["acknowledged"].(float64)+w["rejected"].(float64)+w["indeterminate"].(float64) {
		t.Errorf("counts of %v do not add up", w)
	}
}

// The target tells of each configuration whether it is met.
func TestDurabilityTarget(t *testing.T) {
	r := durable()
	if got := decode(t, report.NewDurabilityDocument(r))["target"]; got != nil {
		t.Errorf("a target that nobody gave: %v", got)
	}
	second := time.Second
	r.Target = &second
	target := decode(t, report.NewDurabilityDocument(r))
	for _, field := range contract(`schema string deployment string engine string rate number writes_for_ms number repeat number at_once number interrupted bool
		power_cuts string target.rpo_ms number target.met[] string target.configurations[].configuration string target.configurations[].given bool
		target.configurations[].met bool target.configurations[].proven bool target.configurations[].rows[].name string
		target.configurations[].rows[].promised bool target.configurations[].rows[].measured bool`) {
		if err := demand(target, field[0], field[1]); err != nil {
			t.Error(err)
		}
	}
	if target["schema"] != "aafailover.durability/v1" {
		t.Errorf("schema %v", target["schema"])
	}
	if met := fmt.Sprint(target["target"].(map[string]any)["met"]); met != "[mine]" {
		t.Errorf("met by %s", met)
	}
}

// What could not be written is told.
func TestDurabilityTextTellsOfAClosedOutput(t *testing.T) {
	gone := errors.New("gone")
	if err := report.DurabilityText(failing{gone}, report.Style{}, durable()); !errors.Is(err, gone) {
		t.Errorf("%v", err)
	}
}

type failing struct{ err error }

func (w failing) Write([]byte) (int, error) { return 0, w.err }
