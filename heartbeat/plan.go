package heartbeat

import (
	"slices"
)

// place is a shard of a region, by their indexes.
type place struct{ region, shard int }

// plan is what one pulse does at every interval: which keys it writes to a shard, and which it reads there.
type plan struct {
	place
	address       string
	writes, reads []streamID
}

// equal tells whether two plans are to be carried out by the same pulse.
func (p plan) equal(q plan) bool {
	return p.place == q.place && p.address == q.address && slices.Equal(p.writes, q.writes) && slices.Equal(p.reads, q.reads)
}

// plans returns what is to be done in a topology, for every shard that owns a slot of the cover: ordered by region, by shard,
// and within a plan by slot and by source region. A key is read wherever its slot is owned, in its source region, too.
func (t Topology) plans(writable []string) []plan {
	owners := t.owners()
	var all []plan
	for region, m := range t.Maps {
		first := len(all)
		for shard := range m.Shards {
			all = append(all, plan{place: place{region, shard}, address: m.Shards[shard].Address})
		}
		for i, slot := range t.Cover {
			owner := owners[region][i]
			if owner == unowned {
				continue
			}
			p := &all[first+owner]
			for source, other := range t.Maps {
				if owners[source][i] == unowned || !slices.Contains(writable, other.Region) {
					continue
				}
				id := streamID{source, slot}
				p.reads = append(p.reads, id)
				if source == region {
					p.writes = append(p.writes, id)
				}
			}
		}
	}
	return slices.DeleteFunc(all, func(p plan) bool { return len(p.reads) == 0 })
}

// owners returns for every region the shard that owns each slot of the cover, or unowned.
func (t Topology) owners() [][]int {
	owners := make([][]int, len(t.Maps))
	for region, m := range t.Maps {
		owners[region] = make([]int, len(t.Cover))
		for i, slot := range t.Cover {
			owner, ok := m.ShardOf(slot)
			if !ok {
				owner = unowned
			}
			owners[region][i] = owner
		}
	}
	return owners
}
