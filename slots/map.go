package slots

import (
	"cmp"
	"fmt"
)

// Source says where a slot map comes from, and so how far it is to be believed.
type Source string

// The sources of a slot map, in the order in which they are tried.
const (
	ClusterSlots  Source = "cluster-slots"  // the region's answer to CLUSTER SLOTS
	ClusterShards Source = "cluster-shards" // the region's answer to CLUSTER SHARDS
	REST          Source = "rest"           // the management interface of the database
	Static        Source = "static"         // stated by the user: so many shards, split evenly
	Single        Source = "single"         // one endpoint; how it shards behind it is not known
)

// Shard is a part of a region that owns slots and is replicated on its own.
type Shard struct {
	ID      string  `json:"id"`      // as the region names it
	Address string  `json:"address"` // host:port of the server to talk to
	Slots   []Range `json:"slots"`   // in any order; may be empty
}

// Map is a region's sharding: which shard owns which slots.
type Map struct {
	Region string  `json:"name"`
	Source Source  `json:"source"`
	Shards []Shard `json:"shards"` // of Source Single: the endpoint as if it were one shard, or none
}

// ShardOf returns the index in Shards of the shard that owns the slot, and false where nobody does.
func (m Map) ShardOf(slot int) (index int, ok bool) {
	if slot < 0 || slot >= Count {
		return 0, false
	}
	for i, shard := range m.Shards {
		for _, r := range shard.Slots {
			if r.contains(slot) {
				return i, true
			}
		}
	}
	return 0, false
}

// Proven tells whether the sharding is known, so that a cover made of it provably reaches every shard.
func (m Map) Proven() bool {
	return m.Source != Single
}

// Check returns an error that names region, shards and slots when a range lies outside 0-16383, when a range ends before
// it begins, or when a slot is owned twice. Slots that nobody owns are no error: see [Map.Unowned].
func (m Map) Check() error {
	owner := nobody()
	for i, shard := range m.Shards {
		for _, r := range shard.Slots {
			if r.First > r.Last {
				return fmt.Errorf("%s: %s: slots %d-%d end before they begin", m.Region, m.label(i), r.First, r.Last)
			}
			if r.First < 0 || r.Last >= Count {
				return fmt.Errorf("%s: %s: slots %s are not within 0-%d", m.Region, m.label(i), r, Count-1)
			}
			for slot := r.First; slot <= r.Last; slot++ {
				if o := owner[slot]; o == i {
					return fmt.Errorf("%s: %s: slot %d is listed twice", m.Region, m.label(i), slot)
				} else if o != unowned {
					return fmt.Errorf("%s: slot %d is owned by both %s and %s", m.Region, slot, m.label(o), m.label(i))
				}
				owner[slot] = i
			}
		}
	}
	return nil
}

// Unowned returns the slots that no shard owns, as the fewest ranges, ascending.
func (m Map) Unowned() []Range {
	var free []Range
	for slot, o := range m.owners() {
		if o != unowned {
			continue
		}
		if last := len(free) - 1; last >= 0 && free[last].Last == slot-1 {
			free[last].Last = slot
		} else {
			free = append(free, Range{slot, slot})
		}
	}
	return free
}

// label names a shard in an error.
func (m Map) label(index int) string {
	shard := m.Shards[index]
	id := cmp.Or(shard.ID, fmt.Sprintf("#%d", index))
	if shard.Address == "" {
		return "shard " + id
	}
	return fmt.Sprintf("shard %s (%s)", id, shard.Address)
}
