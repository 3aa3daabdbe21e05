package drill

import (
	"cmp"
	"slices"
	"time"

	"github.com/aafailover/aafailover/slots"
)

// Window is a stretch of acknowledged-at time, on one shard, that holds missed
// writes of one fate closer together than the merge gap.
type Window struct {
	Region      int // that acknowledged the writes
	Shard       int // of that region, by its index in the slot map; -1 if nobody owns the slot
	Slot        int // the lowest one of the writes
	FirstAck    Moment
	LastAck     Moment
	Count       int
	Fate        Fate
	ConvergedAt Moment // of the write that came last; 0 unless Fate is Converged
}

// Windows gathers missed writes, in any order, into windows. The slot maps are
// those of the regions, by the indexes of the writes. Two writes that were
// acknowledged less than gap apart fall into one window. The result is ordered by
// region, shard, fate and time.
func Windows(missed []Missed, maps []slots.Map, gap time.Duration) []Window {
	single := make([]Window, len(missed))
	for i, m := range missed {
		shard, ok := maps[m.Region].ShardOf(m.Slot)
		if !ok {
			shard = -1
		}
		single[i] = Window{Region: m.Region, Shard: shard, Slot: m.Slot, Fate: m.Fate,
			FirstAck: m.Ended, LastAck: m.Ended, Count: 1, ConvergedAt: m.ConvergedAt}
	}
	slices.SortFunc(single, func(a, b Window) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.Shard, b.Shard),
			cmp.Compare(a.Fate, b.Fate), cmp.Compare(a.FirstAck, b.FirstAck))
	})
	var windows []Window
	for _, next := range single {
		if n := len(windows); n > 0 && windows[n-1].takes(next, gap) {
			continue
		}
		windows = append(windows, next)
	}
	return windows
}

// takes adds another window that does not begin earlier, if it belongs to this
// one.
func (w *Window) takes(next Window, gap time.Duration) bool {
	if w.Region != next.Region || w.Shard != next.Shard || w.Fate != next.Fate || next.FirstAck-w.LastAck >= gap {
		return false
	}
	w.Slot = min(w.Slot, next.Slot)
	w.LastAck = next.LastAck
	w.Count += next.Count
	w.ConvergedAt = max(w.ConvergedAt, next.ConvergedAt)
	return true
}

// MergeGap returns the merge gap for writes that are made at a rate, in writes a
// second, to so many slots in turn: so long that a stretch in which every
// write of a shard is missing is one window with near certainty (arrivals are
// exponential: a gap of 20 means has the chance e^-20), and at least 100 ms.
func MergeGap(rate float64, slots int) time.Duration {
	mean := time.Duration(float64(slots) / rate * float64(time.Second))
	return max(100*time.Millisecond, 20*mean)
}
