package slots_test

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/aafailover/aafailover/slots"
)

// random returns a source of randomness whose seed a failing test shows.
func random(t testing.TB) *rand.Rand {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	return rand.New(rand.NewPCG(seed, 0))
}

// randomRegions returns 2 to 5 regions. Each is cut into runs, which its shards get at random, several each; many cuts are
// common to regions, as after a reshard; some regions have slots that nobody owns.
func randomRegions(rng *rand.Rand) []slots.Map {
	common := make([]int, 1+rng.IntN(12))
	for i := range common {
		common[i] = rng.IntN(slots.Count)
	}
	maps := make([]slots.Map, 2+rng.IntN(4))
	for i := range maps {
		cuts := []int{}
		for _, cut := range common {
			if rng.IntN(3) > 0 {
				cuts = append(cuts, cut)
			}
		}
		for range rng.IntN(8) {
			cuts = append(cuts, rng.IntN(slots.Count))
		}
		holes := 0
		if rng.IntN(3) == 0 {
			holes = 1 + rng.IntN(8)
		}
		maps[i] = cutUp(rng, fmt.Sprint("r", i), cuts, 1+rng.IntN(12), holes)
	}
	return maps
}

// cutUp is a region cut at the given slots, whose runs fall to the shards at random, or with a weight of holes to nobody.
func cutUp(rng *rand.Rand, name string, cuts []int, shards, holes int) slots.Map {
	cut := map[int]bool{}
	for _, c := range cuts {
		cut[c] = true
	}
	m := slots.Map{Region: name, Source: slots.ClusterSlots, Shards: make([]slots.Shard, shards)}
	for first := 0; first < slots.Count; {
		last := first
		for last+1 < slots.Count && !cut[last+1] {
			last++
		}
		if owner := rng.IntN(shards + holes); owner < shards {
			m.Shards[owner].Slots = append(m.Shards[owner].Slots, slots.Range{First: first, Last: last})
		}
		first = last + 1
	}
	for i := range m.Shards {
		s := &m.Shards[i]
		s.ID, s.Address = fmt.Sprintf("%s-%d", name, i), fmt.Sprintf("%s:%d", name, 6379+i)
		rng.Shuffle(len(s.Slots), func(a, b int) { s.Slots[a], s.Slots[b] = s.Slots[b], s.Slots[a] })
	}
	return m
}

// randomSlots returns n slots in any order, some of them twice.
func randomSlots(rng *rand.Rand, n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = rng.IntN(slots.Count)
		if i > 0 && rng.IntN(10) == 0 {
			list[i] = list[rng.IntN(i)]
		}
	}
	return list
}

// pair is two shards, of two regions or one shard twice, that share a slot.
type pair struct{ regionA, shardA, regionB, shardB int }

// world is the reference that covers are judged by: for each slot the pairs of shards that own it, listed one by one.
type world struct {
	maps   []slots.Map
	pairs  [slots.Count][]pair
	all    map[pair]bool
	lowest map[string]int // the first slot that hits these pairs and no others
}

func newWorld(maps []slots.Map) *world {
	w := &world{maps: maps, all: map[pair]bool{}, lowest: map[string]int{}}
	owner := make([][slots.Count]int, len(maps)) // counted from 1; 0 is nobody
	for r, m := range maps {
		for s, shard := range m.Shards {
			for _, run := range shard.Slots {
				for slot := run.First; slot <= run.Last; slot++ {
					owner[r][slot] = s + 1
				}
			}
		}
	}
	for slot := range slots.Count {
		same := true
		for r := range maps {
			same = same && slot > 0 && owner[r][slot] == owner[r][slot-1]
		}
		if same {
			w.pairs[slot] = w.pairs[slot-1] // inside a run
			continue
		}
		for a := range maps {
			for b := a; b < len(maps); b++ {
				if owner[a][slot] > 0 && owner[b][slot] > 0 {
					p := pair{a, owner[a][slot], b, owner[b][slot]}
					w.pairs[slot] = append(w.pairs[slot], p)
					w.all[p] = true
				}
			}
		}
		if set := fmt.Sprint(w.pairs[slot]); len(w.pairs[slot]) > 0 {
			if _, known := w.lowest[set]; !known {
				w.lowest[set] = slot
			}
		}
	}
	return w
}

// hits counts for each pair the slots of the list that hit it. Numbers that are no slots hit nothing.
func (w *world) hits(list []int) map[pair]int {
	n := map[pair]int{}
	for _, slot := range list {
		if slot < 0 || slot >= slots.Count {
			continue
		}
		for _, p := range w.pairs[slot] {
			n[p]++
		}
	}
	return n
}
