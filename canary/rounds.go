package canary

// rounds is the proof, for one slot, that nothing is on its way any more between
// the regions that own it. A region may hand on what it recovers from another, so
// that a write can come over all the others: each step needs a round of fences of
// its own, sent after those of the round before had arrived. It begins again
// whenever one of the regions is away: that may bring something when it is back.
type rounds struct {
	first Moment // when the first round began: all regions were there
	begun Moment // when the present one began
	done  int
}

// needed is how many rounds it takes with so many regions.
func needed(regions int) int { return max(1, regions-1) }

// turn takes a sight into account. It returns nil when nothing can be proven
// now. Owners are the regions that own the slot.
func (r *rounds) turn(s *sight, slot int, owners []int) *rounds {
	for _, region := range owners {
		if h := s.shard(region, slot); !h.present || r != nil && h.since > r.first {
			return nil
		}
	}
	if r == nil {
		return &rounds{first: s.at, begun: s.at}
	}
	if r.done == needed(len(owners)) {
		return r
	}
	for _, from := range owners {
		for _, to := range owners {
			if from != to && !s.crossed(path{from, to, slot}, r.begun) {
				return r
			}
		}
	}
	if r.done++; r.done < needed(len(owners)) {
		r.begun = s.at
	}
	return r
}
