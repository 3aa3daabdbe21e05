package report_test

import (
	"bytes"
	"io"
	"math"
	"math/rand/v2"
	"regexp"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/slots"
)

// chance makes values that a deployment may bring, and some that none should.
type chance struct{ *rand.Rand }

func newChance(t *testing.T) chance {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return chance{rand.New(rand.NewPCG(seed, 0))}
}

func pick[T any](c chance, from ...T) T { return from[c.IntN(len(from))] }

func (c chance) duration() time.Duration {
	return pick(c, 0, 1, time.Microsecond, time.Duration(c.Int64N(1e12)), -time.Second, math.MaxInt64, math.MinInt64)
}

func (c chance) maybe() *time.Duration {
	d := c.duration()
	return pick(c, nil, &d)
}

func (c chance) time() time.Time {
	return pick(c, time.Time{}, start, start.Add(time.Duration(c.Int64N(1e15))), time.Unix(1<<40, 0))
}

func (c chance) number() float64 {
	return pick(c, 0, 1, 999.95, 1e6*c.Float64(), -3, 1e300, math.NaN(), math.Inf(1), math.Inf(-1))
}

func (c chance) text() string {
	return pick(c, "", "us", "eu", "ap", "NOPERM \x1b[2Jno\r\n", "\xff\xfe", "東京", "a\u202eb", strings.Repeat("long ", 30), strings.Repeat("x", 130))
}

// some returns up to n of what one makes, or nil.
func some[T any](c chance, n int, one func() T) []T {
	var all []T
	for range c.IntN(n + 1) {
		all = append(all, one())
	}
	return all
}

func (c chance) maps() []slots.Map {
	return some(c, 4, func() slots.Map {
		m := slots.Map{Region: c.text(), Source: pick(c, slots.ClusterSlots, slots.Static, slots.Single, slots.REST, "odd")}
		for _, owned := range slots.Even(1 + c.IntN(4)) {
			m.Shards = append(m.Shards, slots.Shard{ID: c.text(), Address: c.text(), Slots: pick(c, owned, nil)})
		}
		return m
	})
}

func (c chance) event() probe.Event {
	return probe.Event{At: c.time(), Kind: pick(c, probe.EventCell, probe.EventShard, probe.EventRegion, probe.EventLink, drill.EventDecision, drill.EventError),
		Region: c.text(), Shard: c.IntN(6) - 1, From: c.text(), To: c.text(), Slot: c.IntN(5) - 1, Was: c.text(), State: c.text(),
		Cause: probe.Cause(c.IntN(30)), Detail: c.text()}
}

func (c chance) rtt() probe.RTT {
	return probe.RTT{P50: c.duration(), P99: c.duration(), Max: c.duration()}
}

func (c chance) linkState() probe.LinkState {
	return pick(c, probe.LinkUp, probe.LinkLate, probe.LinkDegraded, probe.LinkDown, probe.LinkUnknown, probe.LinkNever, "")
}

func (c chance) snapshot() *probe.Snapshot {
	s := &probe.Snapshot{At: c.time(), Started: c.time(), Since: c.time(), Sentence: c.text(), Coverage: c.IntN(2) == 0, Observer: c.text(),
		Verdict: pick(c, probe.Unobservable, probe.LocalFailure, probe.Degraded, probe.Healthy), Dropped: c.Uint64(),
		Policy: pick(c, probe.Policy{}, probe.DefaultPolicy(), probe.Policy{Interval: c.duration()})}
	s.Findings = some(c, 4, func() probe.Finding {
		return probe.Finding{Kind: probe.FindingLink, Severity: pick(c, probe.Failure, probe.Warning), Text: c.text(), Since: c.time()}
	})
	s.Regions = some(c, 4, func() probe.Region {
		return probe.Region{Name: c.text(), State: pick(c, probe.RegionAvailable, probe.RegionDown, probe.RegionImpaired, ""), Detail: c.text(),
			FailbackReady: pick(c, probe.ReadyYes, probe.ReadyNo, ""), FailbackMissing: some(c, 3, c.text),
			Shards: some(c, 3, func() probe.Shard { return probe.Shard{ID: c.text(), Address: c.text(), LastAnswer: c.time()} })}
	})
	s.Links = some(c, 8, func() probe.Link {
		return probe.Link{From: c.text(), To: c.text(), State: c.linkState(), RTT: c.rtt(), LastUp: c.time(), Cells: some(c, 9, func() probe.Cell {
			return probe.Cell{Slot: c.IntN(slots.Count), Channel: c.text(), FromShard: c.IntN(5) - 1, ToShard: c.IntN(5), State: c.linkState(),
				Sent: c.Uint64(), Overdue: c.Uint64(), RTT: c.rtt(), LastUp: c.time()}
		})}
	})
	return s
}

func (c chance) record() *drill.Record {
	r := &drill.Record{Scenario: drill.Scenario{Name: c.text(), Summary: c.text()}, Run: c.text(), Start: c.time(), Maps: c.maps(),
		From: c.IntN(5), To: c.IntN(6) - 1, Verdict: pick(c, drill.Pass, drill.Fail, drill.Inconclusive), Reason: c.text(),
		FaultAt: c.maybe(), DetectedAt: c.maybe(), DecidedAt: c.maybe(), CutOverAt: c.maybe(),
		Lag: pick(c, drill.Lag{}, drill.Lag{P50: c.duration(), P99: c.duration()}), Rate: c.number(), Reached: c.number(),
		Writes: drill.Tally{Attempted: c.IntN(1e6), Indeterminate: c.IntN(3)}, AtFailback: c.IntN(3), Unread: c.IntN(3),
		RPO: drill.RPO{Missed: c.maybe(), Lost: c.maybe()}, Failback: drill.Failback{Available: c.maybe(), Ready: c.maybe(), Done: c.maybe()}}
	r.Phases = some(c, 9, func() drill.Phase {
		return drill.Phase{Name: pick(c, drill.PhaseSteady, drill.PhaseDetect, drill.PhaseCutOver, drill.PhaseResync, drill.PhaseFailBack, c.text()),
			At: c.duration(), Duration: c.duration()}
	})
	// Whatever else a record holds, its writes went to regions that it has.
	r.Missed = some(c, 60*min(len(r.Maps), 1), func() drill.Missed {
		return drill.Missed{Fate: drill.Fate(c.IntN(5)), ConvergedAt: c.duration(),
			Absent: drill.Absent{To: c.IntN(len(r.Maps)), Entry: drill.Entry{Region: c.IntN(len(r.Maps)), Slot: c.IntN(slots.Count), Ended: time.Duration(c.Int64N(1e10))}}}
	})
	r.Windows = drill.Windows(r.Missed, r.Maps, 100*time.Millisecond)
	r.Assertions = some(c, 3, func() drill.Assertion { return drill.Assertion{Expr: c.text(), Value: c.text(), OK: c.IntN(2) == 0} })
	r.Events = some(c, 5, c.event)
	return r
}

func (c chance) labStatus() lab.Status {
	return lab.Status{
		Regions: some(c, 3, func() lab.RegionStatus {
			return lab.RegionStatus{Name: c.text(), URL: c.text(), Shards: some(c, 3, func() lab.ShardStatus {
				return lab.ShardStatus{Address: c.text(), State: pick(c, lab.Up, lab.Hung, lab.Down), Backlog: c.Int64()}
			})}
		}),
		Links: some(c, 3, func() lab.LinkStatus {
			return lab.LinkStatus{From: c.text(), To: c.text(), Delay: c.number(), State: pick(c, lab.LinkUp, lab.LinkCut, lab.LinkDown)}
		}),
	}
}

// texts writes all that is for people about some values.
func texts(t *testing.T, style report.Style, c chance) string {
	t.Helper()
	var out bytes.Buffer
	maps := c.maps()
	if err := report.SlotsText(&out, style, slotsResult(maps...)); err != nil {
		t.Fatal(err)
	}
	if err := report.ProbeText(&out, style, report.ProbeResult{Snapshot: c.snapshot()}); err != nil {
		t.Fatal(err)
	}
	if err := report.DrillText(&out, style, report.DrillResult{Record: c.record()}); err != nil {
		t.Fatal(err)
	}
	status := c.labStatus()
	if err := report.LabStatusText(&out, style, status); err != nil {
		t.Fatal(err)
	}
	if err := report.LabReadyText(&out, style, report.LabReady{Control: c.text(), Config: c.text(), Status: status}); err != nil {
		t.Fatal(err)
	}
	lines := report.NewEventText(&out, style, maps)
	for _, e := range some(c, 9, c.event) {
		lines.Write(e)
	}
	if err := lines.Close(); err != nil {
		t.Fatal(err)
	}
	_, _ = io.WriteString(&out, report.CostText(probe.Cost{MessagesPerSecond: c.number(), BytesPerSecond: c.number()}))
	return out.String()
}

// Names and error messages come from elsewhere: none may reach the terminal as a command.
func TestTextHoldsNoControlCharacters(t *testing.T) {
	c := newChance(t)
	for range 60 {
		text := texts(t, report.Style{}, c)
		for i, r := range text {
			if r != '\n' && (unicode.IsControl(r) || unicode.Is(unicode.Cf, r)) {
				t.Fatalf("%U in %q", r, text[max(0, i-40):min(len(text), i+40)])
			}
		}
		if !utf8.ValidString(text) {
			t.Fatalf("not UTF-8: %q", text)
		}
	}
}

func TestColourOnlyAdds(t *testing.T) {
	t.Setenv("CLICOLOR_FORCE", "1")
	t.Setenv("NO_COLOR", "")
	coloured := report.NewStyle(io.Discard)
	coloured.Zone = nil
	escape := regexp.MustCompile("\x1b\\[[0-9;]*m")
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	painted := 0
	for i := range uint64(30) {
		with := texts(t, coloured, chance{rand.New(rand.NewPCG(seed, i))})
		without := texts(t, report.Style{}, chance{rand.New(rand.NewPCG(seed, i))})
		painted += len(with) - len(without)
		if got := escape.ReplaceAllString(with, ""); got != without {
			t.Fatalf("without its colours it differs (-want +got):\n%s", cmp.Diff(strings.Split(without, "\n"), strings.Split(got, "\n")))
		}
	}
	if painted == 0 {
		t.Error("nothing was painted")
	}
}

func TestNoColourWhereItIsNotWanted(t *testing.T) {
	plainText := texts(t, report.Style{}, chance{rand.New(rand.NewPCG(1, 1))})
	for name, variables := range map[string]map[string]string{
		"the output is no terminal":          {"CLICOLOR_FORCE": "", "NO_COLOR": ""},
		"NO_COLOR is set, and colour forced": {"CLICOLOR_FORCE": "1", "NO_COLOR": "1", "TERM": "xterm-256color"},
	} {
		t.Run(name, func(t *testing.T) {
			for variable, value := range variables {
				t.Setenv(variable, value)
			}
			style := report.NewStyle(io.Discard)
			style.Zone = nil
			if got := texts(t, style, chance{rand.New(rand.NewPCG(1, 1))}); got != plainText {
				t.Errorf("got colour:\n%q", got)
			}
		})
	}
}

func TestAnyRecordMakesADocumentThatAddsUp(t *testing.T) {
	c := newChance(t)
	for range 200 {
		r := c.record()
		d := decode(t, report.NewDrillDocument(report.DrillResult{Deployment: report.Given, Record: r}))
		missed := d["missed"].(map[string]any)
		sum := 0.0
		for _, fate := range []string{"converged", "diverged", "lost", "expired", "pending"} {
			sum += missed[fate].(float64)
		}
		if missed["at_failover"] != sum || sum != float64(len(r.Missed)) {
			t.Fatalf("at_failover is %v, all fates together %v, the record holds %d", missed["at_failover"], sum, len(r.Missed))
		}
		inWindows := 0.0
		for _, w := range d["windows"].([]any) {
			inWindows += w.(map[string]any)["count"].(float64)
		}
		if inWindows != sum {
			t.Fatalf("%v writes in windows, %v missed", inWindows, sum)
		}
	}
}

func TestAnySnapshotMakesADocument(t *testing.T) {
	c := newChance(t)
	for range 100 {
		maps := c.maps()
		decode(t, report.NewSlotsDocument(slotsResult(maps...)))
		decode(t, report.NewLabStatusDocument(c.labStatus()))
		decode(t, report.NewLabDocument(report.LabReady{Status: c.labStatus()}))
		s := c.snapshot()
		d := decode(t, report.NewProbeDocument(report.ProbeResult{Snapshot: s, Events: some(c, 9, c.event),
			Cost: probe.Cost{MessagesPerSecond: c.number(), BytesPerSecond: c.number()}}))
		if got := len(d["links"].([]any)); got != len(s.Links) {
			t.Fatalf("%d links, want %d", got, len(s.Links))
		}
	}
}
