package slots

// owners holds for every slot the index of the shard that owns it, or unowned. A flat array of a region's slots costs
// 128 kB and is filled and compared in microseconds, however many ranges the shards have.
type owners [Count]int

const unowned = -1

// nobody returns owners of which every slot is unowned.
func nobody() *owners {
	var o owners
	for slot := range o {
		o[slot] = unowned
	}
	return &o
}

// owners returns who owns what. Of a map that does not pass Check it makes what ShardOf makes of it: of two owners the
// first counts, and what lies outside the slots does not.
func (m Map) owners() *owners {
	o := nobody()
	for i, shard := range m.Shards {
		for _, r := range shard.Slots {
			for slot := max(r.First, 0); slot <= min(r.Last, Count-1); slot++ {
				if o[slot] == unowned {
					o[slot] = i
				}
			}
		}
	}
	return o
}

// Equal tells whether all maps cut the slots into the same parts. What the shards are called, where they are and in which
// order they stand does not matter, nor do shards that own nothing; a slot that nobody owns must be unowned everywhere.
// Maps are taken by what they list, whatever their Source: of a region whose sharding is unknown nothing is proven by it.
func Equal(maps ...Map) bool {
	if len(maps) < 2 {
		return true
	}
	first := maps[0].owners()
	for _, m := range maps[1:] {
		if !samePartition(first, m.owners()) {
			return false
		}
	}
	return true
}

// samePartition tells whether there is a one-to-one naming of a's shards by b's under which every slot has the same owner.
func samePartition(a, b *owners) bool {
	inB, inA := map[int]int{unowned: unowned}, map[int]int{unowned: unowned}
	for slot := range Count {
		if slot > 0 && a[slot] == a[slot-1] && b[slot] == b[slot-1] {
			continue // inside a run, nothing new
		}
		if _, known := inB[a[slot]]; !known {
			inB[a[slot]] = b[slot]
		}
		if _, known := inA[b[slot]]; !known {
			inA[b[slot]] = a[slot]
		}
		if inB[a[slot]] != b[slot] || inA[b[slot]] != a[slot] {
			return false
		}
	}
	return true
}
