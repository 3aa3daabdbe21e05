package engine

import (
	"fmt"
	"math/rand/v2"
	"testing"
)

// An index finds what a map would, while it grows, is parted, and shrinks.
func TestAnIndexIsAMap(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 1))
	var x index
	there := map[string]*entry{}
	check := func(key string) {
		t.Helper()
		if got := x.get(key); got != there[key] {
			t.Fatalf("of %d keys, %s: %v, want %v", len(there), key, got, there[key])
		}
	}
	for _, phase := range []struct {
		steps, keys, add int // of 100 steps, so many add
	}{{500, 20, 50}, {60_000, 3 * partedAt, 95}, {60_000, 3 * partedAt, 10}, {200_000, 3 * partedAt, 5}, {20_000, 100, 50}} {
		for range phase.steps {
			key := fmt.Sprint("key:", random.IntN(phase.keys))
			check(key)
			n := there[key]
			switch add := random.IntN(100) < phase.add; {
			case add && n == nil:
				n = &entry{key: key}
				there[key] = n
				x.add(n, hashOf(key))
			case !add && n != nil:
				delete(there, key)
				x.remove(n)
			}
			check(key)
			if x.count != len(there) {
				t.Fatalf("%d, want %d", x.count, len(there))
			}
		}
		for i := range phase.keys {
			check(fmt.Sprint("key:", i))
		}
	}
	if len(x.tables) != parts {
		t.Errorf("it was never parted")
	}
}

// Keys whose hashes begin at the same slots, or at the last one, are found and removed all the same.
func TestATableOfCollisions(t *testing.T) {
	for first := range uint64(leastSlots) {
		for hole := range 5 {
			var tab table
			var all []*entry
			hash := func(i int) uint64 { return first + uint64(i%2) + uint64(i)<<32 }
			for i := range 5 {
				n := &entry{key: fmt.Sprint(i)}
				all = append(all, n)
				tab.add(slot{hash(i), n})
			}
			x := index{tables: []table{tab}, count: 5}
			x.tables[0].remove(all[hole], hash(hole))
			for i, n := range all {
				want := n
				if i == hole {
					want = nil
				}
				if got := find(&x, n.key, hash(i)); got != want {
					t.Errorf("from slot %d on, without the %dth: %v at %d", first, hole, got, i)
				}
			}
		}
	}
}
