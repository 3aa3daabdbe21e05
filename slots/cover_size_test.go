package slots_test

import (
	"maps"
	"slices"
	"testing"

	"github.com/aafailover/aafailover/slots"
)

func TestCoverIsSmallestWhereThatIsKnown(t *testing.T) {
	rng := random(t)
	t.Run("with equal sharding it is the number of shards that own slots", func(t *testing.T) {
		for range rounds {
			m := randomRegions(rng)[0]
			other := slots.Map{Region: "other", Source: slots.REST, Shards: slices.Clone(m.Shards)}
			slices.Reverse(other.Shards)
			owning := 0
			for _, shard := range m.Shards {
				if len(shard.Slots) > 0 {
					owning++
				}
			}
			for _, previous := range [][]int{nil, randomSlots(rng, 20)} {
				if got := slots.Cover([]slots.Map{m, other, m}, previous); len(got) != owning {
					t.Errorf("%d slots for %d shards: %v", len(got), owning, got)
				}
			}
		}
	})
	t.Run("between two whole regions it is the number of intersections", func(t *testing.T) {
		for range rounds {
			maps := randomRegions(rng)[:2]
			if len(maps[0].Unowned())+len(maps[1].Unowned()) > 0 {
				continue
			}
			w := newWorld(maps)
			intersections := 0
			for p := range w.all {
				if p.regionA != p.regionB {
					intersections++
				}
			}
			if got := slots.Cover(maps, nil); len(got) != intersections {
				t.Errorf("%d slots for %d intersections", len(got), intersections)
			}
		}
	})
}

// TestCoverChoosesAsDocumented compares with the documented choice of new slots, made the slow way: every time look at all.
func TestCoverChoosesAsDocumented(t *testing.T) {
	rng := random(t)
	for range rounds {
		w := newWorld(randomRegions(rng))
		candidates := slices.Sorted(maps.Values(w.lowest))
		var want []int
		for hits := w.hits(nil); len(hits) < len(w.all); hits = w.hits(want) {
			best, bestGain := 0, 0
			for _, slot := range candidates {
				gain := 0
				for _, p := range w.pairs[slot] {
					gain += max(1-hits[p], 0)
				}
				if gain > bestGain {
					best, bestGain = slot, gain
				}
			}
			want = append(want, best)
		}
		for i := len(want) - 1; i >= 0; i-- {
			if without := slices.Delete(slices.Clone(want), i, i+1); len(w.hits(without)) == len(w.all) {
				want = without
			}
		}
		slices.Sort(want)
		if got := slots.Cover(w.maps, nil); !slices.Equal(want, got) {
			t.Errorf("got %v, want %v", got, want)
		}
	}
}

// TestCoverIsSmall compares with the smallest cover that trying all subsets finds. Greedy choice of sets of at most 6
// pairs is at most 1+1/2+…+1/6 = 2.45 times that (Johnson 1974); in practice it is close to it.
func TestCoverIsSmall(t *testing.T) {
	rng := random(t)
	ours, smallest := 0, 0
	for range 150 {
		three := make([]slots.Map, 3)
		for i := range three {
			three[i] = cutUp(rng, "r", []int{1, 2, 3, 4, 5, 6, 7, 8, 9}, 3, 0)
		}
		w := newWorld(three)
		n, best := len(slots.Cover(three, nil)), smallestCover(w, 10)
		if float64(n) > 2.45*float64(best) {
			t.Errorf("%d slots where %d do", n, best)
		}
		ours, smallest = ours+n, smallest+best
	}
	ratio := float64(ours) / float64(smallest)
	t.Logf("%.3f times the smallest cover on average", ratio)
	if ratio > 1.05 {
		t.Errorf("%.3f times the smallest cover on average, want at most 1.05", ratio)
	}
}

// smallestCover tries all subsets of the first n slots.
func smallestCover(w *world, n int) int {
	number := map[pair]int{}
	for p := range w.all {
		number[p] = len(number)
	}
	masks := make([]uint64, n)
	for slot := range masks {
		for _, p := range w.pairs[slot] {
			masks[slot] |= 1 << number[p]
		}
	}
	best := n
	for subset := range 1 << n {
		var hit uint64
		size := 0
		for slot, mask := range masks {
			if subset>>slot&1 == 1 {
				hit |= mask
				size++
			}
		}
		if hit == 1<<len(number)-1 {
			best = min(best, size)
		}
	}
	return best
}
