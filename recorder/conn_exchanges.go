package recorder

import (
	"iter"
	"unsafe"
)

// none stands for no Operation.
const none Operation = -1

// mostInFlight bounds the requests of one connection that are not answered yet. A service that sends more without reading is not
// understood from there on.
const mostInFlight = 1 << 18

// exchange is a request and the reply to it.
type exchange struct {
	op     Operation // none: of a request that ended otherwise, or lives on in a transaction
	kind   kind
	left   int   // replies to come
	queued int   // Operations of its transaction, which are delivered with it
	end    int64 // behind the last byte of its reply, in all that goes out to the service
}

// exchanges are those in flight on one connection.
//
//	add ──> [ not answered | answered, not delivered ] ──> delivered
//	               next ──────^ settle
type exchanges struct {
	line     ring[exchange]
	answered int // how many of line, from the front

	// transaction holds the Operations that were answered with QUEUED, until EXEC or DISCARD is; those of different ones one
	// behind the other.
	transaction ring[Operation]
	settled     int // how many of transaction, from the front, have been answered, and are not delivered

	room loan
}

// add adds a request. It is false where there are too many.
func (x *exchanges) add(e exchange) bool {
	need := x.line.size(1)*int(unsafe.Sizeof(e)) + x.transaction.size(0)*int(unsafe.Sizeof(e.op))
	if x.line.n+x.transaction.n >= mostInFlight || !x.room.covers(need) {
		return false
	}
	x.line.push(e)
	return true
}

// next is the oldest that is not answered; nil: there is none.
func (x *exchanges) next() *exchange {
	if x.answered == x.line.n {
		return nil
	}
	return x.line.at(x.answered)
}

// awaited is the request that the next reply belongs to, if that is not an error of what asked for silence; nil: there is none.
func (x *exchanges) awaited() *exchange {
	for i := x.answered; i < x.line.n; i++ {
		if e := x.line.at(i); e.kind != silence {
			return e
		}
	}
	return nil
}

// silenced tells whether the next reply may be the error of what asked for silence.
func (x *exchanges) silenced() bool {
	e := x.next()
	return e != nil && e.kind == silence
}

// skipSilence says that there was no such error.
func (x *exchanges) skipSilence() {
	for x.silenced() {
		x.settle(0)
	}
}

// settle says that the next one has been answered in full, with all that goes out up to end.
func (x *exchanges) settle(end int64) {
	x.line.at(x.answered).end = end
	x.answered++
}

// enqueue moves the Operation of the next one into the transaction.
func (x *exchanges) enqueue() {
	e := x.next()
	x.transaction.push(e.op)
	e.op = none
}

// waiting is how many Operations of the transaction are not answered.
func (x *exchanges) waiting() int { return x.transaction.n - x.settled }

// waits is the i-th of them.
func (x *exchanges) waits(i int) Operation { return *x.transaction.at(x.settled + i) }

// settleQueued has all that wait delivered together with the next one.
func (x *exchanges) settleQueued() {
	x.next().queued = x.waiting()
	x.settled = x.transaction.n
}

// delivered takes the oldest one out, if all of its reply is among the first bytes that went out; nil: it is not. It is valid
// until the next call of anything.
func (x *exchanges) delivered(bytes int64) *exchange {
	if x.answered == 0 || x.line.at(0).end > bytes {
		if x.line.n == 0 && x.transaction.n == 0 && x.room.settle() {
			x.clear()
		}
		return nil
	}
	x.answered--
	return x.line.pop()
}

// unqueue takes the oldest Operation out of the transaction, when the exchange is delivered that it was settled with.
func (x *exchanges) unqueue() Operation {
	x.settled--
	return *x.transaction.pop()
}

// all are the Operations in flight.
func (x *exchanges) all() iter.Seq[Operation] { return x.from(0, 0) }

// unanswered are those of them that are not answered.
func (x *exchanges) unanswered() iter.Seq[Operation] { return x.from(x.answered, x.settled) }

func (x *exchanges) from(line, transaction int) iter.Seq[Operation] {
	return func(yield func(Operation) bool) {
		for i := transaction; i < x.transaction.n; i++ {
			if !yield(*x.transaction.at(i)) {
				return
			}
		}
		for i := line; i < x.line.n; i++ {
			if op := x.line.at(i).op; op != none && !yield(op) {
				return
			}
		}
	}
}

// forgetUnanswered drops those that are not answered.
func (x *exchanges) forgetUnanswered() { x.line.n, x.transaction.n = x.answered, x.settled }

// clear lets go of everything.
func (x *exchanges) clear() {
	x.room.settle()
	*x = exchanges{room: x.room}
}

// ring is a queue that takes no memory once it is long enough.
type ring[T any] struct {
	all   []T // a power of two of them
	front int
	n     int
}

// shortestRing is how long a ring is at least.
const shortestRing = 16

// size is how long the ring is with so many more.
func (r *ring[T]) size(more int) int {
	if r.n+more <= len(r.all) {
		return len(r.all)
	}
	return max(shortestRing, 2*len(r.all))
}

func (r *ring[T]) at(i int) *T { return &r.all[(r.front+i)&(len(r.all)-1)] }

func (r *ring[T]) push(v T) {
	if size := r.size(1); size > len(r.all) {
		longer := make([]T, size)
		for i := range r.n {
			longer[i] = *r.at(i)
		}
		r.all, r.front = longer, 0
	}
	r.n++
	*r.at(r.n - 1) = v
}

// pop takes the first one out, which is valid until the next push.
func (r *ring[T]) pop() *T {
	v := r.at(0)
	r.front = (r.front + 1) & (len(r.all) - 1)
	r.n--
	return v
}
