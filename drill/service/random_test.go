package service_test

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/service"
	"github.com/aafailover/aafailover/internal/racetest"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
)

var (
	runs = flag.Int("runs", max(8, 30/racetest.Slowdown), "how many random services to drill in simulated time")
	seed = flag.Uint64("seed", 0, "the seed of the first of them; the others follow; 0: a random one")
)

// Whatever a service does and whatever fails, what is said of its writes agrees with what happened in the lab.
func TestRandomServices(t *testing.T) {
	first := *seed
	if first == 0 {
		first = rand.Uint64() >> 16
	}
	fates := make(map[drill.Fate]int)
	for n := range uint64(*runs) {
		t.Run(fmt.Sprintf("seed %d", first+n), func(t *testing.T) {
			random := rand.New(rand.NewPCG(first+n, 3))
			h, s := randomHabits(random), randomScenario(t, random)
			synctest.Test(t, func(t *testing.T) {
				s := setUp(t, s, lag)
				defer s.close(t)
				c := newClient(s, h)
				s.config.Launch = func(context.Context) error { c.start(); return nil }
				r, err := service.Run(t.Context(), s.config)
				c.stop()
				if err != nil {
					t.Errorf("%v", err)
				}
				s.mend(t)
				if err := compare(s, c, r); err != nil {
					t.Error(err)
				}
				for _, m := range r.Missed {
					fates[m.Fate]++
				}
				if t.Failed() {
					t.Logf("%s: %+v", s.config.Scenario.Name, h)
					logTimeline(t, r)
				}
			})
		})
	}
	t.Logf("fates of the missed writes: %v", fates)
	if *runs >= 300 && !t.Failed() && (fates[drill.Converged] == 0 || fates[drill.Lost] == 0) {
		t.Error("nothing converged, or nothing was lost: this test cannot tell one from the other")
	}
}

// mend mends everything and waits until all has arrived that ever will.
func (s *stage) mend(t *testing.T) {
	t.Helper()
	_ = s.lab.Inject(t.Context(), lab.Fault{Kind: lab.Heal})
	for _, m := range s.config.Maps {
		_ = s.lab.Inject(t.Context(), lab.Fault{Kind: lab.Begin, Region: m.Region}) // refused where it runs
	}
	<-time.After(20 * time.Second) // simulated
}

func randomHabits(random *rand.Rand) habits {
	h := habits{workers: 1 + random.IntN(5), every: time.Duration(3+random.IntN(30)) * time.Millisecond,
		timeout: time.Duration(100+random.IntN(500)) * time.Millisecond, stays: random.IntN(8) == 0, command: orders}
	switch random.IntN(3) {
	case 0:
		h.home = time.Duration(200+random.IntN(2000)) * time.Millisecond
	case 1:
		h.home = time.Duration(2000+random.IntN(8000)) * time.Millisecond
	}
	return h
}

// randomScenario is one of those that come with the program, with two regions or three.
func randomScenario(t *testing.T, random *rand.Rand) drill.Scenario {
	names := []string{"region-down", "region-hang", "region-lost", "region-crash", "double-failure", "link-cut", "link-stall", "link-slow", "shard-down",
		"flapping", "stale-return", "never-written", "rolling-restart"}
	s := scenario(t, names[random.IntN(len(names))])
	s.Needs.Regions = 2 + random.IntN(2)
	return s
}

// A drill that is interrupted, in whatever phase, heals its fault and says what it had found.
func TestADrillThatIsInterrupted(t *testing.T) {
	for _, phase := range []string{service.PhaseStart, drill.PhaseFault, drill.PhaseOutage, drill.PhaseResync, drill.PhaseSettle} {
		t.Run(phase, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := setUp(t, scenario(t, "region-down"), lag)
				defer s.close(t)
				c := newClient(s, usual)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				s.config.Launch = func(context.Context) error { c.start(); return nil }
				s.config.OnEvent = func(e probe.Event) {
					if e.Kind == drill.EventPhase && e.Detail == phase {
						cancel()
					}
				}
				r, err := service.Run(ctx, s.config)
				c.stop()
				if !errors.Is(err, context.Canceled) || r.Verdict != drill.Inconclusive || r.Reason != "the drill was interrupted" {
					t.Errorf("%v because %q (%v)", r.Verdict, r.Reason, err)
				}
				status, err := s.lab.Status(context.Background())
				if err != nil {
					t.Fatal(err)
				}
				for _, region := range status.Regions {
					for _, shard := range region.Shards {
						if shard.State == lab.Down {
							t.Errorf("%s is %s", region.Name, shard.State)
						}
					}
				}
			})
		})
	}
}
