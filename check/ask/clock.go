package ask

import (
	"context"
	"time"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/vitals"
)

// clockSamples is how often a server is asked for its time: the shortest of so many round trips is hardly delayed.
const clockSamples = 8

// clock asks a server for its time. An error is one of the connection.
func (a *asking) clock(ctx context.Context, x *region.Examination) (vitals.Field[check.Clock], error) {
	var best check.Clock
	for range clockSamples {
		moment, err := x.Time(ctx)
		if err != nil || !moment.Known() {
			return vitals.Field[check.Clock]{Standing: moment.Standing}, err
		}
		if sample := a.compare(moment.Value); best.Samples == 0 || sample.Within < best.Within {
			best = check.Clock{Offset: sample.Offset, Within: sample.Within, Samples: best.Samples}
		}
		best.Samples++
	}
	return vitals.FieldOf(best), nil
}

// resolution is that of TIME.
const resolution = time.Microsecond

// compare is what one round trip tells: the server looked at its clock at some time in it, which cannot be farther from
// its middle than half of it. The observer's clock is that of when everything began, and runs on by the monotonic one: it
// is the same for all regions, also where somebody sets it in between.
func (a *asking) compare(m region.Moment) check.Clock {
	half := m.Took / 2
	here := a.began.Round(0).Add(m.Sent.Sub(a.began) + half)
	// TIME cuts off what is less than a microsecond.
	return check.Clock{Offset: m.Server.Add(resolution / 2).Sub(here), Within: half + resolution}
}
