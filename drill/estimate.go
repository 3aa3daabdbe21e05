package drill

import (
	"math"
	"time"
)

// Estimate is what a drill may come to, told before it begins. The ends that
// begin with Most are those of the longest course: every wait of the drill lasts
// to its limit. They are what the memory must suffice for.
type Estimate struct {
	Duration     time.Duration // when the region is lost, found out, healed and back within seconds
	MostDuration time.Duration
	Rate         float64 // writes a second
	Keys         int     // in each region: all are everywhere once converged
	MostKeys     int
	BytesPerKey  int // of memory in one region, its replicas and all metadata included
	Bytes        int // in each region
	MostBytes    int
	Connections  int // to all regions together, at the most
}

// Of the memory that a key takes. An entry of the keyspace and one of the
// expiries, the objects and their strings took 163 to 227 bytes beside the
// payload on Redis 7.0, measured with 100,000 keys; the allocator rounds long
// values up by less than a third.
const (
	keyOverhead   = 200 // bytes, beside the prefix and the payload
	roundedUp     = 1.3
	replicated    = 2 // by a replica in the region: the memory limit of Redis Enterprise counts both
	activeActive  = 2 // Redis documents up to twice the memory for metadata and backlogs
	ordinaryTimes = 10 * time.Second
)

// Estimate computes the estimate. The configuration has been checked.
func (c Config) Estimate() Estimate {
	writes := func(d time.Duration) int { return int(math.Ceil(c.Rate * d.Seconds())) }
	e := Estimate{
		Duration:     c.Scenario.Steady + c.Scenario.Outage + c.Scenario.Settle + ordinaryTimes,
		MostDuration: c.longest(), Rate: c.Rate, Connections: c.connections(),
		BytesPerKey: replicated * activeActive * (keyOverhead + len(c.Prefix) + int(roundedUp*float64(c.Payload))),
	}
	e.Keys, e.MostKeys = writes(e.Duration), writes(e.MostDuration)
	if c.Manners.Retry.Fresh {
		e.MostKeys *= 1 + c.Manners.Retry.Limit // each attempt writes one of its own
	}
	if limit := c.Manners.Keys; limit > 0 {
		e.Keys, e.MostKeys = min(e.Keys, limit), min(e.MostKeys, limit)
	}
	e.Bytes, e.MostBytes = e.Keys*e.BytesPerKey, e.MostKeys*e.BytesPerKey
	return e
}

// connections is how many there are at the most: of the probe one to publish and
// one to subscribe for each shard, and of the application as many as it may have
// and what reads back beside it, to any shard.
func (c Config) connections() int {
	n := 0
	for _, m := range c.Maps {
		n += len(m.Shards) * (2 + c.Connections + atOnce)
	}
	return n
}

// mostBytesOn is the share of the estimate that one shard of a region bears: the
// writes go to the slots of the cover in turn.
func (c Config) mostBytesOn(region, shard int) uint64 {
	owned := 0
	for _, slot := range c.Cover {
		if i, ok := c.Maps[region].ShardOf(slot); ok && i == shard {
			owned++
		}
	}
	e := c.Estimate()
	keys := math.Ceil(float64(e.MostKeys) * float64(owned) / float64(len(c.Cover)))
	return uint64(keys) * uint64(e.BytesPerKey)
}
