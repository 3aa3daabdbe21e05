package lab

import (
	"time"

	"github.com/aafailover/aafailover/lab/engine"
)

// record is one effect in a backlog.
type record struct {
	effect engine.Effect
	at     time.Duration // when it was executed, since the lab began
	end    int64         // bytes of all effects ever recorded, up to and including this one
}

// backlog holds the latest effects of a shard, numbered from 0 by their offset. A stream that was interrupted resumes from
// it if the effects that it missed take no more than limit bytes; older ones are only kept as long as a connected stream
// still has them to deliver.
//
// It is a ring whose length is a power of two, so that the record of an offset is found by a mask; it grows as needed.
type backlog struct {
	limit int64 // bytes
	ring  []record
	first int64 // the oldest offset held
	next  int64 // the offset that the next effect gets: the number of effects ever recorded
	total int64 // bytes of all effects ever recorded
}

// append records an effect.
func (b *backlog) append(x engine.Effect, at time.Duration) {
	if int(b.next-b.first) == len(b.ring) {
		b.grow()
	}
	b.total += int64(x.Size())
	*b.at(b.next) = record{effect: x, at: at, end: b.total}
	b.next++
}

// at returns the record of an offset, which must be held.
func (b *backlog) at(offset int64) *record { return &b.ring[offset&int64(len(b.ring)-1)] }

func (b *backlog) grow() {
	grown := backlog{ring: make([]record, max(16, 2*len(b.ring)))}
	for o := b.first; o < b.next; o++ {
		*grown.at(o) = *b.at(o)
	}
	b.ring = grown.ring
}

// after returns the bytes of the effects from the offset on.
func (b *backlog) after(offset int64) int64 {
	if offset >= b.next {
		return 0
	}
	r := b.at(offset)
	return b.total - r.end + int64(r.effect.Size())
}

// bytes returns what it holds.
func (b *backlog) bytes() int64 { return b.after(b.first) }

// reaches says whether a stream can resume at the offset.
func (b *backlog) reaches(offset int64) bool {
	return b.first <= offset && offset <= b.next && b.after(offset) <= b.limit
}

// trim forgets the oldest effects that are over the limit, up to but not including the offset needed.
func (b *backlog) trim(needed int64) {
	for b.first < min(needed, b.next) && b.bytes() > b.limit {
		*b.at(b.first) = record{} // lets go of the value
		b.first++
	}
}

// truncate forgets the effects from the offset on, as if they had never been. An offset older than what is held
// leaves it empty.
func (b *backlog) truncate(offset int64) {
	for b.next > max(offset, b.first) {
		b.next--
		r := b.at(b.next)
		b.total = r.end - int64(r.effect.Size())
		*r = record{}
	}
	if offset < b.first {
		b.first, b.next = offset, offset
	}
}
