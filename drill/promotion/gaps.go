package promotion

import (
	"slices"

	"github.com/aafailover/aafailover/drill"
)

// Stretch is the time in which loads are looked at: from the fault to the heal, and
// up to the end for what began before that.
type Stretch struct{ Fault, Heal, End drill.Moment }

// LoadsOf sums up what the application saw of each of so many shards. The writes of
// other clients do not count. It is pure.
func LoadsOf(l *drill.Ledger, others *drill.Numbers, shardOf func(slot int) int, shards int, over Stretch) []ShardLoad {
	loads := make([]ShardLoad, shards)
	acks := make([][]drill.Moment, shards)
	for n := range l.Len() {
		e := l.Entry(n)
		i := shardOf(e.Slot)
		if others.Has(n) {
			continue
		}
		if e.Outcome == drill.Acknowledged {
			acks[i] = append(acks[i], e.Ended)
		}
		if e.Sent >= over.Fault && e.Sent < over.Heal {
			loads[i].Asked++
			if e.Outcome != drill.Acknowledged {
				loads[i].Failed++
			}
		}
	}
	for i := range loads {
		loads[i].GapFrom, loads[i].Gap = longestGap(acks[i], over)
	}
	return loads
}

// longestGap is the longest time between two acknowledgements that lies after the
// fault, at least in part. The end of the drill ends the last one.
func longestGap(acks []drill.Moment, over Stretch) (from, gap drill.Moment) {
	slices.Sort(acks)
	last := drill.Moment(0)
	for _, at := range append(acks, over.End) {
		if at > over.Fault && at-last > gap {
			from, gap = last, at-last
		}
		last = max(last, at)
	}
	return from, gap
}
