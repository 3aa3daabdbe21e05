package promotion

import (
	"cmp"
	"slices"

	"github.com/aafailover/aafailover/drill"
)

// Takeover is a change of the server that takes the application's writes.
type Takeover struct {
	From, To int          // hosts
	At       drill.Moment // the first write that To acknowledged
}

// TakeoversOf returns those of a shard, in their order, as the application found them:
// by who acknowledged its writes. The writes of other clients do not count. It is pure.
//
// Answers of the former primary can come after the first of its successor. Only a write
// that was sent after that can tell that the successor was replaced as well.
func TakeoversOf(l *drill.Ledger, others *drill.Numbers, shardOf func(slot int) int, shard, from int) []Takeover {
	var acks []drill.Entry
	for n := range l.Len() {
		if e := l.Entry(n); e.Outcome == drill.Acknowledged && shardOf(e.Slot) == shard && !others.Has(n) {
			acks = append(acks, e)
		}
	}
	slices.SortFunc(acks, func(a, b drill.Entry) int { return cmp.Compare(a.Ended, b.Ended) })
	var all []Takeover
	now, since := from, drill.Moment(0)
	for _, e := range acks {
		if e.Region != now && e.Sent >= since {
			all = append(all, Takeover{From: now, To: e.Region, At: e.Ended})
			now, since = e.Region, e.Ended
		}
	}
	return all
}
