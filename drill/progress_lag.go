package drill

import "time"

// lagSource is where the lags come from: a sampler while it samples, what it came to afterwards, and before nothing.
type lagSource struct {
	sampler *sampler
	known   []*Lag // by region; nil while the sampler samples
}

// lagPause is the time between two looks at a sampler: each sorts all that it has.
const lagPause = time.Second

// lagGauge reads lags for who watches.
type lagGauge struct {
	next Moment // when the sampler is looked at again
	last []*Lag
}

// read returns the lag of each region, nil of those where none was measured.
func (g *lagGauge) read(from lagSource, now Moment, regions int) []*Lag {
	switch {
	case from.known != nil:
		return from.known
	case from.sampler == nil:
		return make([]*Lag, regions)
	case g.last == nil || now >= g.next:
		g.next, g.last = now+lagPause, make([]*Lag, regions)
		for i := range g.last {
			if lag, ok := from.sampler.lag(i); ok {
				g.last[i] = &lag
			}
		}
	}
	return g.last
}

// lagsByRegion are the lags before the fault by the index of the region, once they are known.
func (r *run) lagsByRegion() []*Lag {
	known := make([]*Lag, len(r.Maps))
	for i := range known {
		if lag, ok := r.steadyLags[r.name(i)]; ok {
			known[i] = &lag
		}
	}
	return known
}
