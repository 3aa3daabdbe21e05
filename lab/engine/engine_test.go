package engine_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/lab/engine"
)

// clock is a wall clock that only moves when it is told to.
type clock struct{ time.Time }

func newClock() *clock                   { return &clock{time.Unix(1_700_000_000, 0)} }
func (c *clock) now() time.Time          { return c.Time }
func (c *clock) advance(d time.Duration) { c.Time = c.Add(d) }

// do executes a command given as words and returns the reply as it goes over the wire, in RESP2.
func do(t testing.TB, e *engine.Engine, words ...string) string {
	t.Helper()
	return string(execute(t, e, false, words))
}

func execute(t testing.TB, e *engine.Engine, resp3 bool, words []string) []byte {
	t.Helper()
	args := make([][]byte, len(words))
	for i, w := range words {
		args[i] = []byte(w)
	}
	c, ok := engine.Lookup(args[0])
	if !ok {
		t.Fatalf("no command %q", words[0])
	}
	reply := e.Execute(nil, c, args, resp3)
	for _, arg := range args { // as the buffer of a connection is used again
		for i := range arg {
			arg[i] = '!'
		}
	}
	return reply
}

// expect runs a line of words and compares the reply.
func expect(t testing.TB, e *engine.Engine, line, want string) {
	t.Helper()
	if got := do(t, e, strings.Fields(line)...); got != want {
		t.Errorf("%s: got %q, want %q", line, got, want)
	}
}

// peers returns engines with one clock, and takes down what each emits.
func peers(c *clock, n int) ([]*engine.Engine, [][]engine.Effect) {
	engines, emitted := make([]*engine.Engine, n), make([][]engine.Effect, n)
	for i := range engines {
		engines[i] = engine.New(uint8(i+1), c.now)
		engines[i].Emit = func(x engine.Effect) { emitted[i] = append(emitted[i], x) }
	}
	return engines, emitted
}

// exchange gives every engine what the others emitted.
func exchange(engines []*engine.Engine, emitted [][]engine.Effect) {
	for i, from := range emitted {
		for j, to := range engines {
			if i == j {
				continue
			}
			for _, x := range from {
				to.Apply(x)
			}
		}
		emitted[i] = nil
	}
}

func TestMerging(t *testing.T) {
	// Every step is a region's number and a command; "-" lets the regions exchange what they have.
	tests := []struct {
		name  string
		steps []string
		reads string
		want  string
	}{
		{"the later of two writes of a string wins",
			[]string{"1 SET k old", "2 SET k new", "-"}, "GET k", "$3\r\nnew\r\n"},
		{"increments of a key that was not there add up",
			[]string{"1 INCR k", "2 INCRBY k 4", "3 DECR k", "-"}, "GET k", "$1\r\n4\r\n"},
		{"increments of a key that was set add up",
			[]string{"1 SET k 10", "-", "1 INCR k", "2 INCR k", "3 INCR k", "-"}, "GET k", "$2\r\n13\r\n"},
		{"a write that knew of increments ends them",
			[]string{"1 INCR k", "-", "2 SET k 7", "-", "1 INCR k", "-"}, "GET k", "$1\r\n8\r\n"},
		{"a write that did not know of increments ends them too",
			[]string{"1 SET k 1", "-", "1 INCR k", "2 SET k 7", "-"}, "GET k", "$1\r\n7\r\n"},
		{"a removal takes what it had seen",
			[]string{"1 SET k v", "-", "2 DEL k", "-"}, "EXISTS k", ":0\r\n"},
		{"a removal leaves a write that it had not seen",
			[]string{"1 SET k v", "-", "2 DEL k", "1 SET k w", "-"}, "GET k", "$1\r\nw\r\n"},
		{"a removal does not wait for a write that came before it elsewhere",
			[]string{"2 SET k v", "1 DEL k", "-"}, "GET k", "$1\r\nv\r\n"},
		{"a removal leaves an increment that it had not seen",
			[]string{"1 SET k 10", "-", "1 INCRBY k 5", "-", "1 INCRBY k 2", "2 DEL k", "-"}, "GET k", "$1\r\n2\r\n"},
		{"counting goes on from zero after a removal",
			[]string{"1 INCRBY k 5", "2 INCRBY k 5", "-", "1 DEL k", "-", "2 INCR k", "-"}, "GET k", "$1\r\n1\r\n"},
		{"two removals of one counter are one",
			[]string{"1 INCRBY k 5", "-", "1 DEL k", "2 DEL k", "-", "3 INCR k", "-"}, "GET k", "$1\r\n1\r\n"},
		{"the sum stays at the limit when only the merged one passes it",
			[]string{"1 SET k 9223372036854775806", "-", "1 INCR k", "2 INCR k", "-"},
			"GET k", "$19\r\n9223372036854775807\r\n"},
		{"the sum stays at the lower limit, too",
			[]string{"1 DECRBY k 9223372036854775807", "2 DECRBY k 9223372036854775807", "-"},
			"GET k", "$20\r\n-9223372036854775808\r\n"},
		{"of two expiries that did not know of each other the later wins",
			[]string{"1 SET k v", "-", "1 EXPIREAT k 1800000000", "2 EXPIREAT k 1700009999", "-"},
			"EXPIRETIME k", ":1800000000\r\n"},
		{"of two writes that did not know of each other the later expiry wins, whoever wins the value",
			[]string{"1 SET k v EXAT 1800000000", "2 SET k w EXAT 1700009999", "-"}, "EXPIRETIME k", ":1800000000\r\n"},
		{"an expiry that knew of a later one wins",
			[]string{"1 SET k v EXAT 1800000000", "-", "2 EXPIREAT k 1700009999", "-"}, "EXPIRETIME k", ":1700009999\r\n"},
		{"no expiry is the latest",
			[]string{"1 SET k v EXAT 1800000000", "-", "1 PERSIST k", "2 EXPIREAT k 1900000000", "-"}, "TTL k", ":-1\r\n"},
		{"a write that knew of an expiry ends it",
			[]string{"1 SET k v EXAT 1800000000", "-", "2 SET k w", "-"}, "TTL k", ":-1\r\n"},
		{"an append keeps the expiry, and what another region did to it",
			[]string{"1 SET k v EXAT 1800000000", "-", "1 APPEND k w", "2 EXPIREAT k 1900000000", "-"},
			"EXPIRETIME k", ":1900000000\r\n"},
		{"a removal wins over an expiry that was moved elsewhere",
			[]string{"1 SET k v EXAT 1800000000", "-", "1 PERSIST k", "2 DEL k", "-"}, "EXISTS k", ":0\r\n"},
		{"FLUSHALL removes what it had seen",
			[]string{"1 SET k v", "-", "2 FLUSHALL", "1 SET l w", "-"}, "KEYS *", "*1\r\n$1\r\nl\r\n"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := newClock()
			engines, emitted := peers(c, 3)
			for _, step := range tt.steps {
				if step == "-" {
					exchange(engines, emitted)
					continue
				}
				c.advance(time.Millisecond)
				do(t, engines[step[0]-'1'], strings.Fields(step[2:])...)
			}
			for i, e := range engines {
				if got := do(t, e, strings.Fields(tt.reads)...); got != tt.want {
					t.Errorf("region %d: %s: got %q, want %q", i+1, tt.reads, got, tt.want)
				}
			}
		})
	}
}

func TestEffects(t *testing.T) {
	c := newClock()
	e := engine.New(1, c.now)
	var kinds []string
	e.Emit = func(x engine.Effect) { kinds = append(kinds, x.Kind.String()+" "+x.Key) }
	for _, line := range []string{
		"SET a 1", "GET a", "INCR a", "EXPIRE a 10", "EXPIRE a 10 NX", "PERSIST a", "PERSIST a", "DEL a a", "DEL a",
		"SET a 1 XX", "MSET a 1 b 2", "MSETNX b 1 c 2", "EXPIRE a -1", "GETEX b EX 5", "GETDEL b", "SET a x EX 0",
		"INCRBYFLOAT f 1.5", "FLUSHALL",
	} {
		do(t, e, strings.Fields(line)...)
	}
	want := "write a,count a,expire a,expire a,remove a,write a,write b,remove a,expire b,remove b,write f,remove f"
	if got := strings.Join(kinds, ","); got != want {
		t.Errorf("emitted\n %s, want\n %s", got, want)
	}
}

func TestEffectOf(t *testing.T) {
	c := newClock()
	e := engine.New(3, c.now)
	var got engine.Effect
	e.Emit = func(x engine.Effect) { got = x }
	do(t, e, "SET", "foo", "bar", "PXAT", "1800000000000")
	if got.Slot() != 12182 { // the slot of foo, as Redis has it
		t.Errorf("slot %d", got.Slot())
	}
	if want := 56 + 3 + 3 + 24; got.Size() != want {
		t.Errorf("size %d, want %d", got.Size(), want)
	}
	if got.Stamp != (engine.Stamp{Time: c.UnixNano(), Replica: 3}) || got.Base != got.Stamp {
		t.Errorf("stamps %+v", got)
	}
	if len(got.Ends) != 1 || got.Ends[0].At != 1_800_000_000_000 {
		t.Errorf("ends %+v", got.Ends)
	}
	do(t, e, "SET", "foo", "bar")
	if later := got.Stamp.Time; later != c.UnixNano()+1 {
		t.Errorf("a second stamp of one moment is %d after it, want 1", later-c.UnixNano())
	}
	if e.Apply(engine.Effect{Kind: engine.Publish, Key: "c", Value: []byte("m")}) {
		t.Error("a message changed a key")
	}
}

func TestApplySaysWhatWasLearnt(t *testing.T) {
	c := newClock()
	engines, emitted := peers(c, 2)
	do(t, engines[0], "SET", "k", "v1")
	do(t, engines[0], "SET", "k", "v2")
	v1, v2 := emitted[0][0], emitted[0][1]
	for _, step := range []struct {
		name string
		x    engine.Effect
		want bool
	}{
		{"a write", v2, true}, {"the same write again", v2, false}, {"an older write that comes late", v1, false},
	} {
		if got := engines[1].Apply(step.x); got != step.want {
			t.Errorf("%s: changed %t", step.name, got)
		}
	}
}

func TestObserve(t *testing.T) {
	c := newClock()
	e := engine.New(1, c.now)
	var seen []string
	e.Observe = func(key string, found bool) {
		if found {
			key += "!"
		}
		seen = append(seen, key)
	}
	for _, line := range []string{
		"SET a 1", "INCR a", "GET a", "GET b", "MGET a b", "EXISTS b a", "TTL a", "STRLEN a", "GETDEL a", "KEYS *",
	} {
		do(t, e, strings.Fields(line)...)
	}
	if got, want := strings.Join(seen, " "), "a! b a! b b a! a! a!"; got != want {
		t.Errorf("observed %s, want %s", got, want)
	}
}

func TestLookupDoesNotAllocate(t *testing.T) {
	name := []byte("GetRange")
	if c, ok := engine.Lookup(name); !ok || c.Name != "getrange" || c.Write {
		t.Fatalf("found %+v, %t", c, ok)
	}
	if n := testing.AllocsPerRun(100, func() { engine.Lookup(name) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
	for _, name := range []string{"", "gett", "publish", strings.Repeat("get", 10)} {
		if _, ok := engine.Lookup([]byte(name)); ok {
			t.Errorf("there is a command %q", name)
		}
	}
}

func TestKeysOfCommands(t *testing.T) {
	for _, tt := range []struct{ line, want string }{
		{"GET a", "a"}, {"GET", ""}, {"SET a v EX 1", "a"}, {"DEL a b c", "a b c"}, {"DEL", ""}, {"MSET a 1 b 2", "a b"},
		{"MSET a 1 b", "a b"}, {"MSET", ""}, {"KEYS *", ""}, {"DBSIZE", ""}, {"EXPIRE a 1 NX", "a"},
	} {
		var args [][]byte
		for _, w := range strings.Fields(tt.line) {
			args = append(args, []byte(w))
		}
		c, _ := engine.Lookup(args[0])
		var keys []string
		for _, k := range c.Keys(args) {
			keys = append(keys, string(k))
		}
		if got := strings.Join(keys, " "); got != tt.want {
			t.Errorf("%s: keys %q, want %q", tt.line, got, tt.want)
		}
	}
	last := ""
	for c := range engine.Commands() {
		if c.Name <= last {
			t.Errorf("%s comes after %s", c.Name, last)
		}
		last = c.Name
	}
}

func TestReadsDoNotAllocate(t *testing.T) {
	c := newClock()
	e := engine.New(1, c.now)
	do(t, e, "MSET", "a", "text", "b", "5")
	do(t, e, "INCR", "b")
	out := make([]byte, 0, 256)
	for _, line := range []string{"GET a", "GET b", "GET absent", "MGET a b absent", "EXISTS a absent", "TTL a", "STRLEN b", "GETRANGE b 0 1"} {
		var args [][]byte
		for _, w := range strings.Fields(line) {
			args = append(args, []byte(w))
		}
		allocations := testing.AllocsPerRun(100, func() {
			c, _ := engine.Lookup(args[0])
			c.Keys(args)
			out = e.Execute(out[:0], c, args, true)
		})
		if allocations > 0 {
			t.Errorf("%s: %v allocations", line, allocations)
		}
	}
}
