package drill_test

import (
	"context"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/faults"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
)

// primary makes us the only region of a stage that replicates, and lets the drill accept that.
func (s *stage) primary(t *testing.T) {
	t.Helper()
	if err := s.lab.Inject(t.Context(), lab.Fault{Kind: lab.Cut, From: "eu", To: "us", OneWay: true}); err != nil {
		t.Fatal(err)
	}
	s.config.Safety.Accept = []drill.Doubt{drill.OneWayLinks}
}

// soon is far less than the time that a drill gives a failback which cannot come.
const soon = 30 * time.Second

// Where no link leads back, a drill says so before it begins and ends after the failover, with a verdict on what it could
// measure.
func TestADrillWhereNoLinkLeadsBack(t *testing.T) {
	for _, row := range []struct {
		says    string
		keeps   lab.Persistence
		verdict drill.Verdict
		fate    drill.Fate // of all that is missing
		reason  string
	}{
		{"what the region kept comes when it is back", lab.KeepAll, drill.Pass, drill.Converged,
			"the application moved to eu; no failback was awaited, since no link leads back to us"},
		{"what it has lost may be on its way, as far as anybody can tell", lab.KeepNothing, drill.Inconclusive, drill.Pending,
			"cannot be told: no link leads from eu to us, and only messages both ways prove that a write is not on its way any more"},
	} {
		t.Run(row.says, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := killedPlan(row.keeps)
				p.limits = drill.DefaultLimits()
				p.scenario.Expect = []string{"failovers==1", "failbacks==1", "at_failback==0", "early==0", "ready<=1m", "available<=1m"}
				s := setUp(t, p, 1, inMemory())
				defer s.close(t)
				s.primary(t)
				began := time.Now()
				r, err := drill.Run(t.Context(), s.config)
				if took := time.Since(began); err != nil || r.Verdict != row.verdict || !strings.Contains(r.Reason, row.reason) || took > soon {
					t.Errorf("after %v: %s because %q: %v", took, r.Verdict, r.Reason, err)
				}
				if n := len(r.Missed); n == 0 || r.Count(row.fate) != n {
					t.Errorf("%d missed writes, %d of them %v", n, r.Count(row.fate), row.fate)
				}
				var asserted []string
				for _, a := range r.Assertions {
					asserted = append(asserted, a.Expr)
				}
				if got, want := strings.Join(asserted, ", "), "failovers == 1, available <= 1m0s, not acknowledged after the failback == 0, rejected but applied == 0, gone at the end == 0"; got != want {
					t.Errorf("asserted: %s; want %s", got, want)
				}
				if !slices.ContainsFunc(r.Events, func(e probe.Event) bool {
					return e.Kind == drill.EventPlan && strings.Contains(e.Detail, "no failback is awaited")
				}) {
					t.Error("the plan does not say what is left out")
				}
				for _, phase := range r.Phases {
					if phase.Name == drill.PhaseResync || phase.Name == drill.PhaseFailBack {
						t.Errorf("there was a phase %s", phase.Name)
					}
				}
			})
		})
	}
}

// wiped is a Store in which nothing can be read any more from some moment on.
type wiped struct {
	drill.Store
	gone *atomic.Bool
}

func (w wiped) Read(ctx context.Context, keys []string) ([]bool, error) {
	if w.gone.Load() {
		return make([]bool, len(keys)), nil
	}
	return w.Store.Read(ctx, keys)
}

// A primary that comes back empty empties its replica, in which nothing had been missing at the cut-over.
func TestADrillWhoseReplicaIsEmptiedFails(t *testing.T) {
	run(t, killedPlan(lab.KeepAll), func(s *stage) {
		s.primary(t)
		gone, told := new(atomic.Bool), s.config.OnEvent
		s.config.Stores[1] = wiped{s.config.Stores[1], gone}
		s.config.OnEvent = func(e probe.Event) {
			gone.Store(gone.Load() || e.Kind == drill.EventPhase && e.Detail == drill.PhaseSettle)
			if told != nil {
				told(e)
			}
		}
	}, func(t *testing.T, _ *stage, r *drill.Record, err error) {
		gone := fmt.Sprintf("asserted: gone at the end == 0; measured: %d", r.Writes.Acknowledged-len(r.Missed)+r.Count(drill.Converged))
		if err != nil || r.Verdict != drill.Fail || r.Reason != gone || r.AtEnd[1] != r.Writes.Acknowledged {
			t.Errorf("%s because %q: %v; want %q; at the end eu lacks %d of %d", r.Verdict, r.Reason, err, gone, r.AtEnd[1], r.Writes.Acknowledged)
		}
	})
}

// To accept links that lead one way changes nothing where all lead both ways.
func TestWhatIsAcceptedNeedNotBeSo(t *testing.T) {
	run(t, killedPlan(lab.KeepAll), func(s *stage) { s.config.Safety.Accept = []drill.Doubt{drill.OneWayLinks} },
		func(t *testing.T, _ *stage, r *drill.Record, err error) {
			if err != nil || r.OneWay || r.Failback.Done == nil {
				t.Errorf("%s because %q: %v; one way: %t, failback %+v", r.Verdict, r.Reason, err, r.OneWay, r.Failback)
			}
		})
}

// Who resumes a drill that was killed does not wait for links that were not there before it.
func TestADrillIsResumedWhereNoLinkLeadsBack(t *testing.T) {
	folder := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		s := setUp(t, killedPlan(lab.KeepAll), 1, inMemory())
		defer s.close(t)
		s.primary(t)
		ctx, kill := context.WithCancel(t.Context())
		w := &wreck{phase: drill.PhaseOutage, after: 300 * time.Millisecond, from: filepath.Join(folder, "ledger"), to: filepath.Join(folder, "copy"), kill: kill}
		w.play(ctx, t, s)
		s.config.Fault, s.config.Safety.Accept = faults.LeftInLab(s.lab), nil
		s.config.Limits = drill.DefaultLimits()
		began := time.Now()
		checkResumed(t, s, w, true)
		if took := time.Since(began); took > soon {
			t.Errorf("it took %v", took)
		}
	})
}
