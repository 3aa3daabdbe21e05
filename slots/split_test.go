package slots_test

import (
	"fmt"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/slots"
)

// TestEvenCutsWhereRedisDoes has the plans that `redis-cli --cluster create` of Redis 7.0.15 printed, as the first slots of
// the shards. Of the 78 only those around the cut that double precision would put elsewhere.
func TestEvenCutsWhereRedisDoes(t *testing.T) {
	for _, test := range []struct {
		shards, from, to int
		want             []int
	}{
		{3, 0, 3, []int{0, 5461, 10923}},
		{5, 0, 5, []int{0, 3277, 6554, 9830, 13107}},
		{6, 0, 6, []int{0, 2731, 5461, 8192, 10923, 13653}},
		{7, 0, 7, []int{0, 2341, 4681, 7022, 9362, 11703, 14043}},
		{9, 0, 9, []int{0, 1820, 3641, 5461, 7282, 9102, 10923, 12743, 14564}},
		{11, 0, 11, []int{0, 1489, 2979, 4468, 5958, 7447, 8937, 10426, 11916, 13405, 14895}},
		{13, 0, 13, []int{0, 1260, 2521, 3781, 5041, 6302, 7562, 8822, 10082, 11343, 12603, 13863, 15124}},
		{78, 67, 70, []int{14073, 14284, 14494}},
	} {
		t.Run(fmt.Sprintf("%d shards", test.shards), func(t *testing.T) {
			if diff := cmp.Diff(test.want, slots.Spread(test.shards)[test.from:test.to]); diff != "" {
				t.Errorf("first slots (-want +got):\n%s", diff)
			}
		})
	}
}

func TestEvenIsAPartitionIntoNearlyEqualParts(t *testing.T) {
	sizes := []int{slots.Count - 1, slots.Count, 9999, 8193, 8192, 8191, 5000}
	for n := 1; n <= 2048; n++ {
		sizes = append(sizes, n)
	}
	for _, n := range sizes {
		split := slots.Even(n)
		if len(split) != n {
			t.Fatalf("Even(%d) has %d shards", n, len(split))
		}
		next := 0
		for i, ranges := range split {
			if len(ranges) != 1 || ranges[0].First != next || ranges[0].Last < next {
				t.Fatalf("Even(%d): shard %d has %v, want one range from %d", n, i, ranges, next)
			}
			size := ranges[0].Last - ranges[0].First + 1
			if size < slots.Count/n-1 || size > slots.Count/n+2 {
				t.Errorf("Even(%d): shard %d has %d slots, want about %d", n, i, size, slots.Count/n)
			}
			next = ranges[0].Last + 1
		}
		if next != slots.Count {
			t.Errorf("Even(%d) ends at %d", n, next-1)
		}
	}
}

func TestSpreadReachesEveryEqualShard(t *testing.T) {
	spread := slots.Spread(slots.UnknownSpread)
	if want := slots.UnknownSpread; len(spread) != want || !slices.IsSorted(spread) {
		t.Fatalf("got %v, want %d slots, ascending", spread, want)
	}
	for n := 1; n <= slots.UnknownSpread; n++ {
		m := evenMap("us", n)
		reached := map[int]bool{}
		for _, slot := range spread {
			shard, _ := m.ShardOf(slot)
			reached[shard] = true
		}
		if len(reached) != n {
			t.Errorf("%d of %d shards reached", len(reached), n)
		}
	}
}

func TestEvenPanicsWithoutASlotForEveryShard(t *testing.T) {
	for _, n := range []int{-1, 0, slots.Count + 1} {
		for name, split := range map[string]func(){"Even": func() { slots.Even(n) }, "Spread": func() { slots.Spread(n) }} {
			func() {
				defer func() {
					if recover() == nil {
						t.Errorf("%s(%d) did not panic", name, n)
					}
				}()
				split()
			}()
		}
	}
}
