package drill_test

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/lab/process"
)

var (
	engine = flag.String("engine", "", "the server program on whose processes every scenario is played (default: redis-server, and few scenarios)")
	served = flag.Int("served", 1, "how many random drills to play on such processes")
)

// few are the scenarios that are played on servers where none was asked for: a process that is killed and returns with its data,
// one that returns without, and messages that wait.
var few = []string{"region-crash", "region-lost", "link-cut"}

// onServers is a network of processes of a real server.
func onServers(t *testing.T) network {
	t.Helper()
	program := *engine
	if program == "" {
		program = "redis-server"
	}
	b, err := process.Find(t.Context(), program)
	if err != nil {
		t.Fatal(err)
	}
	return network{engine: &lab.Engine{Binary: b, Dir: t.TempDir(), Log: func(line string) { t.Log(line) }}}
}

// The scenarios show on real servers what they show on the lab's own engine, and the reports agree with what really happened.
func TestScenariosOnServers(t *testing.T) {
	for _, scenario := range drill.Scenarios() {
		if *engine == "" && !slices.Contains(few, scenario.Name) {
			continue
		}
		t.Run(scenario.Name, func(t *testing.T) {
			t.Parallel()
			r := rehearse(t, planOf(scenario), 1, onServers(t), drill.Mistakes{})
			if err := compare(r); err != nil {
				t.Error(err)
			}
			if *engine != "" && r.record.Verdict != drill.Pass { // among other tests, a write can take too long
				t.Errorf("got %s because %q", r.record.Verdict, r.record.Reason)
			}
			if t.Failed() {
				logTimeline(t, r.record)
				for _, a := range r.record.Assertions {
					t.Logf("%+v", a)
				}
			}
		})
	}
}

// As TestTruthOverTCP, on real servers.
func TestTruthOnServers(t *testing.T) {
	for n := range uint64(*served) {
		t.Run(fmt.Sprintf("seed %d", *seed+n), func(t *testing.T) {
			t.Parallel()
			p := randomPlan(rand.New(rand.NewPCG(*seed+n, 13)))
			p.rate = min(p.rate, 500) // there are others on this machine
			r := rehearse(t, p, *seed+n, onServers(t), drill.Mistakes{})
			if err := compare(r); err != nil {
				t.Errorf("%v\n%v", p, err)
				logTimeline(t, r.record)
			}
		})
	}
}
