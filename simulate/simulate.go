// Package simulate tells what a policy of the probe is worth on a network: how often it raises a false alarm, how soon it
// notices what is really broken, and what it costs. It proposes policies, too, and shows the published defaults of client
// libraries beside them.
//
//	                 ┌─ solved ──── chains and tails: false alarms of one in ten years, which nobody can wait for
//	Question ────────┤                                                                                            ├──> Assessment
//	policy, network, └─ simulated ─ world: probe.Observer, all of it, over endpoints in virtual time
//	regions × shards                 │ Publish, Ping ──> delay, loss, pauses, faults ──> Sink │
//
// What is simulated drives the production code of package probe, its schedule, queue, reducers and verdict, through a queue of
// events; nothing of it is written twice here. What is solved is derived from the rule of the detector, which is
// stated beside each formula, and both are compared wherever alarms are frequent enough to be counted.
//
// It opens no connection, reads no clock and knows no flag. Everything random follows from one seed: the same question has
// the same answer.
//
// A false alarm is a finding that something cannot be used, where nothing is broken that lasts. Loss and lateness that is
// called degraded is none: that is what the network is.
package simulate

import (
	"errors"
	"fmt"
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// Question is what is asked about.
type Question struct {
	Policy      probe.Policy
	Network     Network
	Connections Connections
	// Regions and Shards say how large the deployment is: so many regions, each with so many shards, sharded equally.
	Regions, Shards int
	// Runs is how often each fault and each occasion is simulated, except where that would take long.
	Runs int
	// Seed is what everything random follows from.
	Seed uint64
}

// Connections is how the connections of the probe behave.
type Connections struct {
	Redial  time.Duration // between a connection that failed and the next attempt
	Timeout time.Duration // how long an attempt to connect, or a reply, may take until the connection is given up
}

// Bounds of a Question: what takes longer than seconds is not worth it.
const (
	MaxRegions = 10
	MaxShards  = 1024
	MaxRuns    = 100_000
	// MaxUnderWay bounds how many messages of one channel may be on their way, or waited for, at a time: Delay and Deadline, in
	// intervals.
	MaxUnderWay = 1000
)

// Check returns an error that says what makes no sense, all of it; nil when everything does.
func (q Question) Check() error {
	errs := []error{q.Policy.Check(), q.Network.Check()}
	bad := func(when bool, format string, args ...any) {
		if when {
			errs = append(errs, fmt.Errorf(format, args...))
		}
	}
	bad(q.Regions < 2 || q.Regions > MaxRegions, "%d regions: must be 2 to %d", q.Regions, MaxRegions)
	bad(q.Shards < 1 || q.Shards > MaxShards, "%d shards: must be 1 to %d", q.Shards, MaxShards)
	bad(q.Runs < 1 || q.Runs > MaxRuns, "%d runs: must be 1 to %d", q.Runs, MaxRuns)
	if interval := q.Policy.Interval; interval > 0 {
		bad(q.Network.Delay/interval > MaxUnderWay, "delay %v at an interval of %v: must be at most %d intervals", q.Network.Delay, interval, MaxUnderWay)
		bad(q.Policy.Deadline/interval > MaxUnderWay, "deadline %v at an interval of %v: must be at most %d intervals", q.Policy.Deadline, interval, MaxUnderWay)
	}
	bad(q.Connections.Redial <= 0, "redial %v: must be more than 0", q.Connections.Redial)
	bad(q.Connections.Timeout <= 0, "timeout %v: must be more than 0", q.Connections.Timeout)
	return errors.Join(errs...)
}

// cells is how many cells lead from one region to another; loops are none.
func (q Question) cells() int { return q.Regions * (q.Regions - 1) * q.Shards }

// shards is how many shards there are in all regions together.
func (q Question) shards() int { return q.Regions * q.Shards }

// Year is what rates are given for.
const Year = 8766 * time.Hour // 365.25 days

// perYear returns how many intervals a year has.
func perYear(interval time.Duration) float64 { return float64(Year) / float64(interval) }

// deployment returns the slot maps of so many regions with so many shards each, and the slots that are tried.
func deployment(regions, shards int) (maps []slots.Map, cover []int) {
	for i := range regions {
		m := slots.Map{Region: fmt.Sprintf("r%d", i+1), Source: slots.ClusterSlots}
		for k, ranges := range slots.Even(shards) {
			m.Shards = append(m.Shards, slots.Shard{ID: fmt.Sprint(k + 1), Slots: ranges})
		}
		maps = append(maps, m)
	}
	return maps, slots.Cover(maps, nil)
}

// Cost returns what observing takes.
func (q Question) Cost() probe.Cost {
	maps, cover := deployment(q.Regions, q.Shards)
	return probe.CostOf(probe.Config{Policy: q.Policy, Prefix: prefix, Maps: maps, Cover: cover})
}

// prefix begins the names of the channels.
const prefix = "aafailover"

// mostRedial is the longest time between two attempts to connect.
const mostRedial = 250 * time.Millisecond

// ConnectionsOf returns how the connections of a probe with this policy behave: made again once an interval, and given up
// when a reply takes longer than the time-out, and than the shard has until it is down.
func ConnectionsOf(p probe.Policy, timeout time.Duration) Connections {
	return Connections{Redial: min(p.Interval, mostRedial), Timeout: max(timeout, p.Deadline+time.Duration(p.Unanswered)*p.Interval)}
}
