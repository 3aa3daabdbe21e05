package drill_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/faults"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
)

// wreck is what a drill that is killed leaves behind: a copy of its ledger and of its trail, taken in the moment.
type wreck struct {
	phase string        // in which it is killed
	after time.Duration // into that phase
	from  string        // path of the ledger
	to    string        // of its copy
	kill  context.CancelFunc

	mu    sync.Mutex
	trail drill.Trail
	taken bool
	timer *time.Timer
}

func (w *wreck) onEvent(e probe.Event) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.taken {
		return
	}
	w.trail.Events, w.trail.At = append(w.trail.Events, e), e.At
	if e.Kind == drill.EventPhase && e.Detail == w.phase {
		w.timer = time.AfterFunc(w.after, w.take)
	}
}

func (w *wreck) onCheckpoint(c drill.Checkpoint) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.taken {
		w.trail.Last = c
		w.trail.Last.Record.Phases = slices.Clone(c.Record.Phases)
		w.trail.Last.Record.Moves = slices.Clone(c.Record.Moves)
	}
}

// take copies the ledger, and ends the drill. What that does afterwards is not in the copies.
func (w *wreck) take() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.taken = true
	content, err := os.ReadFile(w.from)
	if err == nil {
		err = os.WriteFile(w.to, content, 0o600)
	}
	if err != nil {
		panic(err)
	}
	w.kill()
}

// play plays the drill of a stage until it is killed.
func (w *wreck) play(ctx context.Context, t *testing.T, s *stage) {
	t.Helper()
	s.diary.keep = true // what the killed drill would delete is still there
	whole := s.config
	whole.Fault = dying{s.config.Fault, w}
	whole.OnEvent, whole.OnCheckpoint = w.onEvent, w.onCheckpoint
	head := drill.Head{Prefix: whole.Prefix, Run: whole.Run, Regions: []string{"us", "eu"}, Slots: whole.Cover, Start: time.Now()}
	var err error
	if whole.Ledger, err = drill.CreateLedger(w.from, head); err != nil {
		t.Fatal(err)
	}
	_, _ = drill.Run(ctx, whole)
	if !w.taken {
		w.timer.Stop()
		w.take() // the phase was over before that
	}
	if err := whole.Ledger.Close(); err != nil {
		t.Error(err)
	}
	s.diary.keep = false
	pause(time.Second)
}

// dying is the fault of a drill that is killed: what it has broken stays so, until the drill is resumed.
type dying struct {
	drill.Fault
	wreck *wreck
}

func (f dying) Do(ctx context.Context, a drill.Action) error {
	f.wreck.mu.Lock()
	f.wreck.trail.Made = append(f.wreck.trail.Made, a)
	f.wreck.mu.Unlock()
	return f.Fault.Do(ctx, a)
}

func (f dying) Heal(ctx context.Context) error {
	f.wreck.mu.Lock()
	defer f.wreck.mu.Unlock()
	if f.wreck.taken {
		return nil
	}
	f.wreck.trail.Made = nil
	return f.Fault.Heal(ctx)
}

// killedPlan is a drill of two regions, in which some writes are missing at the cut-over, and lost unless the region keeps
// them.
func killedPlan(keeps lab.Persistence) plan {
	slow := map[[2]string]time.Duration{{"us", "eu"}: 60 * time.Millisecond, {"eu", "us"}: 60 * time.Millisecond}
	return plan{
		regions: []lab.RegionConfig{{Name: "us", Shards: 2, Persistence: keeps}, {Name: "eu", Shards: 2, Persistence: keeps}},
		delays:  slow, rate: 300, connections: 4, limits: hasty,
		scenario: drill.Scenario{Name: "killed", Steady: time.Second, Outage: time.Second, Settle: time.Second, Steps: []drill.Step{
			{Phase: drill.PhaseFault, Action: drill.Action{Kind: drill.Kill, Region: drill.Local}},
			{Phase: drill.PhaseHeal, Action: drill.Action{Kind: drill.Start, Region: drill.Local}},
		}},
	}
}

// A drill that was killed in any phase, and then resumed, heals what it had broken, tells the fate of every write that it
// knows to have been missing, and leaves nothing behind.
func TestADrillThatWasKilledIsFinished(t *testing.T) {
	phases := []string{drill.PhaseSteady, drill.PhaseFault, drill.PhaseDetect, drill.PhaseCutOver, drill.PhaseOutage,
		drill.PhaseHeal, drill.PhaseResync, drill.PhaseFailBack, drill.PhaseSettle}
	for _, keeps := range []lab.Persistence{lab.KeepAll, lab.KeepNothing} {
		for i, phase := range phases {
			for _, after := range []time.Duration{0, 300 * time.Millisecond} {
				t.Run("keeps "+string(keeps)+", "+phase+" "+after.String(), func(t *testing.T) {
					folder := t.TempDir()
					synctest.Test(t, func(t *testing.T) {
						s := setUp(t, killedPlan(keeps), 1, inMemory())
						defer s.close(t)
						ctx, kill := context.WithCancel(t.Context())
						w := &wreck{phase: phase, after: after, from: filepath.Join(folder, "ledger"), to: filepath.Join(folder, "copy"), kill: kill}
						w.play(ctx, t, s)
						s.config.Fault = faults.LeftInLab(s.lab)
						checkResumed(t, s, w, i > slices.Index(phases, drill.PhaseCutOver))
					})
				})
			}
		}
	}
}

func checkResumed(t *testing.T, s *stage, w *wreck, hadMoved bool) {
	t.Helper()
	l, err := drill.OpenLedger(w.to)
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	attempted := l.Tally().Attempted
	r, err := drill.Resume(t.Context(), s.config, l, w.trail)
	if err != nil {
		t.Fatal(err)
	}
	if said := "the drill was killed in the phase " + r.KilledIn + ", and resumed"; !strings.Contains(r.Reason, said) {
		t.Errorf("%s: %s", r.Verdict, r.Reason)
	}
	returned := r.Failback.Done != nil && r.KilledIn == drill.PhaseSettle
	switch r.Verdict {
	case drill.Pass:
		if !returned && !r.OneWay || r.Count(drill.Lost) > 0 {
			t.Errorf("%s because %q; %d lost, returned: %t", r.Verdict, r.Reason, r.Count(drill.Lost), returned)
		}
	case drill.Fail:
		if r.Count(drill.Lost) == 0 {
			t.Errorf("%s because %q, and nothing is lost", r.Verdict, r.Reason)
		}
	case drill.Inconclusive:
		if open := "not known: "; !strings.Contains(r.Reason, open) && r.Unread == 0 {
			t.Errorf("%s because %q: that says not why", r.Verdict, r.Reason)
		}
	}
	if r.Writes.Attempted != attempted || attempted == 0 && w.phase != drill.PhaseSteady {
		t.Errorf("%d writes, and %d in the ledger", r.Writes.Attempted, attempted)
	}
	if len(r.Phases) == 0 || r.Phases[len(r.Phases)-1].Duration < 0 {
		t.Errorf("phases %+v", r.Phases)
	}
	if hadMoved {
		if _, ok := r.RTO(); !ok || len(r.Missed)+r.Unread == 0 {
			t.Errorf("RTO %v, %d missed, %d not looked for: it had moved", ok, len(r.Missed), r.Unread)
		}
	}
	for _, m := range r.Missed {
		there := len(s.truth.Applied("eu", l.Key(m.N))) > 0
		switch m.Fate {
		case drill.Converged:
			if !there {
				t.Errorf("write %d is called converged, and never came to eu", m.N)
			}
		case drill.Lost:
			if there {
				t.Errorf("write %d is called lost, and came to eu", m.N)
			}
		default:
			t.Errorf("write %d is called %v", m.N, m.Fate)
		}
	}
	status, err := s.lab.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, region := range status.Regions {
		for _, shard := range region.Shards {
			if shard.State != lab.Up {
				t.Errorf("%s is %v", region.Name, shard.State)
			}
		}
	}
	for _, c := range drill.Clean(t.Context(), s.config, l) {
		if c.Removed > 0 || c.Failed > 0 || c.Left != 0 {
			t.Errorf("left after the clean-up: %+v", c)
		}
	}
}

// A drill that was killed passes or fails where all that is asserted was on disk, or can be found out.
func TestADrillThatWasKilledIsJudged(t *testing.T) {
	for _, row := range []struct {
		says    string
		phase   string
		keeps   lab.Persistence
		expect  []string
		verdict drill.Verdict
		reason  string
	}{
		{"all had come about but a second of writes at home", drill.PhaseSettle, lab.KeepAll, nil, drill.Pass, "came back to us; the drill was killed in the phase settle, and resumed"},
		{"a loss is a loss, however the drill had gone on", drill.PhaseOutage, lab.KeepNothing, nil, drill.Fail, "asserted: lost == 0; measured: "},
		{"whether it would have returned is not known", drill.PhaseOutage, lab.KeepAll, nil, drill.Inconclusive, "not known: failbacks >= 1, at_failback == 0"},
		{"nothing is asserted of the return", drill.PhaseOutage, lab.KeepAll, []string{"failovers==1", "rto<=5s", "lost==0"}, drill.Pass, "killed in the phase outage"},
		{"nor is how much was written by the end", drill.PhaseOutage, lab.KeepAll, []string{"failovers==1", "rejected==0"}, drill.Inconclusive, "not known: rejected == 0"},
		{"nor that it would have moved", drill.PhaseSteady, lab.KeepAll, nil, drill.Inconclusive, "not known: failovers >= 1, "},
	} {
		t.Run(row.says, func(t *testing.T) {
			folder := t.TempDir()
			synctest.Test(t, func(t *testing.T) {
				p := killedPlan(row.keeps)
				p.scenario.Expect = row.expect
				s := setUp(t, p, 1, inMemory())
				defer s.close(t)
				ctx, kill := context.WithCancel(t.Context())
				w := &wreck{phase: row.phase, after: 500 * time.Millisecond, from: filepath.Join(folder, "ledger"), to: filepath.Join(folder, "copy"), kill: kill}
				w.play(ctx, t, s)
				l, err := drill.OpenLedger(w.to)
				if err != nil {
					t.Fatal(err)
				}
				defer l.Close()
				s.config.Fault = faults.LeftInLab(s.lab)
				r, err := drill.Resume(t.Context(), s.config, l, w.trail)
				if err != nil || r.Verdict != row.verdict || !strings.Contains(r.Reason, row.reason) {
					t.Errorf("%s because %q: %v", r.Verdict, r.Reason, err)
				}
			})
		})
	}
}

// A drill whose ledger has no room left ends, heals and tells why: killed, it would leave writes that nobody knows of.
func TestADrillEndsWhenItsLedgerHasNoRoom(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := setUp(t, killedPlan(lab.KeepAll), 1, inMemory())
		defer s.close(t)
		full := errors.New("no space left on device")
		s.config.Ledger = drill.LedgerOn(drill.Head{Prefix: s.config.Prefix, Run: s.config.Run, Slots: s.config.Cover, Start: time.Now()}, full)
		r, err := drill.Run(t.Context(), s.config)
		if !errors.Is(err, full) || r.Verdict != drill.Inconclusive || r.FaultAt != nil || r.Writes.Acknowledged == 0 {
			t.Errorf("%v; %s: %s; fault at %v; %+v", err, r.Verdict, r.Reason, r.FaultAt, r.Writes)
		}
	})
}
