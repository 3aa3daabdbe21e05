package lab

import (
	"fmt"

	"github.com/aafailover/aafailover/slots"
)

// region is one instance of the deployment: shards that together own all slots.
type region struct {
	lab         *Lab
	name        string
	persistence Persistence
	shards      []*shard
	owner       [slots.Count]uint16 // index of the shard that owns each slot
	channels    channels
}

func newRegion(l *Lab, index int, c RegionConfig) *region {
	r := &region{lab: l, name: c.Name, persistence: c.Persistence}
	for i, owned := range slots.Even(c.Shards) {
		for _, rng := range owned {
			for slot := rng.First; slot <= rng.Last; slot++ {
				r.owner[slot] = uint16(i)
			}
		}
		r.shards = append(r.shards, newShard(r, uint8(index), i, owned))
	}
	return r
}

// shardOf returns the shard that owns a slot.
func (r *region) shardOf(slot int) *shard { return r.shards[r.owner[slot]] }

// url returns the address that clients are given: the first shard's front, from which the Cluster API leads to the others.
func (r *region) url() string { return "redis://" + r.shards[0].address }

// state is that of the shard that is worst off.
func (r *region) state() State {
	worst := Up
	for _, sh := range r.shards {
		worst = max(worst, State(sh.state.Load()))
	}
	return worst
}

// some returns the shards that a fault is about: one, or with AllShards all.
func (r *region) some(number int) ([]*shard, error) {
	if number == AllShards {
		return r.shards, nil
	}
	if number < 1 || number > len(r.shards) {
		return nil, fmt.Errorf("region %s has no shard %d: its shards are 1 to %d", r.name, number, len(r.shards))
	}
	return r.shards[number-1 : number], nil
}
