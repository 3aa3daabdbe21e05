package engine_test

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aafailover/aafailover/lab/engine"
)

func TestExpiryWithTime(t *testing.T) {
	c := newClock()
	e := engine.New(1, c.now)
	expect(t, e, "SET k v PX 1500", "+OK\r\n")
	before := e.Version("k")
	expect(t, e, "TTL k", ":2\r\n") // rounded, as Redis does
	expect(t, e, "PTTL k", ":1500\r\n")
	c.advance(1500 * time.Millisecond)
	expect(t, e, "GET k", "$1\r\nv\r\n") // its last millisecond
	if e.Version("k") != before {
		t.Error("the version changed although the key did not")
	}
	c.advance(time.Millisecond)
	if e.Version("k") <= before {
		t.Error("the version did not grow when the key expired")
	}
	expect(t, e, "GET k", "$-1\r\n")
	expect(t, e, "TTL k", ":-2\r\n")
	expect(t, e, "DBSIZE", ":0\r\n")
	expect(t, e, "INCR k", ":1\r\n")
	expect(t, e, "TTL k", ":-1\r\n")
}

func TestExpiryOfOneCounterDoesNotCountAgain(t *testing.T) {
	c := newClock()
	engines, emitted := peers(c, 2)
	do(t, engines[0], "INCRBY", "k", "5")
	do(t, engines[0], "PEXPIRE", "k", "10")
	exchange(engines, emitted)
	c.advance(time.Second)
	expect(t, engines[0], "INCR k", ":1\r\n")
	expect(t, engines[1], "INCR k", ":1\r\n")
	exchange(engines, emitted)
	for _, e := range engines {
		expect(t, e, "GET k", "$1\r\n2\r\n")
	}
}

func TestExpiredKeyComesBackWhenAnotherRegionHadProlongedIt(t *testing.T) {
	c := newClock()
	engines, emitted := peers(c, 2)
	do(t, engines[0], "SET", "k", "v", "PX", "10")
	exchange(engines, emitted)
	do(t, engines[1], "PERSIST", "k")
	c.advance(time.Second)
	expect(t, engines[0], "EXISTS k", ":0\r\n")
	if n := engines[0].Expire(10); n != 0 {
		t.Errorf("%d keys expired that had already been seen to be", n)
	}
	exchange(engines, emitted)
	expect(t, engines[0], "GET k", "$1\r\nv\r\n")
}

func TestActiveExpiryTakesTheLongestOverdueFirst(t *testing.T) {
	c := newClock()
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	e := engine.New(1, c.now)
	const keys = 1000
	for _, i := range r.Perm(keys) {
		do(t, e, "SET", fmt.Sprint(i), "v", "PX", fmt.Sprint(i+1))
	}
	for _, i := range r.Perm(keys)[:keys/2] { // moved about, and to where they were
		do(t, e, "PEXPIRE", fmt.Sprint(i), fmt.Sprint(r.IntN(keys)+1))
		do(t, e, "PEXPIRE", fmt.Sprint(i), fmt.Sprint(i+1))
	}
	c.advance((keys/2 + 1) * time.Millisecond)
	for done := 0; done < keys/2; done += 100 {
		if n := e.Expire(100); n != 100 {
			t.Fatalf("%d expired after %d", n, done)
		}
		if err := e.Check(); err != nil {
			t.Fatal(err)
		}
	}
	if n := e.Expire(100); n != 0 || e.Len() != keys/2 {
		t.Errorf("%d more expired, %d keys left", n, e.Len())
	}
	for i := range keys {
		until, present := e.Presence(fmt.Sprint(i))
		if present != (i >= keys/2) || present && until != c.UnixMilli()-(keys/2+1)+int64(i)+1 {
			t.Errorf("key %d: present %t, until %d", i, present, until)
		}
	}
}

func TestCollect(t *testing.T) {
	c := newClock()
	e := engine.New(1, c.now)
	do(t, e, "MSET", "a", "1", "b", "2", "c", "3")
	do(t, e, "DEL", "a")
	do(t, e, "PEXPIRE", "b", "100")
	old := e.Version("a")
	c.advance(time.Second)
	do(t, e, "SET", "d", "4")
	do(t, e, "DEL", "d")
	if n := e.Collect(c.Time); n != 2 {
		t.Errorf("collected %d, want a, which was removed, and b, which expired", n)
	}
	if err := e.Check(); err != nil {
		t.Error(err)
	}
	if e.Version("a") <= old {
		t.Error("the version of a collected key went back")
	}
	known := 0
	for range e.State(nil) {
		known++
	}
	if known != 2 || e.Len() != 1 {
		t.Errorf("%d keys known, %d there; want c and the tombstone of d, and c", known, e.Len())
	}
	do(t, e, "SET", "e", "5") // takes a place that became free
	if err := e.Check(); err != nil {
		t.Error(err)
	}
	expect(t, e, "SCAN 0 COUNT 100", "*2\r\n$1\r\n0\r\n*2\r\n$1\r\ne\r\n$1\r\nc\r\n")
}
