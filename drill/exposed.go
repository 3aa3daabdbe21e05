package drill

import (
	"context"
	"time"
)

// Exposed is what a failover to a region would miss at a moment: the acknowledged
// writes that are not readable there. It is measured where the application stays
// although its writes do not get through.
type Exposed struct {
	Region int
	At     Moment // when the look began
	Count  int
	Unread int // writes that could not be looked for
	// Oldest is how long before At the oldest of them was acknowledged: the RPO
	// that a failover would have.
	Oldest Moment
}

// exposed looks in a region for what was acknowledged elsewhere since a moment, the
// newest first. What is acknowledged while it looks is not counted.
func (r *run) exposed(ctx context.Context, region int, since Moment) Exposed {
	x := Exposed{Region: region, At: r.now()}
	written := r.ledger.selectWrites(func(e Entry, _ mark) bool {
		return e.Outcome == Acknowledged && e.Region != region && e.Ended >= since && e.Ended <= x.At
	})
	x.Unread = r.lookFor(ctx, region, written, func(reading Reading) {
		if !reading.Found {
			x.Count++
			x.Oldest = max(x.Oldest, x.At-r.ledger.Entry(reading.Write).Ended)
		}
	})
	return x
}

// measureExposed looks in every other region that is there for what a failover to
// it would miss now. Older writes than those that may still be on their way were
// readable before the fault.
func (r *run) measureExposed(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, exposedLimit)
	defer cancel()
	for _, region := range r.reachable() {
		if region != r.at {
			r.record.Exposed = append(r.record.Exposed, r.exposed(ctx, region, *r.record.FaultAt-samplePatience))
		}
	}
}

// exposedLimit bounds that look: it keeps the drill from healing.
const exposedLimit = 5 * time.Second
