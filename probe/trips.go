package probe

import "time"

// RoundTrips counts round trips by how long they took, since the start: none of it ever goes down, so that the difference of two
// of them is what came in between.
type RoundTrips struct {
	Count uint64
	Sum   time.Duration // of what they took, each rounded down to a microsecond
	// Below are how many took less than each of [TripBounds].
	Below [tripBounds]uint64
}

// tripBounds is how many bounds there are, and shortestTrip the first of them: from a quarter of a millisecond, which is the next
// rack, to 17 s, which is longer than any deadline.
const (
	tripBounds   = 17
	shortestTrip = 256 * time.Microsecond
)

// TripBounds are the bounds of [RoundTrips], ascending. Each is twice the one before: these are bounds of the buckets that round
// trips are counted in, so that nothing has to be estimated.
func TripBounds() [tripBounds]time.Duration {
	var bounds [tripBounds]time.Duration
	for i := range bounds {
		bounds[i] = shortestTrip << i
	}
	return bounds
}

// trips returns the counts below the bounds.
func (h *distribution[N]) trips() RoundTrips {
	t := RoundTrips{Count: h.total, Sum: time.Duration(h.sum) * rttUnit}
	bucket, below := 0, uint64(0)
	for i, bound := range TripBounds() {
		for ; boundOf(bucket) <= bound; bucket++ {
			below += uint64(h.count(bucket))
		}
		t.Below[i] = below
	}
	return t
}
