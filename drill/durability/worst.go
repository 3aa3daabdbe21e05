package durability

import (
	"cmp"
	"slices"
)

// worstOf returns the repeat of a row that lost most, one that broke its promise before those that kept it, with the RPO of all: what a
// crash costs depends on the moment at which it comes, and what counts is what it
// can cost. A repeat that could not be measured stands for the row, since what it
// would have lost is not known. There must be at least one.
func worstOf(repeats []Row) Row {
	if i := slices.IndexFunc(repeats, func(r Row) bool { return !r.Measured() }); i >= 0 {
		return repeats[i]
	}
	worst := slices.MaxFunc(repeats, func(a, b Row) int {
		return cmp.Or(kept(b)-kept(a), cmp.Compare(a.Loss.RPO, b.Loss.RPO), cmp.Compare(a.Loss.Lost, b.Loss.Lost), longer(a, b), cmp.Compare(a.Latency.P99, b.Latency.P99))
	})
	worst.Draws = nil
	for _, r := range repeats {
		worst.Draws = append(worst.Draws, r.Loss.RPO)
	}
	return worst
}

func kept(r Row) int {
	if r.Kept() {
		return 1
	}
	return 0
}

// longer compares what a client had to wait, or a replica to catch up.
func longer(a, b Row) int {
	if a.Downtime != nil && b.Downtime != nil {
		return cmp.Compare(*a.Downtime, *b.Downtime)
	}
	if a.Resync != nil && b.Resync != nil {
		return cmp.Compare(a.Resync.Took, b.Resync.Took)
	}
	return 0
}
