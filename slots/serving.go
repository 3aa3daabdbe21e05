package slots

import "slices"

// stillServing returns those of the previous slots that stay in the cover, in ascending order: a set that can be put into
// an order in which each slot hits a pair that neither the slots taken already nor those before it hit.
//
// The order is found from its end. A slot that alone among those left hits some pair may stand last, whatever the order
// of the others: it is kept and set aside, which may make others the only ones left to hit a pair. When nobody is alone
// with a pair, the highest slot left is dropped, for all of its pairs are hit by others that are left.
func (c *choice) stillServing(previous []int) []int {
	slots := c.oneOfEachAtom(previous)
	left := make([]int32, c.pairs) // for each pair, how many of the slots left hit it
	sole := make([]int32, c.pairs) // and the XOR of their indices, which is the index of the only one when there is one
	for i, slot := range slots {
		for _, pair := range c.pairsOf(slot) {
			left[pair]++
			sole[pair] ^= int32(i)
		}
	}

	keep := make([]bool, len(slots))
	var alone []int32 // indices of slots that were found alone with a pair and are not set aside yet
	look := func(pair int32) {
		if i := sole[pair]; left[pair] == 1 && c.hits[pair] == 0 && !keep[i] {
			keep[i] = true
			alone = append(alone, i)
		}
	}
	setAside := func(i int32) {
		for _, pair := range c.pairsOf(slots[i]) {
			left[pair]--
			sole[pair] ^= i
			look(pair)
		}
	}
	for pair := range left {
		look(int32(pair))
	}
	for highest := int32(len(slots)) - 1; highest >= 0; {
		if last := len(alone) - 1; last >= 0 {
			i := alone[last]
			alone = alone[:last]
			setAside(i)
			continue
		}
		if !keep[highest] {
			setAside(highest) // dropped
		}
		highest--
	}

	var kept []int
	for i, slot := range slots {
		if keep[i] {
			kept = append(kept, slot)
		}
	}
	return kept
}

// oneOfEachAtom returns, ascending, the lowest of the slots in each atom: the others of an atom hit the same pairs. Slots
// that nobody owns, or that are no slots, are left out.
func (c *choice) oneOfEachAtom(slots []int) []int {
	seen := make([]bool, len(c.first))
	var distinct []int
	for _, slot := range slices.Sorted(slices.Values(slots)) {
		if slot < 0 || slot >= Count {
			continue
		}
		if atom := c.atom[slot]; atom != unowned && !seen[atom] {
			seen[atom] = true
			distinct = append(distinct, slot)
		}
	}
	return distinct
}
