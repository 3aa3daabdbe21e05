package proxy

import (
	"sync"
	"time"
)

// mostUnderWay bounds the bytes that one direction of a connection holds, of the order of a socket's buffers. Over a slow way a
// connection carries at most this much in the time of one delay, as TCP does with a window of that size.
const mostUnderWay = 256 << 10

// chunkCost is what a chunk counts on top of its bytes: a thousand small ones take memory, too.
const chunkCost = 64

// chunk is bytes that were read together, or the end of them all.
type chunk struct {
	bytes []byte
	due   time.Time // when they are to go out
	end   error     // why nothing more comes: io.EOF, or what reading ended with; nil: more may come
}

func (c chunk) cost() int { return len(c.bytes) + chunkCost }

// line is the bytes of one direction that are under way, in order. One goroutine puts, another takes.
type line struct {
	mu      sync.Mutex
	changed sync.Cond
	chunks  []chunk
	held    int  // the cost of the chunks that were put and are not through
	open    bool // there is where to go to
	gone    bool // nothing more is put or taken
}

func newLine() *line {
	l := new(line)
	l.changed.L = &l.mu
	return l
}

// begin says that there is now where to go to.
func (l *line) begin() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.open = true
}

// empty tells whether who puts can as well send by itself: all that was put is through. Nobody else puts, so it stays so.
func (l *line) empty() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.open && l.held == 0 && !l.gone
}

// put adds a chunk, as soon as there is room. It returns false when the line is gone.
func (l *line) put(c chunk) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	for l.held > 0 && l.held+c.cost() > mostUnderWay && !l.gone {
		l.changed.Wait()
	}
	if l.gone {
		return false
	}
	l.chunks = append(l.chunks, c)
	l.held += c.cost()
	l.changed.Broadcast()
	return true
}

// take waits for the next chunk. It returns false when the line is gone.
func (l *line) take() (chunk, bool) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for len(l.chunks) == 0 && !l.gone {
		l.changed.Wait()
	}
	if l.gone {
		return chunk{}, false
	}
	c := l.chunks[0]
	l.chunks[0] = chunk{} // the array outlives it
	l.chunks = l.chunks[1:]
	return c, true
}

// through makes room: the chunk that was taken has gone out.
func (l *line) through(c chunk) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.held -= c.cost()
	l.changed.Broadcast()
}

// drop lets go of everything, and of whoever waits.
func (l *line) drop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.gone, l.chunks = true, nil
	l.changed.Broadcast()
}
