package engine

import "slices"

// joinEnds merges two lists that ascend by replica, and tells whether the result differs from a. It returns a itself
// when it does not. A replica's later end replaces its earlier one.
func joinEnds(a, b []End) (joined []End, changed bool) {
	if len(b) == 0 || slices.Equal(a, b) {
		return a, false
	}
	joined = make([]End, 0, max(len(a), len(b)))
	rest := a
	for _, x := range b {
		i, found := slices.BinarySearchFunc(rest, x.Stamp.Replica, compareReplica)
		joined = append(joined, rest[:i]...)
		rest = rest[i:]
		if found {
			x, rest = rest[0].join(x), rest[1:]
		}
		joined = append(joined, x)
	}
	joined = append(joined, rest...)
	if slices.Equal(a, joined) {
		return a, false
	}
	return joined, true
}

func compareReplica(x End, replica uint8) int { return int(x.Stamp.Replica) - int(replica) }

func (x End) join(o End) End {
	// Of one and the same end, being replaced is the later knowledge.
	if c := x.Stamp.Compare(o.Stamp); c < 0 || c == 0 && o.At == Replaced {
		return o
	}
	return x
}

// replaceEnds returns the ends after a replica wrote a new one, knowing of all the others.
func replaceEnds(ends []End, end End) []End {
	replaced := make([]End, 0, len(ends)+1)
	put := false
	for _, x := range ends {
		if !put && x.Stamp.Replica >= end.Stamp.Replica {
			replaced, put = append(replaced, end), true
		}
		if x.Stamp.Replica != end.Stamp.Replica {
			replaced = append(replaced, End{x.Stamp, Replaced})
		}
	}
	if !put {
		replaced = append(replaced, end)
	}
	return replaced
}

// latest returns the latest of the ends that were not replaced, in unix milliseconds, or Never.
func latest(ends []End) int64 {
	var at int64
	for _, x := range ends {
		if x.At == Never {
			return Never
		}
		at = max(at, x.At)
	}
	return at
}
