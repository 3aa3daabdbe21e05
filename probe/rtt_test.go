package probe

import (
	"math"
	"math/rand/v2"
	"slices"
	"testing"
	"time"
)

func TestBucketsBoundWhatIsInThem(t *testing.T) {
	for range 100_000 {
		d := time.Duration(rand.Int64N(int64(1) << rand.IntN(38)))
		bound := boundOf(bucketOf(d))
		if d >= bound {
			t.Fatalf("%v lies in a bucket below %v", d, bound)
		}
		if bound > d+d/8+rttUnit {
			t.Fatalf("%v lies in a bucket that reaches up to %v", d, bound)
		}
	}
	for b := range rttOctaves*rttSteps - 1 {
		if next := bucketOf(boundOf(b)); next != b+1 {
			t.Fatalf("bucket %d ends at %v, which is in bucket %d", b, boundOf(b), next)
		}
	}
}

// After months there is more in a bucket of a link than a bucket of a cell has room for, and in the end in one of a cell.
func TestPercentilesAfterMonths(t *testing.T) {
	const usual, rare = 80 * time.Millisecond, 900 * time.Millisecond
	want := func(name string, got RTT) {
		t.Helper()
		if got.P50 < usual || got.P99 > usual+usual/8 || got.Max != rare {
			t.Errorf("%s: nearly all take %v: %+v", name, usual, got)
		}
	}
	var link histograms
	for range 256 {
		var cell histogram
		cell.add(usual)
		*cell.room(bucketOf(usual)) = 4 * 86400 * 50 // of four messages a second in 50 days
		cell.total = 4 * 86400 * 50
		cell.add(rare)
		merge(&link, &cell)
	}
	want("all cells of a link", link.summary())
	var cell histogram
	cell.add(rare)
	*cell.room(bucketOf(usual)), cell.total = math.MaxUint32, math.MaxUint32+1
	for range 100 {
		cell.add(usual)
	}
	want("one cell", cell.summary())
}

func TestPercentiles(t *testing.T) {
	if got := (&histogram{}).summary(); got != (RTT{}) {
		t.Errorf("of nothing: %+v", got)
	}
	var a, b histogram
	var all []time.Duration
	for i := range 5000 {
		d := time.Duration(rand.ExpFloat64() * float64(50*time.Millisecond))
		all = append(all, d)
		if i%2 == 0 {
			a.add(d)
		} else {
			b.add(d)
		}
	}
	merge(&a, &b)
	slices.Sort(all)
	got := a.summary()
	for _, p := range []struct {
		name       string
		got, exact time.Duration
	}{{"p50", got.P50, all[len(all)/2-1]}, {"p99", got.P99, all[len(all)*99/100-1]}} {
		if p.got < p.exact || p.got > p.exact+p.exact/8+rttUnit {
			t.Errorf("%s: %v, exactly %v", p.name, p.got, p.exact)
		}
	}
	if got.Max != all[len(all)-1] {
		t.Errorf("max: %v", got.Max)
	}
	a.add(time.Hour)
	a.add(-time.Second)
	if got := a.summary().Max; got != time.Hour {
		t.Errorf("beyond the last bucket: %v", got)
	}
}

// The counts of a link are added up for every snapshot: what was counted must not grow by being looked at.
func TestACloneIsCountedApart(t *testing.T) {
	var one histogram
	one.add(80 * time.Millisecond)
	other := one.clone()
	other.add(80 * time.Millisecond)
	if got := one.count(bucketOf(80 * time.Millisecond)); got != 1 {
		t.Errorf("%d round trips in the bucket after another was counted in a clone, want 1", got)
	}
}
