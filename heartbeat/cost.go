package heartbeat

// Cost is what the heart takes from the regions and from the links between them.
type Cost struct {
	Connections     int     // to all regions together
	Keys            int     // in every region, at most
	WritesPerSecond float64 // in all regions together
	ReadsPerSecond  float64
	BytesPerSecond  float64 // of writes that replication carries between regions, all links together; an estimate
}

// CostOf returns what running with this Config will take, which need not pass Check: without Stores it works, too.
func CostOf(c Config) Cost {
	c = c.complete()
	cost := Cost{}
	writes, reads, bytes := 0, 0, 0
	for _, p := range c.plans(c.Writable) {
		cost.Connections++
		writes += len(p.writes)
		reads += len(p.reads)
		for _, id := range p.reads {
			if id.source != p.region {
				bytes += writeBytes(Key(c.Prefix, id.slot, c.Maps[id.source].Region), c.Observer)
			}
		}
	}
	perSecond := 1 / c.Interval.Seconds()
	cost.Keys = writes
	cost.WritesPerSecond = perSecond * float64(writes)
	cost.ReadsPerSecond = perSecond * float64(reads)
	cost.BytesPerSecond = perSecond * float64(bytes)
	return cost
}

// writeBytes estimates what one write takes on one link: a SET command as RESP with the expiry made absolute, which is what
// replication of Redis carries. An Active-Active deployment adds a header of its own, and compresses.
func writeBytes(key, observer string) int {
	const (
		frame   = len("*5\r\n$3\r\nSET\r\n$00\r\n\r\n$00\r\n\r\n$4\r\nPXAT\r\n$13\r\n0000000000000\r\n")
		payload = len(beatMark) + 1 + 6 + 1 + len(beatTime) // a number of 6 digits
	)
	return frame + len(key) + payload + len(observer)
}
