package drill

import (
	"strconv"
	"strings"
)

// Reopen enters that write n is attempted again: until that attempt has ended it
// may be applied, whatever the earlier ones told.
func (l *Ledger) Reopen(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	r := l.at(n)
	l.counts[r.region()].move(r.outcome(), Inflight)
	r.reopen()
}

// EndIn is End for a write whose outcome was told by a region that need not be the
// one which it was first sent to.
func (l *Ledger) EndIn(n, region int, outcome Outcome, at Moment) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.endIn(l.at(n), region, outcome, at)
}

func (l *Ledger) endIn(r record, region int, outcome Outcome, at Moment) {
	l.counts[r.region()][r.outcome()]--
	l.counts[region][outcome]++
	r.endIn(region, outcome, at)
}

// beginAll is BeginAt for so many writes, and returns the number of the first: the others
// follow it.
func (l *Ledger) beginAll(region, place, count int, at Moment) (first int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	first = l.n
	for range count {
		l.begin(region, place, at)
	}
	return first
}

// endAll is EndIn for the operations of a batch, with what each has learned.
func (l *Ledger) endAll(batch []*operation, at Moment) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, o := range batch {
		l.endIn(l.at(o.n), o.region, o.outcome, at)
	}
}

// placesAmong returns, for some writes, the places of their slots among those that are
// written to.
func (l *Ledger) placesAmong(ns []int) []int {
	places := make([]int, len(ns))
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, n := range ns {
		places[i] = l.at(n).place()
	}
	return places
}

// keysOf appends the keys of a batch to dst. They are parts of one text: to make each by
// itself takes longer than to send it.
func (l *Ledger) keysOf(batch []*operation, dst []string) []string {
	var all strings.Builder
	var digits [20]byte
	for _, o := range batch {
		from := all.Len()
		if from == 0 {
			all.Grow(len(batch) * (len(l.keys[o.place]) + len(digits)/2)) // enough for numbers up to ten digits
		}
		all.WriteString(l.keys[o.place])
		all.Write(strconv.AppendInt(digits[:0], int64(o.n), 10))
		dst = append(dst, all.String()[from:])
	}
	return dst
}

// keyAt returns the key that a write of a number would have in a slot, by its place.
func (l *Ledger) keyAt(place, n int) string {
	var digits [20]byte
	return l.keys[place] + string(strconv.AppendInt(digits[:0], int64(n), 10))
}

// places is the number of slots that are written to.
func (l *Ledger) places() int { return len(l.keys) }
