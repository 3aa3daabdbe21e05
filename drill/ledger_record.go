package drill

import (
	"math"
	"sync/atomic"
	"time"
)

// record is a write in four words of 32 bits, in memory and on disk alike:
//
//	0, 1  when it was sent, ns since the start, the lower half first
//	2     took: µs until its outcome was known, at most 71 minutes
//	3     state: the bits below
//
// A write is there once its state is: that word is stored last and at once, so that a process which is killed
// between any two stores leaves a record that is either not there or whole, but for an outcome not yet known.
type record []uint32

// recordWords is the size of a record in words.
const recordWords = 4

// The bits of the state, from the lowest on.
const (
	outcomeBits = 3
	regionBits  = 5  // index of the region
	placeBits   = 14 // of its slot among those that are written to
	begunBits   = 1  // 1: there is such a write

	regionShift = outcomeBits
	placeShift  = regionShift + regionBits
	begunShift  = placeShift + placeBits
	markShift   = begunShift + begunBits // nine bits are left for marks

	begun = 1 << begunShift
)

// mark is a set of facts about a write that reading back brought to light; at most nine fit into a record.
type mark uint16

const (
	missing    mark = 1 << iota // not readable in the target when the application got there
	readable                    // was readable in the target at some time after the cut-over
	unreturned                  // not readable in the preferred region when the application came back
)

// bits returns so many bits of a word, from the lowest on.
func bits(word uint32, shift, count int) uint32 { return word >> shift & (1<<count - 1) }

func (r record) sent() Moment     { return Moment(uint64(r[0]) | uint64(r[1])<<32) }
func (r record) took() Moment     { return Moment(r[2]) * time.Microsecond }
func (r record) begun() bool      { return r[3]&begun != 0 }
func (r record) outcome() Outcome { return Outcome(bits(r[3], 0, outcomeBits)) }
func (r record) region() int      { return int(bits(r[3], regionShift, regionBits)) }
func (r record) place() int       { return int(bits(r[3], placeShift, placeBits)) }
func (r record) marks() mark      { return mark(r[3] >> markShift) }

// begin makes it the record of a write.
func (r record) begin(region, place int, at Moment) {
	r[0], r[1] = uint32(at), uint32(uint64(at)>>32)
	r[2] = 0
	atomic.StoreUint32(&r[3], begun|uint32(region)<<regionShift|uint32(place)<<placeShift)
}

// tookUntil is what took is for an outcome that was known at a moment. It is
// rounded up: a write must not look acknowledged before it was.
func (r record) tookUntil(at Moment) uint32 {
	took := (int64(at-r.sent()) + int64(time.Microsecond) - 1) / int64(time.Microsecond)
	return uint32(min(max(took, 0), math.MaxUint32))
}

// reopen takes the outcome back.
func (r record) reopen() { atomic.StoreUint32(&r[3], r[3]&^(1<<outcomeBits-1)) }

// endIn enters the outcome and the region that told it, at once.
func (r record) endIn(region int, outcome Outcome, at Moment) {
	r[2] = r.tookUntil(at)
	const told = 1<<outcomeBits - 1 | (1<<regionBits-1)<<regionShift
	atomic.StoreUint32(&r[3], r[3]&^told|uint32(outcome)|uint32(region)<<regionShift)
}

// mark adds marks.
func (r record) mark(m mark) { atomic.StoreUint32(&r[3], r[3]|uint32(m)<<markShift) }
