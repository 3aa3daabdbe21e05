package engine

// record is all that a replica knows of a key. Its slices are shared with effects and undo copies, so they are replaced
// and never changed in place.
type record struct {
	base    Stamp // of the write that value is from
	value   []byte
	removed bool // the value, not necessarily the parts
	dumped  bool // the value is not a string but the dump of another type
	parts   []Part
	ends    []End
}

// join merges two records of a key into one that knows what either knew, and tells whether that is more than a knew. It
// is commutative, associative and idempotent: the reason why regions converge.
func join(a, b record) (joined record, changed bool) {
	joined = a
	joined.ends, changed = joinEnds(a.ends, b.ends)
	switch a.base.Compare(b.base) {
	case +1: // the other write lost, and with it what was done to it
		return joined, changed
	case -1:
		joined.base, joined.value, joined.removed, joined.dumped, joined.parts = b.base, b.value, b.removed, b.dumped, b.parts
		return joined, true
	}
	if b.removed && !a.removed {
		joined.removed, joined.value, joined.dumped, changed = true, nil, false, true
	}
	var more bool
	joined.parts, more = joinParts(a.parts, b.parts)
	return joined, changed || more
}

// withoutSeen returns the record after a removal: the value and all that was counted so far are gone, and what others
// count without knowing of the removal will stay.
func (r record) withoutSeen() record {
	r.removed, r.value, r.dumped = true, nil, false
	r.parts = removeParts(r.parts)
	return r
}

// hasValue tells whether the register holds a value that was not removed.
func (r *record) hasValue() bool { return !r.base.IsZero() && !r.removed }

// recordOf returns what an effect knows of its key.
func recordOf(x Effect) record {
	return record{base: x.Base, value: x.Value, removed: x.Removed, dumped: x.Dumped, parts: x.Parts, ends: x.Ends}
}

// effect returns the record as an effect.
func (r *record) effect(kind Kind, key string, stamp Stamp) Effect {
	return Effect{
		Kind: kind, Key: key, Stamp: stamp,
		Base: r.base, Value: r.value, Removed: r.removed, Dumped: r.dumped, Parts: r.parts, Ends: r.ends,
	}
}
