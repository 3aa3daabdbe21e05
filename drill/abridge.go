package drill

// Abridged returns a copy of the record that holds at most so many missed writes one by one, the oldest, and the others by
// their number: of a long outage there may be millions. Every report is the same as from the whole record: what it takes of
// single writes is in Windows.
func (r *Record) Abridged(most int) *Record {
	if len(r.Missed) <= most {
		return r
	}
	short := *r
	short.Missed = r.Missed[:most]
	short.MissedBeyond = make(map[Fate]int)
	for f, n := range r.MissedBeyond {
		short.MissedBeyond[f] = n
	}
	for _, m := range r.Missed[most:] {
		short.MissedBeyond[m.Fate]++
	}
	return &short
}

// AtFailover returns the number of missed writes.
func (r *Record) AtFailover() int {
	n := len(r.Missed)
	for _, beyond := range r.MissedBeyond {
		n += beyond
	}
	return n
}

// Count returns the number of missed writes of a fate.
func (r *Record) Count(f Fate) int {
	n := r.MissedBeyond[f]
	for _, m := range r.Missed {
		if m.Fate == f {
			n++
		}
	}
	return n
}

// LastConverged is when the last of the missed writes was found readable in the target; 0 when none was.
func (r *Record) LastConverged() Moment {
	var last Moment
	for _, m := range r.Missed {
		last = max(last, m.ConvergedAt)
	}
	if len(r.MissedBeyond) > 0 {
		for _, w := range r.Windows {
			last = max(last, w.ConvergedAt)
		}
	}
	return last
}
