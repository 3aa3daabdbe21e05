package simulate

import "time"

// instant is a moment of virtual time: how long after the beginning.
type instant = time.Duration

// event is one thing that will happen.
type event struct {
	at     instant
	order  uint64 // of two at the same time the one that was planned first happens first
	what   what
	region int
	shard  int
	// Of an arrival the message and where it comes from; of an answer the id and the life of the connection.
	message *message
	id      uint64
	life    int
}

// what is the kind of an event.
type what uint8

const (
	arrival what = iota // of a message at a region
	answer              // to a PUBLISH or PING
	expiry              // of the time that an answer may take
	redial              // of both connections of a shard
)

// message is what was published, on its way to one or more regions.
type message struct {
	channel []byte
	payload []byte
	bound   int // for so many regions still
}

// agenda is a queue of events by time, a binary heap. It allocates nothing once it has grown.
type agenda struct {
	heap  []event
	order uint64
}

func (a *agenda) empty() bool { return len(a.heap) == 0 }

// next returns when the first event is.
func (a *agenda) next() instant { return a.heap[0].at }

func (e *event) before(o *event) bool { return e.at < o.at || e.at == o.at && e.order < o.order }

// add plans an event.
func (a *agenda) add(e event) {
	a.order++
	e.order = a.order
	a.heap = append(a.heap, e)
	i := len(a.heap) - 1
	for i > 0 {
		up := (i - 1) / 2
		if !a.heap[i].before(&a.heap[up]) {
			break
		}
		a.heap[i], a.heap[up] = a.heap[up], a.heap[i]
		i = up
	}
}

// pop takes the first event.
func (a *agenda) pop() event {
	first, last := a.heap[0], len(a.heap)-1
	a.heap[0] = a.heap[last]
	a.heap[last] = event{} // lets go of the message
	a.heap = a.heap[:last]
	for i := 0; ; {
		least, left := i, 2*i+1
		for _, down := range [...]int{left, left + 1} {
			if down < last && a.heap[down].before(&a.heap[least]) {
				least = down
			}
		}
		if least == i {
			return first
		}
		a.heap[i], a.heap[least] = a.heap[least], a.heap[i]
		i = least
	}
}
