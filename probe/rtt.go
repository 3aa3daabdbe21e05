package probe

import (
	"math/bits"
	"time"
)

// distribution counts round trips in logarithmic buckets: eight to the doubling, so that a bucket's upper bound is at most
// 12.5 % above what was put in. The zero value is empty.
type distribution[N uint32 | uint64] struct {
	buckets [rttOctaves * rttSteps]N
	total   uint64
	sum     uint64 // in rttUnit, which has room for as long as anything runs
	max     time.Duration
}

// histogram is the distribution of one cell: 832 bytes, against 20 kB of a general one. A bucket has room for 34 years of four
// messages a second, and for eight months of the shortest interval.
type histogram = distribution[uint32]

// histograms is the distribution of many cells, for as long as a link is observed.
type histograms = distribution[uint64]

const (
	rttUnit    = time.Microsecond
	rttSteps   = 8
	rttOctaves = 26 // from 8 µs, all below which is one, to 8 µs << 25, about four and a half minutes, and above
)

// bucketOf returns the bucket of a round trip.
func bucketOf(d time.Duration) int {
	n := uint64(max(d, 0) / rttUnit)
	if n < rttSteps {
		return int(n)
	}
	octave := bits.Len64(n) - bits.Len64(rttSteps) // 0 for 8 to 15
	return min((octave+1)*rttSteps+int(n>>octave)-rttSteps, rttOctaves*rttSteps-1)
}

// boundOf returns what all round trips of the bucket are below of.
func boundOf(bucket int) time.Duration {
	if bucket < rttSteps {
		return time.Duration(bucket+1) * rttUnit
	}
	octave := bucket/rttSteps - 1
	return time.Duration(rttSteps+bucket%rttSteps+1) << octave * rttUnit
}

// add counts one round trip. When there is no more room, what was counted up to then counts half.
func (h *distribution[N]) add(d time.Duration) {
	b := bucketOf(d)
	if h.buckets[b]+1 == 0 {
		h.total, h.sum = 0, h.sum/2
		for i := range h.buckets {
			h.buckets[i] /= 2
			h.total += uint64(h.buckets[i])
		}
	}
	h.buckets[b]++
	h.total++
	h.sum += uint64(max(d, 0) / rttUnit)
	h.max = max(h.max, d)
}

// merge adds the counts of the distribution of a cell.
func (h *distribution[N]) merge(o *histogram) {
	if o.total == 0 {
		return
	}
	for i, n := range o.buckets {
		h.buckets[i] += N(n)
	}
	h.total += o.total
	h.sum += o.sum
	h.max = max(h.max, o.max)
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
	for i, n := range h.buckets {
		if seen += uint64(n); seen >= rank {
			return min(boundOf(i), h.max)
		}
	}
	return h.max
}
