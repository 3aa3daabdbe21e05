package engine

import (
	"math"
	"math/bits"
	"slices"
)

// counted tells whether anything was added that no removal had seen.
func (p Part) counted() bool { return p.Time > p.RemovedTime }

func anyCounted(parts []Part) bool { return slices.ContainsFunc(parts, Part.counted) }

// join takes the newer knowledge of the additions and of the removals.
func (p Part) join(o Part) Part {
	if o.Time > p.Time {
		p.Time, p.Sum = o.Time, o.Sum
	}
	if o.RemovedTime > p.RemovedTime {
		p.RemovedTime, p.RemovedSum = o.RemovedTime, o.RemovedSum
	}
	return p
}

// joinParts merges two lists that ascend by Start, and tells whether the result differs from a. It returns a itself
// when it does not.
func joinParts(a, b []Part) (joined []Part, changed bool) {
	if len(b) == 0 || slices.Equal(a, b) {
		return a, false
	}
	joined = make([]Part, 0, max(len(a), len(b)))
	rest := a
	for _, p := range b {
		i, found := slices.BinarySearchFunc(rest, p.Start, compareStart)
		joined = append(joined, rest[:i]...)
		rest = rest[i:]
		if found {
			p, rest = rest[0].join(p), rest[1:]
		}
		joined = append(joined, p)
	}
	joined = append(joined, rest...)
	if slices.Equal(a, joined) {
		return a, false
	}
	return joined, true
}

func compareStart(p Part, start Stamp) int { return p.Start.Compare(start) }

// addToParts returns the parts after the replica added delta at the time of the stamp. It continues the replica's own
// part when that was started after since and has room for delta, and else starts another.
func addToParts(parts []Part, stamp Stamp, delta, since int64) []Part {
	for i, p := range parts {
		if p.Start.Replica != stamp.Replica || p.Start.Time <= since {
			continue
		}
		if sum, ok := add(p.Sum, delta); ok {
			parts = slices.Clone(parts)
			parts[i].Time, parts[i].Sum = stamp.Time, sum
			return parts
		}
	}
	// A new stamp is after all others that this replica knows, so the order by Start is kept.
	return append(slices.Clip(parts), Part{Start: stamp, Time: stamp.Time, Sum: delta})
}

// removeParts returns the parts after a removal that saw all of them.
func removeParts(parts []Part) []Part {
	if !anyCounted(parts) {
		return parts
	}
	parts = slices.Clone(parts)
	for i := range parts {
		p := &parts[i]
		if p.counted() {
			p.RemovedTime, p.RemovedSum = p.Time, p.Sum
		}
	}
	return parts
}

// total returns base plus what was counted and not removed. Sums of several regions may leave the range of int64,
// although no region's own view did: the total is then the limit that was passed. It is summed in 128 bits, so that the
// order of the parts cannot matter.
func total(base int64, parts []Part) int64 {
	hi, lo := uint64(base>>63), uint64(base)
	var carry uint64
	for _, p := range parts {
		if !p.counted() {
			continue
		}
		lo, carry = bits.Add64(lo, uint64(p.Sum), 0)
		hi, _ = bits.Add64(hi, uint64(p.Sum>>63), carry)
		lo, carry = bits.Sub64(lo, uint64(p.RemovedSum), 0)
		hi, _ = bits.Sub64(hi, uint64(p.RemovedSum>>63), carry)
	}
	switch {
	case int64(hi) == int64(lo)>>63:
		return int64(lo)
	case int64(hi) < 0:
		return math.MinInt64
	}
	return math.MaxInt64
}
