package lab

import (
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/slots"
)

// move gives slots of a region to another of its shards, while everything runs: with their keys, and without a message lost or
// doubled. The Cluster API tells so at once, and whoever still comes to the old owner is sent to the new one by MOVED;
// subscribers by SSUBSCRIBE are told that they are not any more. In a real cluster the commands on a slot stall for as long
// as it takes to migrate it; here that is no time at all.
func (l *Lab) move(f Fault) error {
	r, err := l.region(f.Region)
	if err != nil {
		return err
	}
	if _, err := r.some(f.Shard); err != nil {
		return refusal("move: %v", err)
	}
	if f.Target == AllShards {
		return refusal("move: it needs the target, the shard that gets the slots")
	}
	target, err := r.some(f.Target)
	if err != nil {
		return refusal("move: %v", err)
	}
	last := r.layout.Load()
	moved := f.Slots
	if len(moved) == 0 {
		moved = last.slots[f.Shard-1]
	}
	owner := last.owner
	for _, given := range moved {
		for slot := given.First; slot <= given.Last; slot++ {
			if from := last.shardOf(slot); !from.is(f.Shard) {
				return refusal("move: slot %d is not shard %d's but shard %d's", slot, f.Shard, from.number())
			}
			owner[slot] = uint16(target[0].index)
		}
	}
	return r.reshape(f.Kind, last.shards, owner)
}

// reshape relocates slots, if all shards that give or get any are up.
func (r *region) reshape(kind Kind, shards []*shard, owner [slots.Count]uint16) error {
	last := r.layout.Load()
	next := newLayout(shards, owner)
	next.fallen = last.fallen
	var out []string
	for _, m := range last.moves(next) {
		for _, sh := range []*shard{m.from, m.to} {
			if state := State(sh.state.Load()); state != Up {
				out = append(out, strconv.Itoa(sh.number())+" is "+state.String())
			}
		}
	}
	if len(out) > 0 {
		return refusal("%s: the shards of region %s that slots move between must be up: shard %s", kind, r.name, strings.Join(out, ", shard "))
	}
	r.relocate(next)
	return nil
}
