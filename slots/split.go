package slots

import "math"

// Even returns the slots of n shards of the same size, one range each, cut exactly where `redis-cli --cluster create` cuts:
// 0-5460, 5461-10922 and 10923-16383 for three. It panics when n is not within 1 and [Count].
func Even(n int) [][]Range {
	if n < 1 || n > Count {
		panic("slots: an even split needs 1 to 16384 shards")
	}
	// redis-cli adds up and rounds single-precision numbers (clusterManagerCommandCreate in redis-cli.c); with better
	// arithmetic some splits would differ from its own by a slot.
	size, begin := float32(Count)/float32(n), float32(0)
	split := make([][]Range, n)
	first := 0
	for i := range split {
		last := int(math.Round(float64(begin + size - 1)))
		// Every shard, this one and the n-1-i after it, gets at least one slot, and the last one gets the rest.
		last = min(max(last, first), Count-(n-i))
		if i == n-1 {
			last = Count - 1
		}
		split[i] = []Range{{first, last}}
		first, begin = last+1, begin+size
	}
	return split
}

// UnknownSpread is how many slots are tried in a region whose sharding is not known. With 16, each of up to 16 equal shards
// that own one run of slots is reached; nothing is proven about any other sharding.
const UnknownSpread = 16

// Spread returns n slots at equal distances, ascending: the first ones of [Even]. It panics as Even does.
func Spread(n int) []int {
	split := Even(n)
	spread := make([]int, n)
	for i, ranges := range split {
		spread[i] = ranges[0].First
	}
	return spread
}
