package tui

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/slots"
)

var drillStart = time.Date(2026, 3, 1, 14, 2, 10, 0, time.UTC)

// sharded is the map of a region with so many shards.
func sharded(name string, shards int) slots.Map {
	m := slots.Map{Region: name}
	for i := range shards {
		m.Shards = append(m.Shards, slots.Shard{ID: fmt.Sprint(i + 1), Slots: []slots.Range{{First: i * slots.Count / shards, Last: (i+1)*slots.Count/shards - 1}}})
	}
	return m
}

// rehearsal is a drill as its dashboard is shown it, moment by moment, with the figures of one that took place.
type rehearsal struct {
	*Drill
	progress drill.Progress
}

func rehearse(shards int) *rehearsal {
	scenario, _ := drill.ScenarioNamed("region-down")
	r := &rehearsal{Drill: NewDrill(DrillAbout{Scenario: scenario, Where: "the built-in lab",
		Regions: []slots.Map{sharded("us", shards), sharded("eu", shards), sharded("東京", shards)}})}
	r.progress.Regions = make([]drill.RegionProgress, 3)
	r.seen("", probe.RegionAvailable, probe.RegionAvailable)
	r.enter(drill.StagePreflight, drill.Stage{Waits: "for a healthy deployment", Limit: 10 * time.Second})
	return r
}

// seen is what the probe sees of us and of the others.
func (r *rehearsal) seen(missing string, us, others probe.RegionState) {
	s := &probe.Snapshot{Regions: []probe.Region{{Name: "us", State: us}, {Name: "eu", State: others}, {Name: "東京", State: others}}}
	if us == probe.RegionDown {
		s.Regions[0].Cause = probe.Refused
	}
	if missing != "" {
		s.Regions[0].FailbackMissing = []string{missing}
	}
	r.progress.Snapshot = s
}

// enter begins a stage.
func (r *rehearsal) enter(name string, s drill.Stage) {
	p := &r.progress
	if p.Now.Name != "" && p.Now.Name != drill.StagePreflight {
		p.Phases = append(slices.Clone(p.Phases), drill.Phase{Name: p.Now.Name, At: p.Now.At, Duration: p.At - p.Now.At})
	}
	s.Name, s.At = name, p.At
	p.Now = s
	names := []string{drill.PhaseSteady, drill.PhaseFault, drill.PhaseDetect, drill.PhaseCutOver, drill.PhaseOutage, drill.PhaseHeal,
		drill.PhaseResync, drill.PhaseFailBack, drill.PhaseSettle}
	planned := map[string]time.Duration{drill.PhaseSteady: 3 * time.Second, drill.PhaseOutage: 2500 * time.Millisecond, drill.PhaseSettle: time.Second}
	p.Ahead = nil
	for _, ahead := range names[slices.Index(names, name)+1:] {
		p.Ahead = append(p.Ahead, drill.Stage{Name: ahead, Planned: planned[ahead]})
	}
	if slices.Contains(names, name) {
		r.happened(drill.EventPhase, name)
	}
}

func (r *rehearsal) happened(kind probe.EventKind, detail string) {
	r.Event(probe.Event{At: drillStart.Add(r.progress.At), Kind: kind, Shard: -1, Slot: -1, Detail: detail})
}

// goOn lets time pass, in which a region acknowledges so many writes a second, and so many fail.
func (r *rehearsal) goOn(d time.Duration, region int, acknowledged, failed float64) {
	const step = 250 * time.Millisecond
	for ; d > 0; d -= step {
		took := min(step, d)
		r.progress.At += took
		r.progress.Regions = slices.Clone(r.progress.Regions)
		w := &r.progress.Regions[region].Writes
		w.Acknowledged += int(acknowledged * took.Seconds())
		w.Indeterminate += int(failed * took.Seconds())
		r.Put(r.progress)
		r.Update(drillTick{})
	}
}

func (r *rehearsal) steady() {
	r.goOn(250*time.Millisecond, us, 0, 0)
	r.enter(drill.PhaseSteady, drill.Stage{Planned: 3 * time.Second})
	r.progress.Regions[eu].Lag = &drill.Lag{P50: 41 * time.Millisecond, P99: 63 * time.Millisecond}
	r.goOn(2200*time.Millisecond, us, 1000, 0)
}

// The indexes of the regions.
const (
	us = iota
	eu
)

func (r *rehearsal) outage() {
	r.steady()
	r.goOn(800*time.Millisecond, us, 1000, 0)
	r.enter(drill.PhaseFault, drill.Stage{Waits: "for the fault to be in force", Limit: 30 * time.Second})
	at := r.progress.At
	r.progress.FaultAt, r.progress.FaultBy, r.progress.Broken = &at, &at, true
	r.happened(drill.EventAction, "kill us")
	r.enter(drill.PhaseDetect, drill.Stage{Waits: "for the application to decide to move", Limit: 30 * time.Second})
	r.goOn(900*time.Millisecond, us, 0, 1000)
	r.seen("us is down", probe.RegionDown, probe.RegionAvailable)
	r.Event(probe.Event{At: drillStart.Add(r.progress.At), Kind: probe.EventRegion, Region: "us", Was: "available", State: "down", Shard: -1, Slot: -1, Detail: "connection refused, 3 of 3 shards"})
	r.happened(drill.EventDecision, "fail over to eu: us cannot be used: connection refused")
	r.enter(drill.PhaseCutOver, drill.Stage{Waits: "for the first write to be acknowledged", Limit: 10 * time.Second})
	r.progress.Active, r.progress.Moves = eu, []drill.Move{{From: us, To: eu, Kind: failover.FailOver, DecidedAt: r.progress.At}}
	r.goOn(12*time.Millisecond, eu, 1000, 0)
	cutOver := r.progress.At
	r.progress.Moves = []drill.Move{{From: us, To: eu, Kind: failover.FailOver, DecidedAt: r.progress.At, CutOverAt: &cutOver}}
	r.happened(drill.EventReached, "first write acknowledged by eu")
	r.enter(drill.PhaseOutage, drill.Stage{Planned: 2500 * time.Millisecond})
	random := rand.New(rand.NewPCG(1, 2))
	for shard := range r.Regions[us].Shards {
		r.progress.Missed = append(r.progress.Missed, drill.ShardMissed{Region: us, Shard: shard, Absent: random.IntN(20)})
	}
	r.progress.Look = &drill.Look{Region: eu, Looked: 2100, Of: 3000}
	r.goOn(1300*time.Millisecond, eu, 1000, 0)
}

func (r *rehearsal) returned() {
	r.outage()
	r.progress.Look = nil
	r.goOn(1200*time.Millisecond, eu, 1000, 0)
	r.enter(drill.PhaseHeal, drill.Stage{Waits: "for the fault to be undone", Limit: 60 * time.Second})
	r.goOn(3*time.Millisecond, eu, 1000, 0)
	r.progress.Broken = false
	r.seen("312 writes that are known to exist elsewhere are not readable in it", probe.RegionAvailable, probe.RegionAvailable)
	r.Event(probe.Event{At: drillStart.Add(r.progress.At), Kind: probe.EventRegion, Region: "us", Was: "down", State: "available", Shard: -1, Slot: -1})
	r.enter(drill.PhaseResync, drill.Stage{Waits: "for us to be safe to return to", Limit: time.Minute})
	r.progress.Missed = slices.Clone(r.progress.Missed)
	for i := range r.progress.Missed {
		m := &r.progress.Missed[i]
		if back := m.Absent * (i % 3) / 2; i%4 < 3 {
			m.Absent, m.Back = m.Absent-back, back
		}
	}
	r.goOn(1100*time.Millisecond, eu, 1000, 0)
}

// ended is the drill with the report that it came to.
func (r *rehearsal) ended() {
	r.returned()
	p := r.progress
	moment := func(d time.Duration) *time.Duration { return &d }
	record := &drill.Record{Scenario: r.Scenario, Run: "k3jx0q2f7a", Start: drillStart, Maps: r.Regions, From: us, To: eu, Phases: p.Phases,
		Verdict: drill.Fail, Reason: "asserted: failbacks == 1; measured: 0", FaultAt: p.FaultAt, FaultBy: p.FaultBy,
		DetectedAt: &p.Moves[0].DecidedAt, DecidedAt: &p.Moves[0].DecidedAt, CutOverAt: p.Moves[0].CutOverAt, Moves: p.Moves,
		Lag: drill.Lag{P50: 41 * time.Millisecond, P99: 63 * time.Millisecond, Samples: 140}, Rate: 1000, Reached: 992,
		Writes: drill.Tally{Attempted: 7515, Acknowledged: 6615, Indeterminate: 900}, AtEnd: []int{-1, 21, 0},
		RPO:        drill.RPO{Missed: moment(61 * time.Millisecond)},
		Assertions: []drill.Assertion{{Expr: "failovers == 1", Value: "1", OK: true}, {Expr: "failbacks == 1", Value: "0"}}}
	for _, shard := range p.Missed {
		for n := range shard.Absent + shard.Back {
			m := drill.Missed{Absent: drill.Absent{Entry: drill.Entry{Slot: shard.Shard * 5500, Ended: *p.FaultAt - time.Duration(n)*time.Millisecond}, To: eu}}
			if n < shard.Back {
				m.Fate, m.ConvergedAt = drill.Converged, p.At
			}
			record.Missed = append(record.Missed, m)
		}
	}
	record.Windows = drill.Windows(record.Missed, record.Maps, time.Second)
	r.End(record.Verdict, func(width int) string {
		var text strings.Builder
		_ = report.DrillText(&text, report.Style{Width: width}, report.DrillResult{Deployment: report.Lab, Record: record})
		return text.String()
	})
	r.Update(drillTick{})
}

// frame is what the screen shows at a size.
func (d *Drill) frame(width, height int) string {
	d.Update(tea.WindowSizeMsg{Width: width, Height: height})
	return d.View() + "\n"
}

func TestDrillFrames(t *testing.T) {
	for _, c := range []struct {
		name   string
		shards int
		play   func(*rehearsal)
	}{
		{"before", 3, (*rehearsal).steady},
		{"outage", 3, (*rehearsal).outage},
		{"returned", 3, (*rehearsal).returned},
		{"report", 3, (*rehearsal).ended},
		{"256_shards", 256, (*rehearsal).returned},
	} {
		r := rehearse(c.shards)
		c.play(r)
		for _, size := range []tea.WindowSizeMsg{{Width: 80, Height: 24}, {Width: 120, Height: 40}, {Width: 200, Height: 60}} {
			t.Run(fmt.Sprintf("%s_%dx%d", c.name, size.Width, size.Height), func(t *testing.T) {
				frame := r.frame(size.Width, size.Height)
				fits(t, frame, size.Width, size.Height)
				same(t, fmt.Sprintf("drill_%s_%dx%d.golden", c.name, size.Width, size.Height), frame)
			})
		}
	}
	r := rehearse(3)
	r.returned()
	r.dress(painted())
	same(t, "drill_returned_80x24_colour.golden", strings.ReplaceAll(r.frame(80, 24), "\x1b", "␛"))
}

// fits fails when a frame is not exactly as high as the screen, or wider.
func fits(t *testing.T, frame string, width, height int) {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(frame, "\n"), "\n")
	if len(lines) != height {
		t.Errorf("%d lines on a screen of %d", len(lines), height)
	}
	for _, line := range lines {
		if widthOf(line) > width {
			t.Errorf("%d columns on a screen of %d: %q", widthOf(line), width, line)
		}
	}
}

// On a terminal of any size nothing is too wide or too high, whatever there is to show.
func TestADrillFitsAnyTerminal(t *testing.T) {
	random := rand.New(rand.NewPCG(3, 4))
	plays := []func(*rehearsal){func(*rehearsal) {}, (*rehearsal).steady, (*rehearsal).outage, (*rehearsal).returned, (*rehearsal).ended}
	for range 150 {
		r := rehearse(1 + random.IntN(4)*random.IntN(100))
		plays[random.IntN(len(plays))](r)
		if random.IntN(2) == 0 {
			r.Say(strings.Repeat("now: make 東京 unreachable. ", 5))
		}
		for range 20 {
			r.page, r.asked, r.scroll = drillPage(random.IntN(4)), random.IntN(8) == 0, random.IntN(40)
			width, height := 1+random.IntN(300), 1+random.IntN(80)
			if fits(t, r.frame(width, height), width, height); t.Failed() {
				return
			}
		}
	}
}

// Shards of five regions that all were left, in less lines than there are: each sign is then some of them.
func TestTheHeatMapFits(t *testing.T) {
	r := rehearse(256)
	for _, name := range []string{"ap", "sa"} {
		r.Regions = append(r.Regions, sharded(name, 256))
		r.progress.Regions = append(r.progress.Regions, drill.RegionProgress{})
	}
	for region := range r.Regions {
		for shard := range 256 {
			r.progress.Missed = append(r.progress.Missed, drill.ShardMissed{Region: region, Shard: shard, Absent: shard / 255 * 9})
		}
	}
	r.Put(r.progress)
	r.Update(drillTick{})
	r.frame(80, 24)
	for height, each := range map[int]string{20: "", 10: "2 shards a sign", 5: "4 shards a sign"} {
		lines := r.heatMap(height)
		signs := strings.Count(strings.Join(lines, ""), "█")
		if len(lines) > height || signs != len(r.Regions) || each != "" && !strings.Contains(lines[0], each) {
			t.Errorf("%d lines of %d, %d regions have a dark sign:\n%s", len(lines), height, signs, strings.Join(lines, "\n"))
		}
	}
}
