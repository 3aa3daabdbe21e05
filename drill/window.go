package drill

import (
	"cmp"
	"slices"
	"time"
)

// Window is a stretch of acknowledged-at time, on one slot's shard, that holds
// missed writes of one fate closer together than the merge gap.
type Window struct {
	Region      int // that acknowledged the writes
	Slot        int // stands for the shard that owns it
	FirstAck    Moment
	LastAck     Moment
	Count       int
	Fate        Fate
	ConvergedAt Moment // of the write that came last; 0 unless Fate is Converged
}

// Windows gathers missed writes, in any order, into windows. Two writes that
// were acknowledged less than gap apart fall into one window. The result is
// ordered by region, slot, fate and time.
func Windows(missed []Missed, gap time.Duration) []Window {
	sorted := slices.SortedFunc(slices.Values(missed), func(a, b Missed) int {
		return cmp.Or(cmp.Compare(a.Region, b.Region), cmp.Compare(a.Slot, b.Slot),
			cmp.Compare(a.Fate, b.Fate), cmp.Compare(a.Ended, b.Ended))
	})
	var windows []Window
	for _, m := range sorted {
		if n := len(windows); n > 0 {
			w := &windows[n-1]
			if w.Region == m.Region && w.Slot == m.Slot && w.Fate == m.Fate && m.Ended-w.LastAck < gap {
				w.LastAck = m.Ended
				w.Count++
				w.ConvergedAt = max(w.ConvergedAt, m.ConvergedAt)
				continue
			}
		}
		windows = append(windows, Window{Region: m.Region, Slot: m.Slot, Fate: m.Fate,
			FirstAck: m.Ended, LastAck: m.Ended, Count: 1, ConvergedAt: m.ConvergedAt})
	}
	return windows
}

// mergeGap is the merge gap of a drill: so long that a stretch in which every
// write of a shard is missing is one window with near certainty (arrivals are
// exponential: a gap of 20 means has the chance e^-20), and at least 100 ms.
func mergeGap(rate float64, slots int) time.Duration {
	mean := time.Duration(float64(slots) / rate * float64(time.Second))
	return max(100*time.Millisecond, 20*mean)
}
