package survey

import (
	"maps"
	"slices"

	"github.com/aafailover/aafailover/slots"
)

// nobody is the owner of a slot that no shard owns.
const nobody = -1

// ownersOf returns the index of the shard that owns each slot.
func ownersOf(m slots.Map) *[slots.Count]int {
	var owners [slots.Count]int
	for slot := range owners {
		owners[slot] = nobody
	}
	for i, shard := range m.Shards {
		for _, r := range shard.Slots {
			for slot := r.First; slot <= r.Last; slot++ {
				owners[slot] = i
			}
		}
	}
	return &owners
}

// server is what tells two shards of a region apart, whatever they own.
type server struct{ id, address string }

// same tells whether two maps of a region say the same, in whatever order: which server owns which slots, and whether that
// is known at all.
func same(a, b slots.Map) bool {
	return a.Proven() == b.Proven() &&
		maps.EqualFunc(owned(a), owned(b), slices.Equal[[]slots.Range])
}

// owned returns what each server owns, as the fewest ranges, ascending.
func owned(m slots.Map) map[server][]slots.Range {
	of := make(map[server][]slots.Range, len(m.Shards))
	for slot, owner := range ownersOf(m) {
		if owner == nobody {
			continue
		}
		s := server{m.Shards[owner].ID, m.Shards[owner].Address}
		of[s] = extended(of[s], slot)
	}
	return of
}

// extended adds a slot behind ascending ranges.
func extended(ranges []slots.Range, slot int) []slots.Range {
	if n := len(ranges); n > 0 && ranges[n-1].Last == slot-1 {
		ranges[n-1].Last = slot
		return ranges
	}
	return append(ranges, slots.Range{First: slot, Last: slot})
}

// sameAddresses tells whether a region is talked to at the same addresses, in the same order.
func sameAddresses(a, b slots.Map) bool {
	return slices.EqualFunc(a.Shards, b.Shards, func(x, y slots.Shard) bool { return x.Address == y.Address })
}

// sameServers tells whether two maps of a region name the same servers, whatever they own.
func sameServers(a, b slots.Map) bool { return maps.Equal(serversOf(a), serversOf(b)) }

func serversOf(m slots.Map) map[server]struct{} {
	all := make(map[server]struct{}, len(m.Shards))
	for _, s := range m.Shards {
		all[server{s.ID, s.Address}] = struct{}{}
	}
	return all
}

// arranged returns a map with its shards in the order of the map before, as far as they are still there: who looks at a
// region sees the same shard under the same number, and connections to it can stay. A shard is known by its ID, else by its
// address, else by slots that it took over from one that is gone. Others take the places that became free, and then the end.
func arranged(m, before slots.Map) slots.Map {
	if !m.Proven() || !before.Proven() {
		return m
	}
	seats, seated := make([]int, len(before.Shards)), make([]bool, len(m.Shards))
	for i := range seats {
		seats[i] = nobody
	}
	for _, known := range []func(now, then slots.Shard) bool{
		func(now, then slots.Shard) bool { return now.ID == then.ID },
		func(now, then slots.Shard) bool { return now.Address == then.Address },
		sharesSlots,
		func(_, _ slots.Shard) bool { return true },
	} {
		for i, then := range before.Shards {
			if seats[i] != nobody {
				continue
			}
			for k, now := range m.Shards {
				if !seated[k] && known(now, then) {
					seats[i], seated[k] = k, true
					break
				}
			}
		}
	}
	var order []slots.Shard
	for _, k := range seats {
		if k != nobody {
			order = append(order, m.Shards[k])
		}
	}
	for k, shard := range m.Shards {
		if !seated[k] {
			order = append(order, shard)
		}
	}
	m.Shards = order
	return m
}

func sharesSlots(a, b slots.Shard) bool {
	for _, x := range a.Slots {
		for _, y := range b.Slots {
			if max(x.First, y.First) <= min(x.Last, y.Last) {
				return true
			}
		}
	}
	return false
}
