package engine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/lab/engine"
	"github.com/aafailover/aafailover/slots"
)

func present(value string) engine.Seen {
	return engine.Seen{Present: true, Value: []byte(value)}
}

func TestWhatIsNotedMergesAsWhatIsExecuted(t *testing.T) {
	for _, row := range []struct {
		says     string
		was      string     // the value that both regions have
		do       [][]string // what a server executes in one region
		how      engine.Change
		other    []string // what is executed in the other one at the same time, a little earlier
		want     string
		wantEnds int64
	}{
		{"a new value is the last writer's", "v", [][]string{{"SET", "k", "us"}}, engine.Rewritten, []string{"SET", "k", "eu"}, "us", engine.Never},
		{"the same value, too", "v", [][]string{{"SET", "k", "v"}}, engine.Rewritten, []string{"SET", "k", "eu"}, "v", engine.Never},
		{"what is counted adds up", "5", [][]string{{"INCRBY", "k", "3"}}, engine.Counted, []string{"INCRBY", "k", "2"}, "10", engine.Never},
		{"nothing is counted where there is no number", "5", [][]string{{"SET", "k", "x"}}, engine.Counted, []string{"INCR", "k"}, "x", engine.Never},
		{"an expiry goes with the value of another", "v", [][]string{{"PEXPIREAT", "k", "4000000000000"}}, engine.Prolonged, []string{"SET", "k", "eu"}, "eu", engine.Never},
		{"an expiry goes with the count of another", "5", [][]string{{"PEXPIREAT", "k", "4000000000000"}}, engine.Prolonged, []string{"INCR", "k"}, "6", 4000000000000},
		{"a count and an expiry together", "5", [][]string{{"INCR", "k"}, {"PEXPIREAT", "k", "4000000000000"}}, engine.Counted, []string{"INCR", "k"}, "7", 4000000000000},
		{"a removal takes what it saw only", "5", [][]string{{"DEL", "k"}}, engine.Rewritten, []string{"INCR", "k"}, "1", engine.Never},
	} {
		t.Run(row.says, func(t *testing.T) {
			clock := time.Now()
			now := func() time.Time { clock = clock.Add(time.Millisecond); return clock }
			us, eu, server := engine.New(0, now), engine.New(1, now), engine.New(2, now)
			var fromUS, fromEU []engine.Effect
			us.Emit = func(x engine.Effect) { fromUS = append(fromUS, x) }
			eu.Emit = func(x engine.Effect) { fromEU = append(fromEU, x) }
			execute(t, eu, false, []string{"SET", "k", row.was})
			execute(t, server, false, []string{"SET", "k", row.was})
			us.Apply(fromEU[0])
			execute(t, eu, false, row.other)
			for _, words := range row.do {
				execute(t, server, false, words)
			}
			us.Note("k", server.Show("k"), row.how) // a server is one more engine here
			for _, x := range fromEU[1:] {
				us.Apply(x)
			}
			for _, x := range fromUS {
				eu.Apply(x)
			}
			want := engine.Seen{Present: true, Value: []byte(row.want), At: row.wantEnds}
			for region, e := range map[string]*engine.Engine{"us": us, "eu": eu} {
				if got := e.Show("k"); !got.Same(want) {
					t.Errorf("%s shows %+v, want %+v", region, got, want)
				}
				if err := e.Check(); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

func TestWhatIsAbsentBeforeAndAfterHasNotChanged(t *testing.T) {
	e := engine.New(0, time.Now)
	e.Emit = func(x engine.Effect) { t.Errorf("an effect: %+v", x) }
	e.Note("k", engine.Seen{}, engine.Rewritten)
}

// Whatever is executed, one finds back to any mark that was not forgotten.
func TestOneFindsBackToEveryMark(t *testing.T) {
	for range 50 {
		seed := rand.Uint64()
		r := lines{rand.New(rand.NewPCG(seed, 0)), time.Now().Unix() + 100_000}
		e := engine.New(1, time.Now)
		var marks []uint64
		var states [][]string
		mark := func() {
			marks, states = append(marks, e.Mark()), append(states, shown(e))
		}
		e.Checkpoint()
		mark()
		for range 60 {
			for range r.IntN(4) {
				execute(t, e, false, r.line())
			}
			mark()
		}
		kept := r.IntN(len(marks) / 2)
		e.Forget(marks[kept])
		to := kept + r.IntN(len(marks)-kept)
		e.RollbackTo(marks[to])
		if diff := cmp.Diff(states[to], shown(e)); diff != "" {
			t.Fatalf("seed %d: back at mark %d of %d: %s", seed, to, len(marks), diff)
		}
		if err := e.Check(); err != nil {
			t.Fatalf("seed %d: %v", seed, err)
		}
	}
}

// shown is what an engine knows that can be seen.
func shown(e *engine.Engine) (all []string) {
	for x := range e.State(nil) {
		is := e.Show(x.Key)
		all = append(all, fmt.Sprintf("%q %t %q %d", x.Key, is.Present, is.Value, is.At))
	}
	slices.Sort(all)
	return all
}

func TestAServerIsBelievedWhatItShows(t *testing.T) {
	us, eu := engine.New(0, time.Now), engine.New(1, time.Now)
	us.Emit = func(x engine.Effect) { eu.Apply(x) }
	for _, words := range [][]string{{"SET", "same", "1"}, {"SET", "older", "2"}, {"SET", "gone", "3"}, {"INCRBY", "counter", "4"}, {"SET", "only here", "5"}} {
		execute(t, us, false, words)
	}
	us.Emit = nil
	execute(t, us, false, []string{"SET", "not replicated", "6"})
	e := map[string]engine.Seen{"same": present("1"), "older": present("1"), "counter": present("3"), "unheard of": present("7")}
	if diff := cmp.Diff([]string{"counter"}, us.Believe(e)); diff != "" {
		t.Errorf("to be removed from the server: %s", diff)
	}
	if diff := cmp.Diff([]string{`"older" true "1" 0`, `"same" true "1" 0`, `"unheard of" true "7" 0`}, shown(us)); diff != "" {
		t.Errorf("what it is taken for: %s", diff)
	}
	tell(eu, us)
	tell(us, eu)
	want := []string{`"counter" true "4" 0`, `"gone" true "3" 0`, `"older" true "2" 0`, `"only here" true "5" 0`, `"same" true "1" 0`, `"unheard of" true "7" 0`}
	if diff := cmp.Diff(want, shown(us)); diff != "" {
		t.Errorf("with what the other region knows: %s", diff)
	}
	if diff := cmp.Diff(want, shown(eu)); diff != "" {
		t.Errorf("in the other region: %s", diff)
	}
	if err := us.Check(); err != nil {
		t.Error(err)
	}
}

// Whoever heard what a server was taken for is told when it is taken for something else: by the engine that has the key by then.
func TestWhatAServerIsBelievedLaterReplacesWhatItWasBelieved(t *testing.T) {
	first, second, eu := engine.New(0, time.Now), engine.New(0, time.Now), engine.New(1, time.Now)
	first.Believe(map[string]engine.Seen{"k": present("a"), "moves": present("a")})
	tell(first, eu)
	first.Believe(map[string]engine.Seen{"k": present("b"), "moves": present("a")})
	tell(first, eu)
	first.Move(second, func(slot int) bool { return slot == slots.Of("moves") })
	second.Believe(map[string]engine.Seen{"moves": present("c")})
	tell(second, eu)
	tell(eu, first)
	want := []string{`"k" true "b" 0`, `"moves" true "c" 0`}
	if diff := cmp.Diff(want, shown(eu)); diff != "" {
		t.Errorf("in the other region: %s", diff)
	}
	if diff := cmp.Diff(want, shown(first)); diff != "" {
		t.Errorf("with what the other region knows: %s", diff)
	}
}

// tell lets one engine know all that another does.
func tell(from, to *engine.Engine) {
	for x := range from.State(nil) {
		to.Apply(x)
	}
}
