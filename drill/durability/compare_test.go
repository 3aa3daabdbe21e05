package durability_test

import (
	"math"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/durability"
)

// told is a write of a test: what the application was told after so many
// milliseconds, and whether the write is there afterwards.
type told struct {
	outcome     drill.Outcome
	at          int // ms
	there       bool
	unconfirmed bool
}

func compare(writes []told, cutOver time.Duration) (durability.Counts, durability.Loss) {
	l := drill.NewLedger("aafailover", "test", []int{0})
	var unconfirmed, present drill.Numbers
	for _, w := range writes {
		at := time.Duration(w.at) * time.Millisecond
		n := l.Begin(0, at)
		if w.outcome != drill.Inflight {
			l.End(n, w.outcome, at)
		}
		if w.there {
			present.Add(n)
		}
		if w.unconfirmed {
			unconfirmed.Add(n)
		}
	}
	return durability.Compare(l, &unconfirmed, &present, cutOver)
}

func TestCompare(t *testing.T) {
	const ack, no, open = drill.Acknowledged, drill.Rejected, drill.Indeterminate
	for _, test := range []struct {
		name    string
		writes  []told
		cutOver time.Duration
		counts  durability.Counts
		loss    durability.Loss
	}{
		{"nothing was written", nil, math.MaxInt64, durability.Counts{}, durability.Loss{}},
		{"all is there", []told{{ack, 1, true, false}, {ack, 2, true, false}}, math.MaxInt64,
			durability.Counts{Attempted: 2, Acknowledged: 2}, durability.Loss{}},
		{"the end is lost: from its oldest write to the last acknowledgement", []told{{ack, 1, true, false}, {ack, 5, false, false}, {ack, 9, false, false}}, math.MaxInt64,
			durability.Counts{Attempted: 3, Acknowledged: 3}, durability.Loss{Lost: 2, RPO: 4 * time.Millisecond}},
		{"one in the middle is lost, and the acknowledgements after it count", []told{{ack, 1, true, false}, {ack, 2, false, false}, {ack, 30, true, false}}, math.MaxInt64,
			durability.Counts{Attempted: 3, Acknowledged: 3}, durability.Loss{Lost: 1, RPO: 28 * time.Millisecond}},
		{"acknowledgements come in another order than the writes", []told{{ack, 9, false, false}, {ack, 4, false, false}, {ack, 1, true, false}}, math.MaxInt64,
			durability.Counts{Attempted: 3, Acknowledged: 3}, durability.Loss{Lost: 2, RPO: 5 * time.Millisecond}},
		{"all is lost: it would have been more with an earlier start", []told{{ack, 1, false, false}, {ack, 5, false, false}}, math.MaxInt64,
			durability.Counts{Attempted: 2, Acknowledged: 2}, durability.Loss{Lost: 2, RPO: 4 * time.Millisecond, Everything: true}},
		{"the last write alone is lost, which is no time", []told{{ack, 1, true, false}, {ack, 5, false, false}}, math.MaxInt64,
			durability.Counts{Attempted: 2, Acknowledged: 2}, durability.Loss{Lost: 1}},
		{"what was not acknowledged cannot be lost", []told{{no, 1, false, false}, {open, 2, false, false}, {drill.Inflight, 3, false, false}}, math.MaxInt64,
			durability.Counts{Attempted: 3, Rejected: 1, Indeterminate: 2}, durability.Loss{}},
		{"what was not acknowledged may be there", []told{{open, 1, true, false}, {open, 2, false, false}}, math.MaxInt64,
			durability.Counts{Attempted: 2, Indeterminate: 2, Applied: 1}, durability.Loss{}},
		{"unconfirmed writes are lost without a part in the RPO", []told{{ack, 1, false, true}, {ack, 5, true, false}, {ack, 7, false, false}, {ack, 9, true, true}}, math.MaxInt64,
			durability.Counts{Attempted: 4, Acknowledged: 4, Unconfirmed: 2}, durability.Loss{Lost: 2, Unconfirmed: 1, RPO: 2 * time.Millisecond}},
		{"what is acknowledged after the cut-over has no part in the RPO", []told{{ack, 1, true, false}, {ack, 3, false, false}, {ack, 6, false, false}, {ack, 90, true, false}}, 10 * time.Millisecond,
			durability.Counts{Attempted: 4, Acknowledged: 4}, durability.Loss{Lost: 2, RPO: 3 * time.Millisecond}},
	} {
		t.Run(test.name, func(t *testing.T) {
			counts, loss := compare(test.writes, test.cutOver)
			if counts != test.counts || loss != test.loss {
				t.Errorf("%+v %+v\nwant %+v %+v", counts, loss, test.counts, test.loss)
			}
		})
	}
}

// However writes end, the counts add up to the single write, and only what was
// acknowledged and is not there is lost.
func TestCountsAddUp(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 500 {
		writes := make([]told, random.IntN(200))
		lost, unconfirmed, applied, first, last, oldest := 0, 0, 0, math.MaxInt, 0, math.MaxInt
		for i := range writes {
			w := told{outcome: drill.Outcome(random.IntN(4)), at: random.IntN(1000), there: random.IntN(3) > 0}
			w.unconfirmed = w.outcome == drill.Acknowledged && random.IntN(4) == 0
			writes[i] = w
			switch {
			case w.outcome == drill.Acknowledged:
				first, last = min(first, w.at), max(last, w.at)
				if !w.there {
					lost++
				}
				if w.unconfirmed {
					unconfirmed++
				} else if !w.there {
					oldest = min(oldest, w.at)
				}
			case w.there:
				applied++
			}
		}
		counts, loss := compare(writes, math.MaxInt64)
		rpo := time.Duration(0)
		if oldest < math.MaxInt {
			rpo = time.Duration(last-oldest) * time.Millisecond
		}
		if counts.Attempted != len(writes) || counts.Acknowledged+counts.Rejected+counts.Indeterminate != len(writes) ||
			counts.Unconfirmed != unconfirmed || counts.Applied != applied || loss.Lost != lost || loss.RPO != rpo {
			t.Fatalf("%+v %+v of %d writes; want %d lost, RPO %v, %d unconfirmed, %d applied", counts, loss, len(writes), lost, rpo, unconfirmed, applied)
		}
		if everything := oldest < math.MaxInt && oldest == first; loss.Everything != everything {
			t.Fatalf("everything lost: %v, want %v", loss.Everything, everything)
		}
	}
}
