package lab

import (
	"fmt"
	"sync/atomic"

	"github.com/aafailover/aafailover/slots"
)

// region is one instance of the deployment: shards that together own all slots.
type region struct {
	lab         *Lab
	name        string
	replica     uint8 // number of its engines
	persistence Persistence
	password    string // "" means none
	layout      atomic.Pointer[layout]
	channels    channels
}

func newRegion(l *Lab, index int, c RegionConfig) *region {
	r := &region{lab: l, name: c.Name, replica: uint8(index), persistence: c.Persistence, password: c.Password}
	shards := make([]*shard, c.Shards)
	for i := range shards {
		shards[i] = newShard(r, i)
	}
	r.layout.Store(evenly(shards))
	return r
}

// shards returns the shards by their index. The slice is never changed.
func (r *region) shards() []*shard { return r.layout.Load().shards }

// shardOf returns the shard that owns a slot.
func (r *region) shardOf(slot int) *shard { return r.layout.Load().shardOf(slot) }

// url returns the address that clients are given: the first shard's front, from which the Cluster API leads to the others.
func (r *region) url() string { return "redis://" + r.shards()[0].site().address }

// state is that of the shard that is worst off.
func (r *region) state() State {
	worst := Up
	for _, sh := range r.shards() {
		worst = max(worst, State(sh.state.Load()))
	}
	return worst
}

// some returns the shards that a fault is about: one, or with AllShards all.
func (r *region) some(number int) ([]*shard, error) {
	shards := r.shards()
	if number == AllShards {
		return shards, nil
	}
	if number < 1 || number > len(shards) {
		return nil, fmt.Errorf("region %s has no shard %d: its shards are 1 to %d", r.name, number, len(shards))
	}
	return shards[number-1 : number], nil
}

// layout says which shard of a region owns which slots. It is never changed, only replaced as a whole: under the locks of
// all shards, so that whoever holds one can rely on it.
type layout struct {
	shards []*shard            // by their index
	slots  [][]slots.Range     // that each owns
	owner  [slots.Count]uint16 // index of the shard that owns each slot
	fallen []site              // where shards were before a promotion, which a cluster does not forget
}

// newLayout completes a layout of which the shards and the owners are given.
func newLayout(shards []*shard, owner [slots.Count]uint16) *layout {
	lay := &layout{shards: shards, slots: make([][]slots.Range, len(shards)), owner: owner}
	for slot, index := range owner {
		lay.slots[index] = withSlot(lay.slots[index], slot)
	}
	return lay
}

// evenly is the layout in which shards split all slots evenly.
func evenly(shards []*shard) *layout {
	var owner [slots.Count]uint16
	for i, owned := range slots.Even(len(shards)) {
		for _, r := range owned {
			for slot := r.First; slot <= r.Last; slot++ {
				owner[slot] = uint16(i)
			}
		}
	}
	return newLayout(shards, owner)
}

// withSlot adds a slot that is above all others to ranges.
func withSlot(ranges []slots.Range, slot int) []slots.Range {
	if n := len(ranges); n > 0 && ranges[n-1].Last == slot-1 {
		ranges[n-1].Last = slot
		return ranges
	}
	return append(ranges, slots.Range{First: slot, Last: slot})
}

func (lay *layout) shardOf(slot int) *shard { return lay.shards[lay.owner[slot]] }

// of returns the slots that a shard owns: none, once it has left.
func (lay *layout) of(sh *shard) []slots.Range {
	if sh.index < len(lay.shards) && lay.shards[sh.index] == sh {
		return lay.slots[sh.index]
	}
	return nil
}
