package canary

import (
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/probe"
)

// lagSpan is the time after which lags are forgotten, once or twice over: what a
// link did last week says nothing of what to expect today.
const lagSpan = time.Hour

// lags are how long writes took from their acknowledgement in one region until
// they were found in another that was there all the time, and linked with it, for
// the present span and the one before.
type lags struct {
	regions     int
	now, before []probe.Distribution
	began       Moment
}

func newLags(regions int) lags {
	return lags{regions: regions, now: make([]probe.Distribution, regions*regions), before: make([]probe.Distribution, regions*regions)}
}

func (l *lags) add(from, to int, lag time.Duration, at Moment) {
	if at-l.began >= lagSpan {
		l.now, l.before = l.before, l.now
		clear(l.now)
		l.began = at
	}
	l.now[from*l.regions+to].Add(max(lag, 0))
}

// of returns the lag from one region to another, with the number of writes.
func (l *lags) of(from, to int) (rtt probe.RTT, writes uint64) {
	var both probe.Distribution
	both.Merge(&l.now[from*l.regions+to])
	both.Merge(&l.before[from*l.regions+to])
	return both.Summary(), both.Count()
}

// expected returns the lag that missed writes are expected from.
func (l *lags) expected(from, to int) drill.Lag {
	rtt, n := l.of(from, to)
	if n == 0 {
		return drill.Lag{}
	}
	return drill.Lag{P50: rtt.P50, P99: rtt.P99, Max: rtt.Max, Samples: int(n), Within: lookEvery} //nolint:gosec // fewer than MaxRate in two hours
}
