package slots

import "slices"

// grid is what the cover is chosen on: the slots in groups that need not be told apart, and the pairs of shards that each
// group hits.
//
// An atom is a group of slots that have the same owner as each other in every region. Thousands of slots fall into a few
// atoms: as many as there are shards when the sharding is equal. A pair is two shards, of two regions or one shard twice,
// that share a slot; a link in either direction needs the same slot, so a pair has no direction. Pairs are numbered, and
// an atom of r regions hits r(r+1)/2 of them.
type grid struct {
	first []int      // the lowest slot of each atom, ascending
	atom  [Count]int // the atom of each slot, unowned where no region owns it
	hit   [][]int32  // the pairs that each atom hits
	pairs int        // how many there are
}

// pairsOf returns the numbers of the pairs that the slot hits.
func (g *grid) pairsOf(slot int) []int32 {
	if g.atom[slot] == unowned {
		return nil
	}
	return g.hit[g.atom[slot]]
}

// gridOf groups the slots of some regions.
func gridOf(regions []*owners) *grid {
	g := &grid{}
	g.group(regions)
	g.pair(regions)
	return g
}

// group finds the atoms: sorted by owner in one region after the other, the slots of an atom stand next to each other. The
// sort is stable, so the first of them is the lowest.
func (g *grid) group(regions []*owners) {
	order := make([]int, Count)
	for slot := range order {
		order[slot] = slot
	}
	for _, region := range regions {
		order = sortByOwner(order, region)
	}
	same := func(a, b int) bool {
		for _, region := range regions {
			if region[a] != region[b] {
				return false
			}
		}
		return true
	}
	var lowest [Count]int // of the atom that each slot is in
	for i, slot := range order {
		lowest[slot] = slot
		if i > 0 && same(order[i-1], slot) {
			lowest[slot] = lowest[order[i-1]]
		}
	}
	for slot := range Count {
		switch {
		case !ownedByAny(regions, slot):
			g.atom[slot] = unowned
		case lowest[slot] == slot:
			g.atom[slot] = len(g.first)
			g.first = append(g.first, slot)
		default:
			g.atom[slot] = g.atom[lowest[slot]]
		}
	}
}

// pair numbers the pairs. Taken shard by shard of region a, the first atom that also belongs to a certain shard of region b
// gives that pair its number, and the shard of b remembers it until the next shard of a.
func (g *grid) pair(regions []*owners) {
	width := len(regions) * (len(regions) + 1) / 2
	numbers := make([]int32, len(g.first)*width)
	g.hit = make([][]int32, len(g.first))
	for atom := range g.hit {
		g.hit[atom] = numbers[atom*width : atom*width : (atom+1)*width]
	}
	type meeting struct {
		with int // shard of region a, counted from 1: the zero value has met nobody
		pair int32
	}
	for i, a := range regions {
		byShard := sortByOwner(g.first, a)
		for _, b := range regions[i:] {
			met := make([]meeting, slices.Max(b[:])+1)
			for _, slot := range byShard {
				if a[slot] == unowned || b[slot] == unowned {
					continue
				}
				m := &met[b[slot]]
				if m.with != a[slot]+1 {
					*m = meeting{with: a[slot] + 1, pair: int32(g.pairs)}
					g.pairs++
				}
				g.hit[g.atom[slot]] = append(g.hit[g.atom[slot]], m.pair)
			}
		}
	}
}

func ownedByAny(regions []*owners, slot int) bool {
	for _, region := range regions {
		if region[slot] != unowned {
			return true
		}
	}
	return false
}

// sortByOwner returns the slots ordered by their owner in the region, unowned first, and otherwise as they were. It is a
// counting sort: linear, and stable.
func sortByOwner(slots []int, region *owners) []int {
	begin := make([]int, slices.Max(region[:])+2) // where each owner's slots begin; unowned is -1, so owner o is at o+1
	for _, slot := range slots {
		begin[region[slot]+1]++
	}
	sum := 0
	for i, n := range begin {
		begin[i], sum = sum, sum+n
	}
	sorted := make([]int, len(slots))
	for _, slot := range slots {
		o := region[slot] + 1
		sorted[begin[o]] = slot
		begin[o]++
	}
	return sorted
}
