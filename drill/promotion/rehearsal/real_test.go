package rehearsal_test

import (
	"context"
	"errors"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/drill/promotion/rehearsal"
	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/probe"
)

// play runs a scenario on servers of its own, and checks that nothing is left of them.
func play(ctx context.Context, t *testing.T, topology promotion.Topology, scenario string, onEvent func(probe.Event)) (*promotion.Record, error) {
	t.Helper()
	s, ok := promotion.ScenarioNamed(topology, scenario)
	if !ok {
		t.Fatalf("%s has no scenario %q", topology, scenario)
	}
	binary, err := process.Find(t.Context(), "redis-server")
	if err != nil {
		t.Fatal(err)
	}
	run := strings.ToLower(string(topology))
	dir := t.TempDir()
	d, err := rehearsal.Start(t.Context(), rehearsal.Options{Topology: topology, Scenario: s, Binary: binary, Run: run, Connections: 4,
		Reload: time.Second, Delay: 5 * time.Millisecond, Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left on disk: %v, %v", left, err)
		}
	})
	c := promotion.Config{Deployment: d, Scenario: s, Prefix: "aafailover", Run: run, Rate: 90, Connections: 4, Payload: 16, WriteTimeout: time.Second,
		Expiry: time.Hour, Steady: 300 * time.Millisecond, Outage: 300 * time.Millisecond, Settle: 100 * time.Millisecond, Limits: promotion.DefaultLimits(), OnEvent: onEvent}
	return promotion.Run(ctx, c)
}

// addsUp fails where a write is in no count or in two.
func addsUp(t *testing.T, r *promotion.Record) {
	t.Helper()
	d := r.Drill
	if w := d.Writes; w.Attempted != w.Acknowledged+w.Rejected+w.Indeterminate || w.Acknowledged == 0 {
		t.Errorf("the outcomes do not add up: %+v", w)
	}
	sum := 0
	for f := drill.Pending; f <= drill.Expired; f++ {
		sum += d.Count(f)
	}
	if sum != d.AtFailover() || d.Unread > 0 || d.RejectedApplied > 0 {
		t.Errorf("%d missed, of all fates together %d; %d unread, %d rejected and applied", d.AtFailover(), sum, d.Unread, d.RejectedApplied)
	}
	inWindows := 0
	for _, w := range d.Windows {
		inWindows += w.Count
	}
	if inWindows != len(d.Missed) {
		t.Errorf("%d missed, and %d in windows", len(d.Missed), inWindows)
	}
}

func TestAFailoverOfEachTopology(t *testing.T) {
	for _, c := range []struct {
		topology promotion.Topology
		scenario string
	}{
		{promotion.Sentinel, "primary-kill"}, {promotion.Cluster, "primary-partition"}, {promotion.Replica, "primary-partition"},
	} {
		t.Run(string(c.topology)+" "+c.scenario, func(t *testing.T) {
			t.Parallel()
			r, err := play(t.Context(), t, c.topology, c.scenario, nil)
			if err != nil {
				t.Fatal(err)
			}
			addsUp(t, r)
			if r.Drill.Verdict != drill.Pass {
				t.Errorf("%s: %s\n%v", r.Drill.Verdict, r.Drill.Reason, r.Drill.Assertions)
			}
			parts, ok := r.Parts()
			if !ok || parts.Detection == nil || parts.Election == nil || parts.Redirection == nil || parts.Unknown != 0 {
				t.Errorf("parts of the time to recover: %+v, %v", parts, ok)
			}
			if s := r.SplitBrain; c.scenario == "primary-partition" && (s == nil || s.Lost == 0 || s.Lost < s.AfterPromotion) {
				t.Errorf("of two primaries: %+v", s)
			}
			if r.Resync == nil || r.Resync.Full+r.Resync.Partial == 0 {
				t.Errorf("the old primary caught up without a resynchronization: %+v", r.Resync)
			}
		})
	}
}

// Whoever interrupts a drill gets what was found by then, and nothing is left.
func TestAnInterruptedDrillTellsWhatItHas(t *testing.T) {
	for _, phase := range []string{promotion.PhaseFailover, drill.PhaseResync, promotion.PhaseReadBack} {
		t.Run("in the phase "+phase, func(t *testing.T) {
			t.Parallel()
			ctx, interrupt := context.WithCancel(t.Context())
			defer interrupt()
			r, err := play(ctx, t, promotion.Replica, "primary-kill", func(e probe.Event) {
				if e.Kind == drill.EventPhase && e.Detail == phase {
					interrupt()
				}
			})
			if !errors.Is(err, context.Canceled) || !r.Interrupted || r.Drill.Verdict != drill.Inconclusive {
				t.Errorf("%v; interrupted %v, %s: %s", err, r.Interrupted, r.Drill.Verdict, r.Drill.Reason)
			}
			if last := r.Drill.Phases[len(r.Drill.Phases)-1].Name; last != phase {
				t.Errorf("it ended in the phase %s, want %s", last, phase)
			}
			if w := r.Drill.Writes; w.Acknowledged == 0 || r.Drill.Unread != w.Acknowledged {
				t.Errorf("%d acknowledged, and %d not looked for", w.Acknowledged, r.Drill.Unread)
			}
			if (r.Moments.CutOver != nil) != (phase != promotion.PhaseFailover) {
				t.Errorf("cut over at %v", r.Moments.CutOver)
			}
		})
	}
}
