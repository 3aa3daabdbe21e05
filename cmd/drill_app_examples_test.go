package cmd

import (
	"bytes"
	"io"
	"iter"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/service"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/recorder"
)

// The services of docs/examples. That of node-redis moves only if a command happens to be under way when the region ends: its client
// keeps later ones until it has connected again.
var exampleServices = []struct {
	name  string
	moves bool     // always
	line  []string // {go} is the program of the one that is built
}{
	{"go-redis", true, []string{"{go}", "{us}", "{eu}"}},
	{"python3-redis", true, []string{"/usr/bin/python3", "../docs/examples/python3-redis/service.py", "{us}", "{eu}"}},
	{"node-redis", false, []string{"node", "../docs/examples/node-redis/service.js", "{us}", "{eu}"}},
}

// What is said of the services of docs/examples is what the lab knows of their keys.
func TestExampleServicesAndTheTruthOfTheLab(t *testing.T) {
	t.Parallel()
	built := filepath.Join(t.TempDir(), "go-redis")
	if runtime.GOOS == "windows" {
		built += ".exe"
	}
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", built, "../docs/examples/go-redis").CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	for _, s := range exampleServices {
		for _, scenario := range []string{"region-down", "region-lost"} {
			t.Run(s.name+" "+scenario, func(t *testing.T) {
				t.Parallel()
				line := append([]string(nil), s.line...)
				line[0] = strings.Replace(line[0], "{go}", built, 1)
				drillExample(t, scenario, s.moves, line)
			})
		}
	}
}

// safely is a buffer for several writers.
type safely struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (s *safely) Write(b []byte) (int, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.Write(b)
}

func (s *safely) String() string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.text.String()
}

// drillExample drills one service on a lab of its own, and compares.
func drillExample(t *testing.T, scenario string, moves bool, line []string) {
	c := &cobra.Command{Use: "app"}
	f := &appFlags{regionFlags: addRegions(c), output: addOutput(c, asTable)}
	f.add(c.Flags())
	flags := []string{"--steady=1s", "--outage=1s", "--settle=500ms", "--grace=30s", "--within=2m"}
	if !moves {
		flags = append(flags, "--move-within=2s", "--return-within=1s")
	}
	if err := c.ParseFlags(append(flags, scenario)); err != nil {
		t.Fatal(err)
	}
	if _, err := f.complete(c, []string{scenario}, config.Config{}); err != nil {
		t.Fatal(err)
	}
	truth := &lab.Truth{Prefix: "order:"}
	f.builtIn.Truth = truth
	said := new(safely)
	one := f.drillOf(Process{Stdin: strings.NewReader(""), Stdout: io.Discard, Stderr: said}, config.Config{}, appService{name: "example", arguments: line})
	one.guard = nil // it is this program, which is a test here
	found, err := one.run(t.Context())
	if err != nil || found.Record == nil || found.Record.FaultAt == nil {
		t.Fatalf("%v\n%s", err, said.String())
	}
	rec := found.Record
	if moves && rec.CutOverAt == nil {
		t.Errorf("it never moved\n%s", said.String())
	}
	e := exampleTruth{t, one.log, truth, rec}
	e.writes()
	e.missed()
}

// exampleTruth compares what was recorded of a service with what the lab knows.
type exampleTruth struct {
	*testing.T
	log   *recorder.Log
	truth *lab.Truth
	rec   *service.Record
}

func (e exampleTruth) at(m drill.Moment) time.Time { return e.rec.Start.Add(m) }

func (e exampleTruth) applied(region int, key string) []lab.Interval {
	return e.truth.Applied(e.rec.Maps[region].Region, key)
}

// orders are the writes of orders, by their keys, each of which is written with one value.
func (e exampleTruth) orders() iter.Seq2[string, recorder.Write] {
	return func(yield func(string, recorder.Write) bool) {
		for w := range e.log.Writes() {
			if w.Item == recorder.NoItem {
				continue
			}
			if key := e.log.Item(w.Item).Key; strings.HasPrefix(key, "order:") && !yield(key, w) {
				return
			}
		}
	}
}

// writes: what was acknowledged was executed before that, and what was executed was recorded.
func (e exampleTruth) writes() {
	written, acknowledged := make(map[string]bool), 0
	for key, w := range e.orders() {
		written[key] = true
		if w.Outcome != drill.Acknowledged {
			continue
		}
		acknowledged++
		if there := e.applied(w.Region, key); len(there) == 0 || there[0].From.After(e.at(w.Ended)) {
			e.Errorf("%s was acknowledged at %v, and the lab had it %v", key, e.at(w.Ended), there)
		}
	}
	if acknowledged == 0 {
		e.Error("nothing was acknowledged")
	}
	for _, key := range e.truth.Keys() {
		if !written[key] && len(e.applied(0, key))+len(e.applied(1, key)) > 0 {
			e.Errorf("%s was executed, and not recorded", key)
		}
	}
}

// missed: what is said to be missed was not there at the cut-over, and what is said to be lost never came; what came after the heal
// only, or never, is said to be missed.
func (e exampleTruth) missed() {
	said := make(map[string]bool)
	for _, m := range e.rec.Missed {
		key := e.log.Item(m.Item).Key
		if !strings.HasPrefix(key, "order:") {
			continue
		}
		said[key] = true
		there := e.applied(e.rec.To, key)
		if len(there) > 0 && there[0].From.Before(e.at(*e.rec.CutOverAt)) {
			e.Errorf("%s is said to be missed, and was there at %v", key, there[0].From)
		}
		if gone := len(there) == 0; gone != (m.Fate == drill.Lost || m.Fate == drill.Diverged) {
			e.Errorf("%s is said to be %v, and it was there: %v", key, m.Fate, there)
		}
	}
	if e.rec.CutOverAt == nil || e.rec.HealedAt == nil {
		return
	}
	for key, w := range e.orders() {
		there := e.applied(e.rec.To, key)
		late := len(there) == 0 || there[0].From.After(e.at(*e.rec.HealedAt))
		if w.Region == 0 && w.Outcome == drill.Acknowledged && w.Ended < *e.rec.FaultAt && late && !said[key] {
			e.Errorf("%s was acknowledged before the fault, was not in the target before the heal, and is not said to be missed", key)
		}
	}
}
