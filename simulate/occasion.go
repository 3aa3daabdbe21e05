package simulate

import (
	"context"
	"math"
	"slices"

	"github.com/aafailover/aafailover/probe"
)

// Count is what a simulation has counted.
type Count struct {
	Occasions int // pauses or slowdowns
	Alarms    int // occasions on which something was called unusable that was not broken for good
}

// Share returns the share of the occasions with an alarm.
func (c Count) Share() float64 { return float64(c.Alarms) / float64(max(c.Occasions, 1)) }

// Upper returns what the share is less than with 95 % confidence: after none in n, 3/n, and otherwise by the normal
// approximation of Wilson, one-sided.
func (c Count) Upper() float64 {
	n := float64(c.Occasions)
	if n == 0 {
		return 1
	}
	if c.Alarms == 0 {
		return min(1, 3/n)
	}
	const z = 1.645
	p := c.Share()
	return min(1, (p+z*z/(2*n)+z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n)))/(1+z*z/n))
}

// raises tells whether a snapshot says that something cannot be used.
func raises(s *probe.Snapshot) bool {
	return slices.ContainsFunc(s.Findings, func(f probe.Finding) bool {
		return f.Severity == probe.Failure && f.Kind != probe.FindingObserver
	})
}

// occasions simulates something that happens now and then, and then time until nothing of it is left.
func occasions(ctx context.Context, q Question, happens func(w *world)) (Count, error) {
	q = q.small()
	raised := make([]bool, q.Runs)
	err := each(ctx, q.Runs, func(ctx context.Context, number int) error {
		w, err := newWorld(ctx, q, number)
		if err != nil {
			return err
		}
		w.settle()
		w.watch = func(s *probe.Snapshot) { raised[number] = raised[number] || raises(s) }
		happens(w)
		w.settle()
		return w.err
	})
	c := Count{Occasions: q.Runs}
	for _, r := range raised {
		if r {
			c.Alarms++
		}
	}
	return c, err
}

// serverPause lets one shard do nothing for a while.
func serverPause(w *world) {
	length := w.q.Network.ServerPause.Length
	w.regions[w.random.IntN(w.q.Regions)].pause(w.random.IntN(w.q.Shards), length)
	w.run(w.now+length, nil)
}

// observerPause lets the observer do nothing for a while.
func observerPause(w *world) {
	length := w.q.Network.ObserverPause.Length
	w.pauseObserver(length)
	w.run(w.now+length, nil)
}

// slowdown lets the delay grow, and stay what it has become for as long again.
func slowdown(w *world) {
	length, factor, began := w.q.Network.Slowdown.Length, w.q.Network.SlowdownFactor, w.now
	w.stretch = func(now instant) float64 {
		return 1 + (factor-1)*min(1, float64(now-began)/float64(length))
	}
	w.run(began+2*length, nil)
	w.stretch = nil
}
