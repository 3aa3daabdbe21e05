package engine

import "cmp"

// Stamp says when and where something was done. Stamps are unique and totally ordered: by time, then by replica. The
// zero Stamp is before all others and stands for "never".
type Stamp struct {
	// Time is a hybrid logical clock in nanoseconds since 1970: the wall clock, or one more than the highest time this
	// replica has seen, whichever is higher. So whatever was done knowing of a stamp has a higher one.
	Time    int64
	Replica uint8
}

// Compare returns -1, 0 or +1 as s is before, the same as, or after o.
func (s Stamp) Compare(o Stamp) int {
	return cmp.Or(cmp.Compare(s.Time, o.Time), cmp.Compare(s.Replica, o.Replica))
}

// IsZero tells whether s is the zero Stamp.
func (s Stamp) IsZero() bool { return s == Stamp{} }
