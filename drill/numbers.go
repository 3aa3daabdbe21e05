package drill

import (
	"iter"
	mathbits "math/bits"
)

// Numbers is a set of writes by their numbers, of one bit for each number up to the
// highest. The zero value is the empty set.
type Numbers struct {
	words []uint64
	n     int
}

// Add puts a number into the set.
func (s *Numbers) Add(n int) {
	for n/64 >= len(s.words) {
		s.words = append(s.words, 0)
	}
	if !s.Has(n) {
		s.words[n/64] |= 1 << (n % 64)
		s.n++
	}
}

// Has says whether a number is in the set.
func (s *Numbers) Has(n int) bool { return n/64 < len(s.words) && s.words[n/64]&(1<<(n%64)) != 0 }

// Len is how many numbers are in the set.
func (s *Numbers) Len() int { return s.n }

// All hands out the numbers, the lowest first.
func (s *Numbers) All() iter.Seq[int] {
	return func(yield func(int) bool) {
		for i, word := range s.words {
			for ; word != 0; word &= word - 1 {
				if !yield(64*i + mathbits.TrailingZeros64(word)) {
					return
				}
			}
		}
	}
}
