package slots_test

import (
	"math/rand/v2"
	"testing"

	"github.com/aafailover/aafailover/slots"
)

// TestCoverKeepsChannelsThroughReshards moves slots about step by step, as a rebalancing does, and looks at what becomes of
// the channels: a step that moves a few slots must leave nearly all of them, and many steps must not pile them up.
func TestCoverKeepsChannelsThroughReshards(t *testing.T) {
	rng := random(t)
	maps := []slots.Map{evenMap("us", 8), evenMap("eu", 5), evenMap("ap", 8)}
	cover := slots.Cover(maps, nil)
	for range 60 {
		resharded := rng.IntN(len(maps))
		maps[resharded] = moveSlots(rng, maps[resharded])
		next := slots.Cover(maps, cover)
		w := newWorld(maps)
		requireCovered(t, w, next)
		requireKept(t, w, cover, next)
		requireNothingSuperfluous(t, w, cover, next)
		if fresh := slots.Cover(maps, nil); len(next) > 2*len(fresh) {
			t.Errorf("%d slots after many reshards, where %d would do", len(next), len(fresh))
		}
		cover = next
	}
}

// moveSlots is the map after a run of slots has moved to another shard.
func moveSlots(rng *rand.Rand, m slots.Map) slots.Map {
	first := rng.IntN(slots.Count)
	last := min(first+rng.IntN(500), slots.Count-1)
	to := rng.IntN(len(m.Shards))
	after := slots.Map{Region: m.Region, Source: m.Source}
	for i, shard := range m.Shards {
		var left []slots.Range
		for _, r := range shard.Slots {
			if before := (slots.Range{First: r.First, Last: min(r.Last, first-1)}); before.First <= before.Last {
				left = append(left, before)
			}
			if behind := (slots.Range{First: max(r.First, last+1), Last: r.Last}); behind.First <= behind.Last {
				left = append(left, behind)
			}
		}
		if i == to {
			left = append(left, slots.Range{First: first, Last: last})
		}
		after.Shards = append(after.Shards, slots.Shard{ID: shard.ID, Address: shard.Address, Slots: left})
	}
	return after
}
