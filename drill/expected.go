package drill

import "time"

// OnTheirWay is the number of writes that are acknowledged and not readable in the
// other region yet, at any moment before the fault: lag times rate, with the median
// and with the 99th percentile of the lag. It is an estimate: arrivals are random.
func (r *Record) OnTheirWay() (low, high int) { return r.acknowledgedWithin(r.Lag.P50, r.Lag.P99) }

// ExpectedMissed is how many of those lag and rate let one expect to be missing at the
// cut-over. A fault that stops the servers stops what is on its way from them, so that
// it is all of them. Behind a proxy replication goes on: what the shards that are hit
// had acknowledged has had the time until the cut-over to arrive.
func (r *Record) ExpectedMissed() (low, high int) {
	rto, moved := r.RTO()
	if r.Way != ByProxy || !moved {
		return r.OnTheirWay()
	}
	spared := r.spared(rto.Total)
	left := func(lag time.Duration) time.Duration {
		return time.Duration(spared*float64(lag) + (1-spared)*float64(max(lag-rto.Total, 0)))
	}
	return r.acknowledgedWithin(left(r.Lag.P50), left(r.Lag.P99))
}

// spared is the share of the shards of the preferred region that the fault had not hit
// a time after its begin: the application could write to them until then.
func (r *Record) spared(until time.Duration) float64 {
	m := r.Maps[r.From]
	hit := make(map[int]bool)
	for _, step := range r.Scenario.Steps {
		a := step.Action
		if step.Phase != PhaseFault || step.After > until || a.Kind.OfLink() || a.Kind.Undoes() || a.Region != Local && a.Region != m.Region {
			continue
		}
		if a.Shard == AllShards {
			return 0
		}
		hit[a.Shard] = true
	}
	return max(1-float64(len(hit))/float64(max(len(m.Shards), 1)), 0)
}

// acknowledgedWithin is how many writes are acknowledged within times, at the rate
// before the fault.
func (r *Record) acknowledgedWithin(low, high time.Duration) (fewest, most int) {
	return int(r.Reached * low.Seconds()), int(r.Reached*high.Seconds() + 0.5)
}
