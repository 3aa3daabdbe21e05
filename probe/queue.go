package probe

import "sync"

// queue takes observations from the connections of all regions and hands them over in batches. It is bounded and never
// blocks: what does not fit is counted. Openings and closings, of which there are few, find room for as long again, since
// a connection that is thought of wrongly would spoil more evidence than a message.
type queue struct {
	ready chan struct{} // holds a token when there is something to take that should not wait

	mu      sync.Mutex
	held    []observation
	limit   int
	dropped uint64 // since the last take
}

func newQueue(limit int) *queue {
	return &queue{ready: make(chan struct{}, 1), limit: limit}
}

// widen makes room for more, when limit is more than there is room for.
func (q *queue) widen(limit int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.limit = max(q.limit, limit)
}

// put never blocks. What arrives, as it mostly does, waits to be taken in with what is sent next, or when a deadline is looked
// for: to wake somebody for each message takes more time than to reduce it. It carries its own time.
func (q *queue) put(o observation) {
	q.mu.Lock()
	limit := q.limit
	if o.what == opened || o.what == closed {
		limit *= 2
	}
	if len(q.held) < limit {
		q.held = append(q.held, o)
	} else {
		q.dropped++
	}
	waits := (o.what == accepted || o.what == received) && len(q.held) < q.limit/2
	q.mu.Unlock()
	if waits {
		return
	}
	select {
	case q.ready <- struct{}{}:
	default:
	}
}

// take returns all that is held, in the order in which it was put, and how many were dropped since the last take. The
// batch of the take before is handed back, to be filled again.
func (q *queue) take(before []observation) (batch []observation, dropped uint64) {
	clear(before) // lets go of the errors
	q.mu.Lock()
	defer q.mu.Unlock()
	batch, dropped = q.held, q.dropped
	q.held, q.dropped = before[:0], 0
	return batch, dropped
}
