package recorder

import "sync/atomic"

// mostShared bounds, in bytes, what all connections of a Recorder take together beyond what each may take in any case.
const mostShared = 192 << 20

// own is what one use of memory of one connection may take in any case, in bytes: enough for all but the largest commands,
// and little enough for a thousand connections.
const own = 32 << 10

// loanStep is in what steps a loan grows, in bytes.
const loanStep = 64 << 10

// room is memory that the connections of a Recorder share. They keep what they borrow of it only for as long as
// something large is under way.
type room struct{ lent atomic.Int64 }

// loan is what one use of memory has borrowed.
type loan struct {
	of *room
	n  int64
}

// covers tells whether the use may hold so much, in bytes, and borrows what is missing: twice as much, since slices grow by up
// to that.
func (l *loan) covers(bytes int) bool {
	missing := 2*int64(bytes) - own - l.n
	if missing <= 0 {
		return true
	}
	missing = max(missing, loanStep)
	if l.of.lent.Add(missing) > mostShared {
		l.of.lent.Add(-missing)
		return false
	}
	l.n += missing
	return true
}

// settle gives everything back. It tells whether there was something: what took it should be let go.
func (l *loan) settle() bool {
	if l.n == 0 {
		return false
	}
	l.of.lent.Add(-l.n)
	l.n = 0
	return true
}
