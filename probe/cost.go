package probe

import "github.com/aafailover/aafailover/slots"

// Cost is what observing takes, from the regions and from the links between them.
type Cost struct {
	Connections         int     // to all regions together
	MessagesPerSecond   float64 // published, in all regions together
	PingsPerSecond      float64
	DeliveriesPerSecond float64 // received by the observer, from all regions together
	BytesPerSecond      float64 // of messages that replication carries between regions, all links together; an estimate
}

// CostOf returns what running with this Config will take, which need not pass Check: without Endpoints it works, too.
func CostOf(c Config) Cost {
	if c.Policy.Interval <= 0 {
		return Cost{}
	}
	perSecond := 1 / c.Policy.Interval.Seconds()
	var cost Cost
	channels, deliveries, bytes := 0, 0, 0
	for _, m := range c.Maps {
		cost.Connections += 2 * len(m.Shards) // one to publish, one to subscribe
		cost.PingsPerSecond += perSecond * float64(len(m.Shards))
		for _, slot := range c.Cover {
			if _, ok := m.ShardOf(slot); !ok {
				continue
			}
			channels++
			targets := 0
			for _, to := range c.Maps {
				if _, ok := to.ShardOf(slot); ok {
					targets++
				}
			}
			deliveries += targets
			bytes += (targets - 1) * messageBytes(c.Prefix, slot, m.Region)
		}
	}
	cost.MessagesPerSecond = perSecond * float64(channels)
	cost.DeliveriesPerSecond = perSecond * float64(deliveries)
	cost.BytesPerSecond = perSecond * float64(bytes)
	return cost
}

// messageBytes estimates what one message takes on one link: a PUBLISH command as RESP, which is what replication of
// Redis carries. An Active-Active deployment adds a header of its own, and compresses.
func messageBytes(prefix string, slot int, region string) int {
	const (
		frame   = len("*3\r\n$7\r\nPUBLISH\r\n$00\r\n\r\n$00\r\n\r\n")
		payload = len(messageMark) + randomObserver + 1 + 6 + 1 + nonceDigits // a sequence number of 6 digits
	)
	return frame + len(slots.Channel(prefix, slot, region)) + payload
}
