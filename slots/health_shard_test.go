package slots_test

import (
	"fmt"
	"testing"

	"github.com/aafailover/aafailover/slots"
)

// TestHealthShardNamesMissShards holds against each other a published recommendation, one channel named health-shard-{i}
// for shard i, and the channels of this package. With or without braces around the number, the recommended names
// leave shards without a channel: what happens to those goes unseen.
func TestHealthShardNamesMissShards(t *testing.T) {
	for _, test := range []struct{ shards, plain, braced int }{
		{shards: 1, plain: 1, braced: 1},
		{shards: 2, plain: 1, braced: 1},
		{shards: 3, plain: 3, braced: 2},
		{shards: 4, plain: 4, braced: 4},
		{shards: 5, plain: 4, braced: 4},
		{shards: 6, plain: 5, braced: 4},
		{shards: 8, plain: 4, braced: 4},
		{shards: 16, plain: 4, braced: 8},
		{shards: 32, plain: 14, braced: 12},
		{shards: 64, plain: 40, braced: 34},
	} {
		t.Run(fmt.Sprintf("%d shards", test.shards), func(t *testing.T) {
			m := evenMap("us", test.shards)
			var plain, braced, ours []string
			for i := range test.shards {
				plain = append(plain, fmt.Sprintf("health-shard-%d", i))
				braced = append(braced, fmt.Sprintf("health-shard-{%d}", i))
			}
			for _, slot := range slots.Cover([]slots.Map{m}, nil) {
				ours = append(ours, slots.Channel("aafailover", slot, "us"))
			}
			if got := shardsReached(m, plain); got != test.plain {
				t.Errorf("health-shard-0, … reach %d shards, want %d", got, test.plain)
			}
			if got := shardsReached(m, braced); got != test.braced {
				t.Errorf("health-shard-{0}, … reach %d shards, want %d", got, test.braced)
			}
			if got := shardsReached(m, ours); got != test.shards || len(ours) != test.shards {
				t.Errorf("%d channels of ours reach %d shards, want %d and all", len(ours), got, test.shards)
			}
		})
	}
}

func TestOurChannelsReachEveryShardOfAnyEvenSplit(t *testing.T) {
	for n := 1; n <= 1024; n = n*5/4 + 1 {
		m := evenMap("us", n)
		var ours []string
		for _, slot := range slots.Cover([]slots.Map{m}, nil) {
			ours = append(ours, slots.Channel("aafailover", slot, "us"))
		}
		if got := shardsReached(m, ours); got != n {
			t.Errorf("%d of %d shards reached", got, n)
		}
	}
}

// shardsReached is the number of shards of m that own the slot of one of the channels.
func shardsReached(m slots.Map, channels []string) int {
	reached := map[int]bool{}
	for _, channel := range channels {
		if shard, ok := m.ShardOf(slots.Of(channel)); ok {
			reached[shard] = true
		}
	}
	return len(reached)
}

// evenMap is a region of n even shards.
func evenMap(region string, n int) slots.Map {
	m := slots.Map{Region: region, Source: slots.Static}
	for i, ranges := range slots.Even(n) {
		m.Shards = append(m.Shards, slots.Shard{ID: fmt.Sprint(i), Slots: ranges})
	}
	return m
}
