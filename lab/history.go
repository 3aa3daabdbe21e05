package lab

import (
	"fmt"
	"math/rand/v2"
)

// position is how far a receiver has got in a source's effects. The zero position is that of a receiver that never had anything from the source.
type position struct {
	incarnation string
	offset      int64 // the next effect wanted
}

// receipt is what a receiver knows of a source. Being kept beside the data, it rolls back with it.
type receipt struct {
	position position
	mustCopy bool // the receiver lost something that the source has seen, and needs a full copy to get it back
}

// history is a shard's identity as a source of effects. An incarnation names one sequence of effects, as a replication id
// does in Redis; a shard that lost effects begins a new one, which shares its beginning with the old up to the fork.
type history struct {
	incarnation string
	forks       []fork // of the incarnations before, the oldest first
}

// fork says that an incarnation's effects are part of the present one up to, not including, an offset.
type fork struct {
	incarnation string
	offset      int64
}

// newIncarnation returns 40 hexadecimal digits, the form of a replication id.
func newIncarnation() string {
	return fmt.Sprintf("%016x%016x%08x", rand.Uint64(), rand.Uint64(), rand.Uint32())
}

// fork begins a new incarnation that shares the effects before the offset with the present one.
func (h *history) fork(offset int64) {
	h.forks = append(h.forks, fork{h.incarnation, offset})
	for i := range h.forks {
		h.forks[i].offset = min(h.forks[i].offset, offset)
	}
	h.incarnation = newIncarnation()
}

// begin begins a new incarnation that shares nothing with those before.
func (h *history) begin() { *h = history{incarnation: newIncarnation()} }

// holds says whether a receiver at the position has seen nothing but effects of this history.
func (h *history) holds(p position) bool {
	upTo, known := h.shares(p)
	return known && upTo == p.offset
}

// shares says up to which offset, not including it, the effects before a position are part of this history, and whether its
// incarnation is known: none are of one that is not.
func (h *history) shares(p position) (upTo int64, known bool) {
	if p.incarnation == h.incarnation {
		return p.offset, true
	}
	for _, f := range h.forks {
		if f.incarnation == p.incarnation {
			return min(p.offset, f.offset), true
		}
	}
	return 0, false
}
