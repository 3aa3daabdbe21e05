package drill

import (
	"slices"
	"time"
)

// Pace is how many writes there were in each stretch of a drill, by the region where they ended: what a timeline shows. It is the zero
// Pace in the record of a drill that was made without.
type Pace struct {
	Step    time.Duration // of a stretch; the first begins at the start of the drill
	Regions []RegionPace  // by the index of the region
}

// RegionPace is what became of the writes of one region in each stretch, of which both lists have equally many. A write counts in the
// stretch in which its outcome was known.
type RegionPace struct {
	Acknowledged []int
	Failed       []int // rejected, indeterminate or unsent
}

// mostStretches bounds the stretches of a pace: a picture shows no more, and a document stays short.
const mostStretches = 120

// steps are how long a stretch can be.
var steps = []time.Duration{50 * time.Millisecond, 100 * time.Millisecond, 200 * time.Millisecond, 500 * time.Millisecond, time.Second, 2 * time.Second,
	5 * time.Second, 10 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour}

// pace counts the writes of so many regions. Those still in flight have not ended, and are not counted.
func (l *Ledger) pace(regions int) Pace {
	var end Moment
	l.each(func(e Entry, _ mark) { end = max(end, e.Ended) })
	p := Pace{Step: stepFor(end), Regions: make([]RegionPace, regions)}
	n := int(end/p.Step) + 1
	for i := range p.Regions {
		p.Regions[i] = RegionPace{Acknowledged: make([]int, n), Failed: make([]int, n)}
	}
	l.each(func(e Entry, _ mark) {
		at := int(e.Ended / p.Step)
		if e.Outcome == Inflight || e.Region >= regions || at < 0 || at >= n { // one that has ended since is left out
			return
		}
		if e.Outcome == Acknowledged {
			p.Regions[e.Region].Acknowledged[at]++
		} else {
			p.Regions[e.Region].Failed[at]++
		}
	})
	return p
}

// stepFor is the shortest step with which the stretches are not too many.
func stepFor(whole Moment) time.Duration {
	i := slices.IndexFunc(steps, func(step time.Duration) bool { return whole/step < mostStretches })
	if i >= 0 {
		return steps[i]
	}
	return whole/mostStretches + 1
}
