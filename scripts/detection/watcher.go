package main

import (
	"context"
	"time"

	"github.com/aafailover/aafailover/failover/habit"
	"github.com/aafailover/aafailover/probe"
)

// watcher is a way of watching regions.
type watcher struct {
	name string
	// round is the time after which it does the same again: faults begin at any moment of it.
	round time.Duration
	open  func(context.Context, *deployment) (sight, error)
}

// sight is what somebody who watches a deployment sees of it.
type sight interface {
	// healthy waits until nothing is wrong, and returns false when the context or the watching ended first.
	healthy(context.Context) bool
	// noticed waits until a fault is noticed, and tells when it was; false when the context or the watching ended first.
	noticed(context.Context, kind) (time.Time, bool)
	// close ends the watching, and returns why it had ended before that.
	close() error
}

// byProbe watches as `aafailover probe` does.
func byProbe(s probe.Sensitivity) watcher {
	p := probe.PolicyOf(s)
	return watcher{name: "probe --sensitivity " + string(s), round: p.Interval, open: func(ctx context.Context, d *deployment) (sight, error) {
		return observe(ctx, d, p)
	}}
}

// byPing watches as client libraries do.
func byPing() watcher {
	s := habit.Ping()
	return watcher{name: "drill --client ping", round: s.Pause + time.Duration(s.Probes)*s.Gap, open: func(ctx context.Context, d *deployment) (sight, error) {
		return ping(ctx, d, s)
	}}
}
