package engine_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/lab/engine"
)

// deployment is some engines and, between any two of them, a stream that keeps the order and nothing else.
type deployment struct {
	*rand.Rand
	clock   *clock
	engines []*engine.Engine
	logs    [][]engine.Effect // by origin
	got     [][]int           // got[to][from] is how many effects of the log have arrived
}

func newDeployment(t *testing.T, n int) *deployment {
	t.Helper()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	c := newClock()
	engines, logs := peers(c, n)
	d := &deployment{rand.New(rand.NewPCG(seed, 0)), c, engines, logs, make([][]int, n)}
	for i := range d.got {
		d.got[i] = make([]int, n)
	}
	return d
}

// pair returns two different engines.
func (d *deployment) pair() (from, to int) {
	from = d.IntN(len(d.engines))
	return from, (from + 1 + d.IntN(len(d.engines)-1)) % len(d.engines)
}

// ship delivers some effects that have not arrived, after some that have.
func (d *deployment) ship(from, to, most int) {
	have := d.got[to][from]
	upTo := min(have+most, len(d.logs[from]))
	for _, x := range d.logs[from][have-d.IntN(min(have, 3)+1) : upTo] {
		d.engines[to].Apply(x)
	}
	d.got[to][from] = upTo
}

// copyAll delivers the whole state instead of what has not arrived.
func (d *deployment) copyAll(from, to int) {
	for x := range d.engines[from].State(nil) {
		d.engines[to].Apply(x)
	}
	d.got[to][from] = len(d.logs[from])
}

func (d *deployment) step(t *testing.T, commands func() []string) {
	switch d.IntN(10) {
	case 0:
		d.clock.advance(time.Duration(d.IntN(20)) * time.Millisecond)
	case 1, 2, 3:
		from, to := d.pair()
		d.ship(from, to, 1+d.IntN(5))
	case 4:
		if d.IntN(10) == 0 {
			d.copyAll(d.pair())
		}
	default:
		do(t, d.engines[d.IntN(len(d.engines))], commands()...)
	}
}

// settle delivers everything.
func (d *deployment) settle(ship func(from, to int)) {
	for from := range d.engines {
		for to := range d.engines {
			if from != to {
				ship(from, to)
			}
		}
	}
}

// known returns everything that an engine knows, in an order of its own.
func known(e *engine.Engine) []engine.Effect {
	all := slices.Collect(e.State(nil))
	for i := range all {
		all[i].Stamp = engine.Stamp{} // of the copy, not of the key
	}
	slices.SortFunc(all, func(a, b engine.Effect) int { return strings.Compare(a.Key, b.Key) })
	return all
}

var names = []string{"a", "b", "c", "d", "e"}

// visible returns what clients of an engine see of the keys.
func visible(t *testing.T, e *engine.Engine) (all []string) {
	for _, key := range names {
		all = append(all, do(t, e, "GET", key)+do(t, e, "PEXPIRETIME", key))
	}
	return append(all, strconv.Itoa(e.Len()))
}

func (d *deployment) command() []string {
	key, other := names[d.IntN(len(names))], names[d.IntN(len(names))]
	number, soon := strconv.Itoa(d.IntN(100)-50), strconv.Itoa(d.IntN(30)+1)
	all := [][]string{
		{"SET", key, number}, {"SET", key, "v" + number, "PX", soon}, {"SET", key, number, "PX", soon},
		{"SET", key, number, "KEEPTTL"},
		{"INCRBY", key, number}, {"INCRBY", key, number}, {"INCRBY", key, number}, {"DECR", key},
		{"DEL", key, other}, {"GETDEL", key}, {"APPEND", key, "1"}, {"SETRANGE", key, "2", "3"},
		{"MSET", key, number, other, "x"},
		{"PEXPIRE", key, soon}, {"PEXPIRE", key, soon, "GT"}, {"PERSIST", key}, {"GETEX", key, "PX", soon},
		{"PEXPIRE", key, "-1"},
		{"SETNX", key, number}, {"INCRBYFLOAT", key, "0.5"}, {"GET", key}, {"SCAN", "0"},
	}
	if d.IntN(100) == 0 {
		return []string{"FLUSHALL"}
	}
	return all[d.IntN(len(all))]
}

func (d *deployment) requireConverged(t *testing.T) {
	t.Helper()
	first, shown := known(d.engines[0]), visible(t, d.engines[0])
	for i, e := range d.engines {
		if diff := cmp.Diff(first, known(e)); diff != "" {
			t.Fatalf("regions 1 and %d know different things:\n%s", i+1, diff)
		}
		if diff := cmp.Diff(shown, visible(t, e)); diff != "" {
			t.Fatalf("regions 1 and %d show different things:\n%s", i+1, diff)
		}
		if err := e.Check(); err != nil {
			t.Fatalf("region %d: %v", i+1, err)
		}
	}
}

func TestRegionsConverge(t *testing.T) {
	for n := 2; n <= 4; n++ {
		t.Run(fmt.Sprintf("%d regions", n), func(t *testing.T) {
			for range 30 {
				d := newDeployment(t, n)
				for range 300 {
					d.step(t, d.command)
				}
				d.settle(func(from, to int) { d.ship(from, to, len(d.logs[from])) })
				d.requireConverged(t)
			}
		})
	}
}

func TestRegionsConvergeAfterCrashes(t *testing.T) {
	for n := 2; n <= 4; n++ {
		t.Run(fmt.Sprintf("%d regions", n), func(t *testing.T) {
			for range 30 {
				d := newDeployment(t, n)
				for range 300 {
					d.step(t, d.command)
					switch e := d.engines[d.IntN(n)]; d.IntN(30) {
					case 0:
						e.Checkpoint()
					case 1:
						e.Rollback()
					case 2:
						if d.IntN(5) == 0 {
							e.Clear()
						}
					}
				}
				d.settle(d.copyAll)
				d.requireConverged(t)
			}
		})
	}
}

func TestCountersAddUp(t *testing.T) {
	for n := 2; n <= 4; n++ {
		t.Run(fmt.Sprintf("%d regions", n), func(t *testing.T) {
			for range 30 {
				d := newDeployment(t, n)
				want := int64(0)
				if d.IntN(2) == 0 {
					want = 1000
					do(t, d.engines[0], "SET", "a", "1000")
					d.settle(func(from, to int) { d.ship(from, to, 1) })
				}
				for range 300 {
					d.step(t, func() []string {
						delta := d.Int64N(100) - 50
						want += delta
						return []string{"INCRBY", "a", strconv.FormatInt(delta, 10)}
					})
				}
				d.settle(func(from, to int) { d.ship(from, to, len(d.logs[from])) })
				for i, e := range d.engines {
					if got := do(t, e, "INCRBY", "a", "0"); got != fmt.Sprintf(":%d\r\n", want) {
						t.Errorf("region %d: %q, want %d", i+1, got, want)
					}
				}
			}
		})
	}
}

func TestCopyOfSomeSlots(t *testing.T) {
	c := newClock()
	e := engine.New(1, c.now)
	do(t, e, "MSET", "foo", "1", "bar", "2") // slots 12182 and 5061
	do(t, e, "DEL", "foo")
	var got []string
	for x := range e.State(func(slot int) bool { return slot == 12182 }) {
		got = append(got, x.Kind.String()+" "+x.Key)
	}
	if !slices.Equal(got, []string{"remove foo"}) {
		t.Errorf("copied %q", got)
	}
	for range e.State(nil) {
		break // a copy may be given up
	}
}
