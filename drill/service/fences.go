package service

import (
	"fmt"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/slots"
)

// ways tells which of the probe's messages are fences for which slots. The probe sends on the slots of a cover alone, of which
// there is one for every two shards of two regions that have slots in common; the keys of a service are on any slot. Effects
// arrive in order for all slots of a shard, so that a message on one is a fence for all that lie on the same two shards.
type ways struct {
	maps  []slots.Map
	cover []int
	kinds map[string]int // by the shards that own a slot, in each region: a slot that stands for all such
}

func newWays(maps []slots.Map, cover []int) *ways {
	return &ways{maps: maps, cover: cover, kinds: make(map[string]int)}
}

// standIn returns a slot that stands for all which are on the same shards in every region: what is proven for it is proven for
// them.
func (w *ways) standIn(slot int) int {
	var shards []byte
	for _, m := range w.maps {
		shards = fmt.Appendf(shards, "%d,", shardOf(m, slot))
	}
	if one, ok := w.kinds[string(shards)]; ok {
		return one
	}
	w.kinds[string(shards)] = slot
	return slot
}

// shardOf is the shard that owns a slot, -1 where none does.
func shardOf(m slots.Map, slot int) int {
	if shard, ok := m.ShardOf(slot); ok {
		return shard
	}
	return -1
}

// owners are the regions that have a shard for a slot: only they can hold its keys.
func (w *ways) owners(slot int) map[int]bool {
	owners := make(map[int]bool, len(w.maps))
	for i, m := range w.maps {
		if shardOf(m, slot) >= 0 {
			owners[i] = true
		}
	}
	return owners
}

// arrived are the newest messages of the probe that were delivered, one for each way.
type arrived map[way]drill.Fence

// way is a cell of the probe: two regions and a slot.
type way struct{ from, to, slot int }

func arrivedOf(delivered []drill.Fence) arrived {
	newest := make(arrived, len(delivered))
	for _, f := range delivered {
		newest[way{f.From, f.To, f.Slot}] = f
	}
	return newest
}

// fences returns what the probe's messages prove for a slot: for each two regions one fence, that of the cover's slots which share
// its shards. Where these are several, because nobody knows how a region is sharded, all of them must have arrived.
func (w *ways) fences(slot int, newest arrived) []drill.Fence {
	var all []drill.Fence
	for from := range w.maps {
		for to := range w.maps {
			if f, ok := w.fence(from, to, slot, newest); ok {
				all = append(all, f)
			}
		}
	}
	return all
}

func (w *ways) fence(from, to, slot int, newest arrived) (drill.Fence, bool) {
	joint := drill.Fence{From: from, To: to, Slot: slot}
	a, b := shardOf(w.maps[from], slot), shardOf(w.maps[to], slot)
	if from == to || a < 0 || b < 0 {
		return joint, false
	}
	found := false
	for _, covering := range w.cover {
		if shardOf(w.maps[from], covering) != a || shardOf(w.maps[to], covering) != b {
			continue
		}
		f, ok := newest[way{from, to, covering}]
		if !ok {
			return joint, false
		}
		if !found {
			joint.Sent, joint.Delivered = f.Sent, f.Delivered
		}
		joint.Sent, joint.Delivered, found = min(joint.Sent, f.Sent), max(joint.Delivered, f.Delivered), true
	}
	return joint, found
}

// crossed tells whether fences for a slot that were sent at or after a moment have arrived on every way between regions.
func (w *ways) crossed(slot int, sent drill.Moment, among []int, newest arrived) bool {
	fences := w.fences(slot, newest)
	owners := w.owners(slot)
	for _, from := range among {
		for _, to := range among {
			if from == to || !owners[from] || !owners[to] {
				continue
			}
			crossed := false
			for _, f := range fences {
				crossed = crossed || f.From == from && f.To == to && f.Sent >= sent
			}
			if !crossed {
				return false
			}
		}
	}
	return true
}
