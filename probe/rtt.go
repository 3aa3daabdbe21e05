package probe

import (
	"math/bits"
	"slices"
	"time"
)

// distribution counts round trips in logarithmic buckets: eight to the doubling, so that a bucket's upper bound is at most
// 12.5 % above what was put in. The zero value is empty.
type distribution[N uint32 | uint64] struct {
	low   int    // the bucket that the first count is of, a multiple of rttSteps
	some  []N    // counts, of whole octaves: what lies beyond them is empty. See count and room
	total uint64 // of all counts
	sum   uint64 // in rttUnit, which has room for as long as anything runs
	max   time.Duration
}

// histogram is the distribution of one cell: some 150 bytes where the round trips are within two octaves of each other, as
// those of a link mostly are, and 900 at the most, against 20 kB of a general one. A bucket has room for 34 years of four
// messages a second, and for eight months of the shortest interval.
type histogram = distribution[uint32]

// histograms is the distribution of many cells, for as long as a link is observed.
type histograms = distribution[uint64]

const (
	rttUnit    = time.Microsecond
	rttSteps   = 8
	rttBuckets = rttOctaves * rttSteps
	rttOctaves = 26 // from 8 µs, all below which is one, to 8 µs << 25, about four and a half minutes, and above
)

// bucketOf returns the bucket of a round trip.
func bucketOf(d time.Duration) int {
	n := uint64(max(d, 0) / rttUnit)
	if n < rttSteps {
		return int(n)
	}
	octave := bits.Len64(n) - bits.Len64(rttSteps) // 0 for 8 to 15
	return min((octave+1)*rttSteps+int(n>>octave)-rttSteps, rttBuckets-1)
}

// boundOf returns what all round trips of the bucket are below of.
func boundOf(bucket int) time.Duration {
	if bucket < rttSteps {
		return time.Duration(bucket+1) * rttUnit
	}
	octave := bucket/rttSteps - 1
	return time.Duration(rttSteps+bucket%rttSteps+1) << octave * rttUnit
}

// count returns how many round trips are in a bucket.
func (h *distribution[N]) count(bucket int) N {
	if i := bucket - h.low; i >= 0 && i < len(h.some) {
		return h.some[i]
	}
	return 0
}

// room returns where a bucket is counted, and makes room for it and the others of its octave where there is none.
func (h *distribution[N]) room(bucket int) *N {
	if len(h.some) == 0 || bucket < h.low || bucket >= h.low+len(h.some) {
		octave := bucket - bucket%rttSteps
		low, end := octave, octave+rttSteps
		if len(h.some) > 0 {
			low, end = min(low, h.low), max(end, h.low+len(h.some))
		}
		some := make([]N, end-low)
		copy(some[max(h.low-low, 0):], h.some)
		h.low, h.some = low, some
	}
	return &h.some[bucket-h.low]
}

// add counts one round trip. When there is no more room, what was counted up to then counts half.
func (h *distribution[N]) add(d time.Duration) {
	n := h.room(bucketOf(d))
	if *n+1 == 0 {
		h.total, h.sum = 0, h.sum/2
		for i := range h.some {
			h.some[i] /= 2
			h.total += uint64(h.some[i])
		}
	}
	*n++
	h.total++
	h.sum += uint64(max(d, 0) / rttUnit)
	h.max = max(h.max, d)
}

// merge adds the counts of another distribution to h.
func merge[N, M uint32 | uint64](h *distribution[N], o *distribution[M]) {
	for i, n := range o.some {
		if n > 0 {
			*h.room(o.low + i) += N(n)
		}
	}
	h.total += o.total
	h.sum += o.sum
	h.max = max(h.max, o.max)
}

// clone returns a distribution that does not share its counts with h, as a copy would.
func (h *distribution[N]) clone() distribution[N] {
	c := *h
	c.some = slices.Clone(h.some)
	return c
}

// summary returns the percentiles.
func (h *distribution[N]) summary() RTT {
	if h.total == 0 {
		return RTT{}
	}
	return RTT{P50: h.quantile(50), P99: h.quantile(99), Max: h.max}
}

// quantile returns a bound that at least so many percent of the round trips do not exceed.
func (h *distribution[N]) quantile(percent uint64) time.Duration {
	rank := max((h.total*percent+99)/100, 1) // the rank-th smallest
	var seen uint64
	for i, n := range h.some {
		if seen += uint64(n); seen >= rank {
			return min(boundOf(h.low+i), h.max)
		}
	}
	return h.max
}
