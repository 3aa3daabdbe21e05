package engine_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/lab/engine"
)

// TestScanMissesNoKeyThatStays: nor does it return one twice, while others come, go and are collected.
func TestScanMissesNoKeyThatStays(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	r := rand.New(rand.NewPCG(seed, 0))
	c := newClock()
	e := engine.New(1, c.now)
	const stay = 200
	for i := range stay {
		do(t, e, "MSET", fmt.Sprintf("stay:%d", i), "v", fmt.Sprintf("go:%d", i), "v")
	}
	for range 20 {
		seen := map[string]int{}
		for cursor := "0"; ; {
			reply := do(t, e, "SCAN", cursor, "COUNT", fmt.Sprint(1+r.IntN(30)), "MATCH", "stay:*")
			v, err := resp.NewReader(strings.NewReader(reply)).ReadValue()
			if err != nil {
				t.Fatal(err)
			}
			for _, key := range v.Elems[1].Elems {
				seen[key.Str]++
			}
			if cursor = v.Elems[0].Str; cursor == "0" {
				break
			}
			key := fmt.Sprintf("go:%d", r.IntN(stay))
			if do(t, e, "DEL", key) == ":0\r\n" {
				do(t, e, "SET", key, "v")
			}
			if c.advance(time.Millisecond); r.IntN(5) == 0 {
				e.Collect(c.Time)
			}
		}
		if len(seen) != stay {
			t.Fatalf("%d keys of %d", len(seen), stay)
		}
		for key, times := range seen {
			if times > 1 {
				t.Fatalf("%s %d times", key, times)
			}
		}
	}
}

func TestRandomKeyIsOneThatIsThere(t *testing.T) {
	c := newClock()
	e := engine.New(1, c.now)
	seen := map[string]bool{}
	do(t, e, "MSET", "a", "1", "b", "2", "c", "3", "d", "4")
	do(t, e, "DEL", "a")
	do(t, e, "PEXPIRE", "b", "10")
	c.advance(time.Second)
	for range 200 {
		seen[do(t, e, "RANDOMKEY")] = true
	}
	if len(seen) != 2 || !seen["$1\r\nc\r\n"] || !seen["$1\r\nd\r\n"] {
		t.Errorf("saw %v, want c and d", seen)
	}
}
