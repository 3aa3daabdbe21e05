package slots_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/slots"
)

const rounds = 150 // of each property, every one with regions of its own

func TestCoverOfEqualSharding(t *testing.T) {
	moved := evenMap("eu", 3)
	slices.Reverse(moved.Shards)
	for _, test := range []struct {
		name     string
		maps     []slots.Map
		previous []int
		want     []int
	}{
		{"one region: the first slot of each shard", []slots.Map{evenMap("us", 3)}, nil, []int{0, 5461, 10923}},
		{"three regions alike: no more than one", []slots.Map{evenMap("us", 3), moved, evenMap("ap", 3)}, nil, []int{0, 5461, 10923}},
		{"any slot of a shard that was used before stays", []slots.Map{evenMap("us", 3), moved}, []int{16000, 77}, []int{77, 5461, 16000}},
		{"of two in one shard the lower stays", []slots.Map{evenMap("us", 3)}, []int{99, 100}, []int{99, 5461, 10923}},
		{"one shard instead of three", []slots.Map{evenMap("us", 1)}, []int{0, 5461, 10923}, []int{0}},
		{"six shards instead of three", []slots.Map{evenMap("us", 6)}, []int{0, 5461, 10923}, []int{0, 2731, 5461, 8192, 10923, 13653}},
		{"numbers that are no slots are passed over", []slots.Map{evenMap("us", 2)}, []int{-1, 16384, 9000}, []int{0, 9000}},
		{"a shard without slots needs none", []slots.Map{region(ranges(0, 99), nil, ranges(100, 16383))}, nil, []int{0, 100}},
		{"a slot that nobody owns any more is dropped", []slots.Map{region(ranges(0, 99))}, []int{100}, []int{0}},
		{"no region, no cover", nil, []int{5}, nil},
		{"nobody owns anything", []slots.Map{region(nil)}, []int{5}, nil},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, slots.Cover(test.maps, test.previous)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCoverOfUnequalSharding(t *testing.T) {
	two, three := evenMap("us", 2), evenMap("eu", 3)
	for _, test := range []struct {
		name     string
		maps     []slots.Map
		previous []int
		want     []int
	}{
		{"one slot for each intersection", []slots.Map{two, three}, nil, []int{0, 5461, 8192, 10923}},
		{"what still serves stays, what is missing comes", []slots.Map{two, three}, []int{6000, 16000}, []int{0, 6000, 8192, 16000}},
		{"slots owned in one region alone need a loop only if their shard has no other", []slots.Map{
			region(ranges(0, 99), ranges(200, 299)), region(ranges(50, 150)),
		}, nil, []int{50, 200}},
		{"a slot that hits a pair of its own is taken, one that shares all of its pairs is not", []slots.Map{
			region(ranges(0, 0, 1, 1), ranges(2, 2)), region(ranges(0, 0, 2, 2), ranges(1, 1)), region(ranges(0, 2)),
		}, nil, []int{0, 1, 2}},
	} {
		t.Run(test.name, func(t *testing.T) {
			if diff := cmp.Diff(test.want, slots.Cover(test.maps, test.previous)); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestCoverOfUnknownSharding(t *testing.T) {
	unknown := slots.Map{Region: "eu", Source: slots.Single, Shards: []slots.Shard{{ID: "eu", Slots: ranges(0, 16383)}}}
	spread := slots.Spread(slots.UnknownSpread)
	t.Run("alone it gets the spread and nothing else", func(t *testing.T) {
		if diff := cmp.Diff(spread, slots.Cover([]slots.Map{unknown, unknown}, []int{5, 7})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("beside a region that the spread reaches all of, too", func(t *testing.T) {
		if diff := cmp.Diff(spread, slots.Cover([]slots.Map{evenMap("us", 16), unknown}, []int{5})); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
	t.Run("beside random regions, it adds the spread and they are covered", func(t *testing.T) {
		rng := random(t)
		for range rounds {
			maps := randomRegions(rng)
			w := newWorld(maps)
			cover := slots.Cover(append(maps, unknown), randomSlots(rng, rng.IntN(30)))
			if got := len(w.hits(cover)); got != len(w.all) {
				t.Errorf("%d of %d pairs hit", got, len(w.all))
			}
			for _, slot := range spread {
				if !slices.Contains(cover, slot) {
					t.Errorf("slot %d of the spread is missing from %v", slot, cover)
				}
			}
			if again := slots.Cover(append(maps, unknown), cover); !slices.Equal(cover, again) {
				t.Errorf("not stable: %v became %v", cover, again)
			}
		}
	})
}

// TestCoverProperties holds covers of random regions, with random previous slots, against the reference.
func TestCoverProperties(t *testing.T) {
	rng := random(t)
	for range rounds {
		w := newWorld(randomRegions(rng))
		previous := randomSlots(rng, rng.IntN(40))
		if rng.IntN(3) == 0 {
			previous = nil
		}
		cover := slots.Cover(w.maps, previous)
		requireCovered(t, w, cover)
		requireKept(t, w, previous, cover)
		requireNothingSuperfluous(t, w, previous, cover)

		shuffled := slices.Clone(previous)
		rng.Shuffle(len(shuffled), func(a, b int) { shuffled[a], shuffled[b] = shuffled[b], shuffled[a] })
		if again := slots.Cover(w.maps, shuffled); !slices.Equal(cover, again) {
			t.Errorf("the same input gave %v, then %v", cover, again)
		}
		if again := slots.Cover(w.maps, cover); !slices.Equal(cover, again) {
			t.Errorf("given back as previous, %v became %v", cover, again)
		}
	}
}

// requireCovered: ascending, without repetition, and every pair of shards that share a slot is hit.
func requireCovered(t *testing.T, w *world, cover []int) {
	t.Helper()
	for i := 1; i < len(cover); i++ {
		if cover[i-1] >= cover[i] {
			t.Fatalf("not ascending: %v", cover)
		}
	}
	hits := w.hits(cover)
	for p := range w.all {
		if hits[p] == 0 {
			t.Errorf("%+v is not hit by %v", p, cover)
		}
	}
}

// requireKept: a slot that alone among the previous ones hits some pair stays, and those that stay hit what all hit.
func requireKept(t *testing.T, w *world, previous, cover []int) {
	t.Helper()
	distinct := slices.Compact(slices.Sorted(slices.Values(previous)))
	hits := w.hits(distinct)
	var kept []int
	for _, slot := range distinct {
		if slices.Contains(cover, slot) {
			kept = append(kept, slot)
			continue
		}
		for _, p := range w.pairs[slot] {
			if hits[p] == 1 {
				t.Errorf("slot %d alone among %v hits %+v, and is not in %v", slot, distinct, p, cover)
			}
		}
	}
	if got := w.hits(kept); len(got) != len(hits) {
		t.Errorf("of %v, %v stay: they hit %d pairs instead of %d", distinct, kept, len(got), len(hits))
	}
}

// requireNothingSuperfluous: a slot that does not come from previous alone hits some pair, and is the lowest that hits
// the same pairs.
func requireNothingSuperfluous(t *testing.T, w *world, previous, cover []int) {
	t.Helper()
	hits := w.hits(cover)
	for _, slot := range cover {
		if slices.Contains(previous, slot) {
			continue
		}
		if !slices.ContainsFunc(w.pairs[slot], func(p pair) bool { return hits[p] == 1 }) {
			t.Errorf("new slot %d can be taken away from %v", slot, cover)
		}
		if lowest := w.lowest[fmt.Sprint(w.pairs[slot])]; lowest != slot {
			t.Errorf("slot %d would do instead of the new %d", lowest, slot)
		}
	}
}

func TestCoverOfMapsThatDoNotPassCheck(t *testing.T) {
	wild := region(ranges(-5, 10, 5, 2, 1<<40, 1<<41), ranges(0, 20, 16380, 20000))
	if diff := cmp.Diff([]int{0, 11}, slots.Cover([]slots.Map{wild}, nil)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}
