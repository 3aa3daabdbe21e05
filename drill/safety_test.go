package drill_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
)

// safeStage is a stage whose drill is looked at first.
type safeStage struct {
	*stage
	given   []config.Region
	options region.Options
}

// inspected gives the drill of a stage its inspectors.
func (s *safeStage) inspected(t *testing.T, on network) {
	t.Helper()
	status, err := s.lab.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	s.options = region.Options{Dial: on.dial, Timeout: time.Second}
	for i, r := range status.Regions {
		given, err := config.ParseRegionFlag(r.Name + "=" + r.URL)
		if err != nil {
			t.Fatal(err)
		}
		s.given = append(s.given, given)
		s.config.Safety.Inspectors = append(s.config.Safety.Inspectors, region.NewInspector(given, s.config.Maps[i], s.options))
	}
	s.config.Safety.Accept = []drill.Doubt{drill.UnknownMemory}
	s.config.Safety.Holder = "a test"
}

// endpoints are those of the regions for another observer.
func (s *safeStage) endpoints(t *testing.T) []probe.Endpoint {
	t.Helper()
	var all []probe.Endpoint
	for _, r := range s.given {
		all = append(all, region.NewEndpoint(r, s.config.Maps[len(all)], s.options))
	}
	return all
}

// safely sets a stage up with inspectors, in simulated time.
func safely(t *testing.T, check func(*testing.T, *safeStage)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		on := inMemory()
		s := &safeStage{stage: setUp(t, plain(), 1, on)}
		defer s.close(t)
		s.inspected(t, on)
		check(t, s)
	})
}

func TestADrillThatIsLookedAtFirst(t *testing.T) {
	safely(t, func(t *testing.T, s *safeStage) {
		s.config.Assert = []string{"rto<=5s", "lost==0", "failovers==1"}
		r, err := drill.Run(t.Context(), s.config)
		if err != nil || r.Verdict != drill.Pass {
			t.Fatalf("got %s because %q (%v), want a pass", r.Verdict, r.Reason, err)
		}
		names := make(map[string]int)
		for _, c := range r.Preflight.Checks {
			names[c.Name]++
		}
		if names["links"] != 1 || names["lag"] != 1 || names["writes"] != 3 || names["memory"] != 3 || names["lock"] != 1 {
			t.Errorf("checks: %v", names)
		}
		if left := s.leftKeys(); left != 0 {
			t.Errorf("%d keys are left, the lock included", left)
		}
	})
}

func TestADryRunBeginsNothing(t *testing.T) {
	safely(t, func(t *testing.T, s *safeStage) {
		p, err := drill.RunPreflight(t.Context(), s.config)
		if err != nil || p.Err() != nil {
			t.Fatalf("%v, %v", err, p.Err())
		}
		trials, shards := 0, 0
		for _, key := range s.truth.Keys() {
			if strings.HasSuffix(key, ":trial") {
				trials++
			} else if !strings.Contains(key, "drill-lock") {
				t.Errorf("key %s was written", key)
			}
		}
		for _, m := range s.config.Maps {
			shards += len(m.Shards)
		}
		if trials != shards { // regions with a key in common would delete it for each other
			t.Errorf("%d keys were tried, by %d shards", trials, shards)
		}
		if left := s.leftKeys(); left != 0 {
			t.Errorf("%d keys are left", left)
		}
	})
}

// What fails before the drill keeps it from writing, and from breaking anything.
func TestADrillThatMayNotBegin(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*safeStage)
		want   error
		text   string
	}{
		{"the memory is not known", func(s *safeStage) { s.config.Safety.Accept = nil }, drill.ErrPreflight, "how much memory"},
		{"the lag is over its limit", func(s *safeStage) { s.config.Safety.MaxLag = 50 * time.Millisecond }, drill.ErrPreflight, "us→ap: more than 50ms"},
		{"a link is down", func(s *safeStage) {
			_ = s.lab.Inject(context.Background(), lab.Fault{Kind: lab.Cut, From: "eu", To: "ap"})
		}, drill.ErrNotHealthy, "eu"},
	} {
		t.Run(row.name, func(t *testing.T) {
			safely(t, func(t *testing.T, s *safeStage) {
				row.change(s)
				r, err := drill.Run(t.Context(), s.config)
				if !errors.Is(err, row.want) || r.Verdict != drill.Inconclusive || !strings.Contains(r.Reason, row.text) {
					t.Errorf("got %s because %q (%v)", r.Verdict, r.Reason, err)
				}
				if r.FaultAt != nil || r.Writes != (drill.Tally{}) || r.Preflight == nil {
					t.Errorf("it began: %+v", r)
				}
				p, err := drill.RunPreflight(t.Context(), s.config)
				if err != nil || p.Err() == nil {
					t.Errorf("a dry run finds nothing wrong: %v", err)
				}
				if left := s.leftKeys(); left != 0 {
					t.Errorf("%d keys are left", left)
				}
			})
		})
	}
}

// Of two drills at once, the second says so, has done nothing, and leaves the lock
// of the first alone.
func TestTwoDrillsAtOnce(t *testing.T) {
	safely(t, func(t *testing.T, s *safeStage) {
		second := s.config
		second.Run, second.Limits.Healthy = "second", 30*time.Second
		second.OnEvent = nil
		s.config.Scenario.Steady = time.Minute // long enough for the lock to be renewed
		begun := make(chan struct{})
		s.config.OnEvent = func(e probe.Event) {
			if e.Kind == drill.EventPhase && e.Detail == drill.PhaseSteady {
				close(begun)
			}
		}
		var group sync.WaitGroup
		group.Go(func() {
			if r, err := drill.Run(t.Context(), s.config); err != nil || r.Verdict != drill.Pass {
				t.Errorf("the first: %s because %q (%v)", r.Verdict, r.Reason, err)
			}
		})
		<-begun
		second.Endpoints = s.endpoints(t)
		p, err := drill.RunPreflight(t.Context(), second)
		if err != nil || !strings.Contains(p.Err().Error(), "another drill runs on this deployment: run run1 of a test") {
			t.Errorf("%v, %v", err, p.Err())
		}
		group.Wait()
		if left := s.leftKeys(); left != 0 {
			t.Errorf("%d keys are left", left)
		}
	})
}

// What the application suffers in the region that it moved to ends the drill, and
// the fault is healed.
func TestADrillIsAborted(t *testing.T) {
	for _, row := range []struct{ name, condition, region, phase, want string }{
		{"the writes fail before there is a fault", "errors>10%", "us", drill.PhaseSteady, "errors > 10%"},
		{"the writes fail after the cut-over", "errors>2%", "eu", drill.PhaseOutage, "errors > 2%"},
		{"the writes are slow after the cut-over", "latency>100ms", "eu", drill.PhaseOutage, "latency > 100ms"},
	} {
		t.Run(row.name, func(t *testing.T) {
			safely(t, func(t *testing.T, s *safeStage) {
				c, err := drill.ParseAbort(row.condition)
				if err != nil {
					t.Fatal(err)
				}
				s.config.Safety.AbortIf = []drill.Condition{c}
				s.config.Scenario.Steady, s.config.Scenario.Outage = 5*time.Second, 10*time.Second
				s.config.OnEvent = func(e probe.Event) {
					if e.Kind == drill.EventPhase && e.Detail == row.phase {
						time.AfterFunc(time.Second, func() {
							_ = s.lab.Inject(context.Background(), lab.Fault{Kind: lab.Hang, Region: row.region})
						})
					}
				}
				r, err := drill.Run(t.Context(), s.config)
				if !errors.Is(err, drill.ErrAborted) || r.Verdict != drill.Fail || !strings.Contains(r.Reason, row.want) {
					t.Errorf("got %s because %q (%v)", r.Verdict, r.Reason, err)
				}
				last := r.Assertions[len(r.Assertions)-1]
				if last.OK || last.Expr != "aborted if "+c.String() {
					t.Errorf("%+v", last)
				}
				status, err := s.lab.Status(t.Context())
				if err != nil || status.Regions[us].State != lab.Up && row.region != "us" {
					t.Errorf("us is left %v (%v)", status.Regions[us].State, err)
				}
			})
		})
	}
}

// The fault itself, however many writes it fails, aborts nothing.
func TestTheFaultDoesNotAbortTheDrill(t *testing.T) {
	safely(t, func(t *testing.T, s *safeStage) {
		for _, text := range []string{"errors>0%", "latency>100ms"} {
			c, err := drill.ParseAbort(text)
			if err != nil {
				t.Fatal(err)
			}
			s.config.Safety.AbortIf = append(s.config.Safety.AbortIf, c)
		}
		r, err := drill.Run(t.Context(), s.config)
		if err != nil || r.Verdict != drill.Pass {
			t.Errorf("got %s because %q (%v), want a pass", r.Verdict, r.Reason, err)
		}
		if r.Writes.Attempted == r.Writes.Acknowledged && r.Writes.Unsent == 0 {
			t.Error("no write failed: this could not see what it is about")
		}
	})
}

func TestAnAssertionOnWhatWasNotMeasuredFailsTheDrill(t *testing.T) {
	safely(t, func(t *testing.T, s *safeStage) {
		s.config.Scenario.Expect = []string{"failovers==1"}
		s.config.Assert = []string{"absent_at_end==0", "ready<=1h"}
		s.config.Limits.Resync = time.Millisecond
		r, err := drill.Run(t.Context(), s.config)
		if err != nil || r.Verdict != drill.Fail || r.Reason != "asserted: ready <= 1h0m0s; not measured" {
			t.Errorf("got %s because %q (%v)", r.Verdict, r.Reason, err)
		}
	})
}

func TestAnAssertionThatIsMissedFailsTheDrill(t *testing.T) {
	safely(t, func(t *testing.T, s *safeStage) {
		s.config.Assert = []string{"missed<=1000", "rto<=1ms"}
		r, err := drill.Run(t.Context(), s.config)
		if err != nil || r.Verdict != drill.Fail || !strings.Contains(r.Reason, "rto <= 1ms; measured: ") {
			t.Errorf("got %s because %q (%v)", r.Verdict, r.Reason, err)
		}
	})
}

// What is known to keep a drill from beginning is told at once, whatever else may become well in time.
func TestAPreflightThatIsSureDoesNotWait(t *testing.T) {
	for _, row := range []struct {
		name   string
		change func(*safeStage)
		want   error
		within time.Duration
	}{
		{"a region does not tell its memory, and a link is down", func(s *safeStage) { s.config.Safety.Accept = nil }, drill.ErrPreflight, 5 * time.Second},
		{"the user of a region may not publish", func(s *safeStage) {
			_ = s.lab.Inject(context.Background(), lab.Fault{Kind: lab.Answer, Region: "us", Error: lab.NoPerm})
		}, drill.ErrNotHealthy, 5 * time.Second},
		{"a link is down, and may come up", func(*safeStage) {}, drill.ErrNotHealthy, 11 * time.Second},
	} {
		t.Run(row.name, func(t *testing.T) {
			safely(t, func(t *testing.T, s *safeStage) {
				if err := s.lab.Inject(t.Context(), lab.Fault{Kind: lab.Cut, From: "eu", To: "ap"}); err != nil {
					t.Fatal(err)
				}
				row.change(s)
				began := time.Now()
				r, err := drill.Run(t.Context(), s.config)
				if !errors.Is(err, row.want) || r.Preflight == nil || len(r.Phases) > 0 || time.Since(began) > row.within {
					t.Errorf("after %v: %s because %q (%v)", time.Since(began), r.Verdict, r.Reason, err)
				}
			})
		})
	}
}
