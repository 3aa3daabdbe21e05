package matrix_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/aafailover/aafailover/cmd"
	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/probe"
)

var (
	runs     = flag.Int("runs", 1, "how often to play each scenario in simulated time")
	tcp      = flag.Int("tcp", 0, "how often to play each scenario over TCP, in real time")
	only     = flag.String("scenario", "", "play only the scenarios with this in their name")
	seed     = flag.Uint64("seed", 0, "the seed of the first run; the others follow (default: a random one)")
	sensible = probe.Balanced
	dataset  = flag.Bool("dataset", false, "play every scenario with heartbeat keys, too")
	engine   = flag.String("engine", "", "the server program whose processes keep the keys in the runs over TCP (default: the lab's own engine)")
	inDetail = flag.Bool("timeline", false, "print what happened in the runs that went well, too")
)

func init() { flag.Var(&sensible, "sensitivity", "the policy: fast, balanced or cautious") }

// asObserver is the variable that makes a process of this test the program itself.
const asObserver = "MATRIX_OBSERVER"

// TestMain runs the tests, or, in a process that a test has started to observe from, the program itself.
func TestMain(m *testing.M) {
	if os.Getenv(asObserver) != "" {
		os.Exit(cmd.Main())
	}
	// What runs in real time mostly waits, so there can be more at a time than there are cores.
	if err := flag.Set("test.parallel", "16"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// mostFailures is how many wrong runs of a scenario are reported in full.
const mostFailures = 3

// all are the scenarios, those with a dataset, too, once more with it.
func all(t *testing.T) []*scenario {
	var twice []*scenario
	for _, s := range load(t) {
		twice = append(twice, s)
		if s.Too || *dataset && !s.Dataset {
			twice = append(twice, s.withDataset())
		}
	}
	return twice
}

func TestMatrix(t *testing.T) {
	first := *seed
	if first == 0 {
		first = rand.Uint64N(1 << 32)
	}
	t.Logf("seeds from %d", first)
	policy := probe.PolicyOf(sensible)
	onTCP, servers := "tcp", process.Binary{}
	if *engine != "" {
		var err error
		if servers, err = process.Find(t.Context(), *engine); err != nil {
			t.Fatal(err)
		}
		onTCP = servers.Name
	}
	for _, mode := range []struct {
		name string
		runs int
		play func(t *testing.T, s *scenario, seed uint64) outcome
	}{
		{"simulated", *runs, func(t *testing.T, s *scenario, seed uint64) outcome { return simulate(t, s, policy, seed) }},
		{onTCP, *tcp, func(t *testing.T, s *scenario, seed uint64) outcome { return overTCP(t, s, policy, servers, seed) }},
	} {
		if mode.runs == 0 {
			continue
		}
		table := &table{mode: mode.name}
		t.Run(mode.name, func(t *testing.T) {
			t.Cleanup(func() {
				text, over := promised(table.took, sensible)
				fmt.Print(table, text)
				if len(over) > 0 && mode.name == "simulated" {
					t.Errorf("found later than promised: %v", over)
				}
			})
			for _, s := range all(t) {
				if !strings.Contains(s.name, *only) || len(s.Only) > 0 && !slices.Contains(s.Only, sensible) {
					continue
				}
				s = s.scaled(sensible)
				t.Run(s.name, func(t *testing.T) {
					t.Parallel()
					failures := 0
					for i := range mode.runs {
						out := mode.play(t, s, first+uint64(i))
						table.add(s, &out)
						switch {
						case len(out.wrong) > 0 && failures < mostFailures:
							failures++
							t.Error(out.report(s, mode.name, first+uint64(i)))
						case len(out.wrong) > 0:
							t.Fail()
						case *inDetail:
							t.Log(out.report(s, mode.name, first+uint64(i)))
						}
					}
				})
			}
		})
	}
}
