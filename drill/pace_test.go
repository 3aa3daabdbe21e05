package drill_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
)

// Every write that has ended is in the stretch in which it did, of the region that told, and nowhere else.
func TestThePaceHoldsEveryWriteThatEnded(t *testing.T) {
	const regions, most = 3, 120
	random := rand.New(rand.NewPCG(7, 8))
	for _, whole := range []time.Duration{0, 30 * time.Millisecond, 19 * time.Second, 5 * time.Minute, 70 * time.Hour, 9000 * time.Hour} {
		l := drill.NewLedger("aafailover", "run", []int{0, 1})
		type place struct{ region, stretch int }
		var ended []drill.Entry
		for range 3_000 {
			sent := time.Duration(random.Int64N(int64(whole) + 1))
			n := l.Begin(random.IntN(regions), sent)
			if random.IntN(10) > 0 {
				l.End(n, drill.Acknowledged+drill.Outcome(random.IntN(4)), sent+time.Duration(random.IntN(2_000_000)))
				ended = append(ended, l.Entry(n))
			}
		}
		p := drill.PaceOf(l, regions)
		if p.Step <= 0 || len(p.Regions) != regions {
			t.Fatalf("%v: steps of %v in %d regions", whole, p.Step, len(p.Regions))
		}
		acknowledged, failed := map[place]int{}, map[place]int{}
		for _, e := range ended {
			at := place{e.Region, int(e.Ended / p.Step)}
			if e.Outcome == drill.Acknowledged {
				acknowledged[at]++
			} else {
				failed[at]++
			}
		}
		for i, r := range p.Regions {
			if len(r.Acknowledged) > most || len(r.Acknowledged) != len(r.Failed) {
				t.Errorf("%v: %d and %d stretches", whole, len(r.Acknowledged), len(r.Failed))
			}
			for k := range r.Acknowledged {
				if at := (place{i, k}); r.Acknowledged[k] != acknowledged[at] || r.Failed[k] != failed[at] {
					t.Errorf("%v: %d acknowledged and %d failed in stretch %d of region %d, want %d and %d",
						whole, r.Acknowledged[k], r.Failed[k], k, i, acknowledged[at], failed[at])
				}
				delete(acknowledged, place{i, k})
				delete(failed, place{i, k})
			}
		}
		if len(acknowledged)+len(failed) > 0 {
			t.Errorf("%v: in no stretch: %v, %v", whole, acknowledged, failed)
		}
	}
}
