package canary

import (
	"strconv"

	"github.com/aafailover/aafailover/slots"
)

// Cost is what the canary takes from the regions and from the links between them
// while all is well. While an application would be away from home, home is written
// to at the same rate as well.
type Cost struct {
	Connections     int     // to all regions together; a few more after a cut-over
	Keys            int     // in every region
	WritesPerSecond float64 // in one region at a time
	ReadsPerSecond  float64 // of a key, in all regions together
	BytesPerSecond  float64 // of writes that replication carries between regions, all links together; an estimate
}

// CostOf returns what running with this Config will take, which need not pass Check:
// without Stores it works, too.
func CostOf(c Config) Cost {
	c = c.complete()
	others := len(c.Maps) - 1
	cost := Cost{Keys: int(c.Rate * c.Expiry.Seconds()), WritesPerSecond: c.Rate, ReadsPerSecond: c.Rate * float64(max(others, 0))}
	for _, m := range c.Maps {
		cost.Connections += len(m.Shards)
	}
	if len(c.Cover) == 0 {
		return cost
	}
	// A SET with the expiry made absolute, which is what replication of Redis carries.
	// An Active-Active deployment adds a header of its own, and compresses.
	const frame = len("*5\r\n$3\r\nSET\r\n$00\r\n\r\n$00\r\n\r\n$4\r\nPXAT\r\n$13\r\n0000000000000\r\n")
	key := c.Prefix + ":{" + slots.Key(c.Cover[0]) + "}:" + c.Run + ":" + strconv.Itoa(cost.Keys)
	cost.BytesPerSecond = cost.ReadsPerSecond * float64(frame+len(key)+len(value))
	return cost
}
