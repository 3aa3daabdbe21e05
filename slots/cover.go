package slots

import "slices"

// Cover returns a small set of slots, ascending, such that for every two regions, and for a region with itself, every
// source shard and target shard that share a slot share one of the set: a message on each slot of the cover goes through
// every replication between two shards that there is. With the same sharding everywhere that is one slot per shard.
//
// A slot that a region does not own takes no part there. Of a map of unknown sharding the shards are not looked at; such
// a map adds the slots of Spread([UnknownSpread]) instead. Maps are expected to have passed [Map.Check].
//
// Channels have a history, so slots of previous, the cover until now, stay before new ones are chosen: those that can be
// put into an order in which each hits a pair of shards that the ones before it do not. That keeps every slot that alone
// among them hits some pair, and drops one only where those kept, or the spread, hit all of its pairs. What Cover returns is
// kept as a whole when it is given back as previous: as long as the maps stay, so does the cover.
//
// New slots are chosen greedily, most new pairs first, the lowest slot among equals, and those that later ones made
// superfluous are dropped again. So a slot can be taken away without loss only if it is one that previous or the spread
// brought in. The same input always gives the same output. Finding the smallest cover is NP-hard from three regions up
// (it is set cover); between two regions, and with equal sharding, the result is the smallest when previous is nil.
func Cover(maps []Map, previous []int) []int {
	var known []*owners
	var spread []int
	for _, m := range maps {
		if m.Proven() {
			known = append(known, m.owners())
		} else {
			spread = Spread(UnknownSpread)
		}
	}
	c := newChoice(gridOf(known))
	for _, slot := range spread {
		c.take(slot)
	}
	for _, slot := range c.stillServing(previous) {
		c.take(slot)
	}
	settled := len(c.taken)
	c.takeGreedily()
	c.dropSuperfluous(settled)
	slices.Sort(c.taken)
	return c.taken
}

// choice is a cover in the making.
type choice struct {
	*grid
	taken []int   // slots, in the order in which they were taken
	hits  []int32 // for each pair, how many of the slots taken hit it
}

func newChoice(g *grid) *choice {
	return &choice{grid: g, hits: make([]int32, g.pairs)}
}

func (c *choice) take(slot int) {
	c.taken = append(c.taken, slot)
	for _, pair := range c.pairsOf(slot) {
		c.hits[pair]++
	}
}

// gain is the number of pairs that a slot would be the first to hit.
func (c *choice) gain(slot int) int {
	n := 0
	for _, pair := range c.pairsOf(slot) {
		if c.hits[pair] == 0 {
			n++
		}
	}
	return n
}

// takeGreedily takes slots until every pair is hit: always the lowest slot of those that hit the most pairs that nothing
// hits yet. A gain only ever shrinks while slots are taken, so each level is one pass in the order of slots, and the
// gain last seen of an atom is an upper bound that spares looking again.
func (c *choice) takeGreedily() {
	bound := make([]int, len(c.first))
	highest := 0
	for atom, slot := range c.first {
		bound[atom] = c.gain(slot)
		highest = max(highest, bound[atom])
	}
	for level := highest; level > 0; level-- {
		for atom, slot := range c.first {
			if bound[atom] < level {
				continue
			}
			if bound[atom] = c.gain(slot); bound[atom] == level {
				c.take(slot)
				bound[atom] = 0
			}
		}
	}
}

// dropSuperfluous gives back those of the slots taken, from the one at index from on, all of whose pairs others hit too;
// the last taken first, since it brought the least.
func (c *choice) dropSuperfluous(from int) {
	for i := len(c.taken) - 1; i >= from; i-- {
		pairs := c.pairsOf(c.taken[i])
		if slices.ContainsFunc(pairs, func(pair int32) bool { return c.hits[pair] == 1 }) {
			continue
		}
		for _, pair := range pairs {
			c.hits[pair]--
		}
		c.taken = slices.Delete(c.taken, i, i+1)
	}
}
