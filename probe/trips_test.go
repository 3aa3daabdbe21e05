package probe

import (
	"math/rand/v2"
	"testing"
	"time"
)

func TestRoundTripsAreCountedBelowTheirBounds(t *testing.T) {
	var h histogram
	var want RoundTrips
	for range 20_000 {
		d := time.Duration(rand.Int64N(int64(1) << rand.IntN(36)))
		h.add(d)
		want.Count++
		want.Sum += d.Truncate(time.Microsecond)
		for i, bound := range TripBounds() {
			if d < bound {
				want.Below[i]++
			}
		}
	}
	if got := h.trips(); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
	var link histograms
	merge(&link, &h)
	merge(&link, &h)
	if got := link.trips(); got.Count != 2*want.Count || got.Sum != 2*want.Sum || got.Below[3] != 2*want.Below[3] {
		t.Errorf("twice: %+v", got)
	}
}
