package drill_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/racetest"
)

var (
	runs = flag.Int("runs", max(20, 60/racetest.Slowdown), "how many random drills to play in simulated time")
	tcp  = flag.Int("tcp", 5, "how many random drills to play over TCP, in real time")
	seed = flag.Uint64("seed", 0, "the seed of the first random drill; the others follow")
)

// The report of every random drill agrees with what really happened in the lab,
// to the single write.
func TestTruthInSimulatedTime(t *testing.T) {
	fates, moves, kinds := make(map[drill.Fate]int), make(map[int]int), make(map[string]int)
	for n := range uint64(*runs) {
		t.Run(fmt.Sprintf("seed %d", *seed+n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := randomPlan(rand.New(rand.NewPCG(*seed+n, 7)))
				r := rehearse(t, p, *seed+n, inMemory(), drill.Mistakes{})
				if err := compare(r); err != nil {
					t.Errorf("%v\n%v", p, err)
					logTimeline(t, r.record)
				}
				for fate, n := range r.want.fates {
					fates[fate] += n
				}
				moves[len(r.record.Moves)]++
				kinds[p.scenario.Name]++
			})
		})
	}
	// The drills must have had something to find: a test in which nothing is ever
	// lost cannot tell a loss from a delay. (None diverges: the lab hands on what a
	// region recovers, and where it cannot, nothing is provable.)
	for _, fate := range []drill.Fate{drill.Converged, drill.Lost, drill.Pending} {
		if fates[fate] == 0 && !t.Failed() && *runs >= 60 {
			t.Errorf("no write of %d drills was %v", *runs, fate)
		}
	}
	t.Logf("fates of the missed writes: %v; drills by moves: %v; by scenario: %v", fates, moves, kinds)
}

// The same over TCP, in real time.
func TestTruthOverTCP(t *testing.T) {
	for n := range uint64(*tcp) {
		t.Run(fmt.Sprintf("seed %d", *seed+n), func(t *testing.T) {
			t.Parallel()
			p := randomPlan(rand.New(rand.NewPCG(*seed+n, 11)))
			p.rate = min(p.rate, 2000) // there are others on this machine
			r := rehearse(t, p, *seed+n, network{}, drill.Mistakes{})
			if err := compare(r); err != nil {
				t.Errorf("%v\n%v", p, err)
				logTimeline(t, r.record)
			}
		})
	}
}

// logTimeline tells what happened in a drill.
func logTimeline(t *testing.T, r *drill.Record) {
	t.Helper()
	t.Logf("%s because %q", r.Verdict, r.Reason)
	for _, e := range r.Events {
		switch e.Kind {
		case drill.EventPhase, drill.EventDecision, drill.EventReached, drill.EventError, drill.EventAction:
			t.Logf("%8v %s %s", e.At.Sub(r.Start).Round(time.Millisecond), e.Kind, e.Detail)
		}
	}
}

// Each deliberate mistake is found out by the comparison.
func TestTruthFindsMistakes(t *testing.T) {
	const atMost = 200 // drills
	for name, wrong := range drill.DeliberateMistakes {
		t.Run(name, func(t *testing.T) {
			for n := range uint64(atMost) {
				found := false
				synctest.Test(t, func(t *testing.T) {
					r := rehearse(t, randomPlan(rand.New(rand.NewPCG(n, 7))), n, inMemory(), wrong)
					found = compare(r) != nil
				})
				if found {
					return
				}
			}
			t.Errorf("%d drills were judged with this mistake, and the comparison agreed with all", atMost)
		})
	}
}
