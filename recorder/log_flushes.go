package recorder

import (
	"math"
	"sync"
	"sync/atomic"

	"github.com/aafailover/aafailover/drill"
)

// flushes are the commands that change keys without naming them, and the connections of which it is not known what they write. Of an item that was written before one had ended nothing can be said.
type flushes struct {
	mu       sync.Mutex
	inFlight int
	last     drill.Moment // when the last one had ended
	until    atomic.Int64 // the same, or never while one is in flight; 0: there was none
}

func (f *flushes) begin() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inFlight++
	f.until.Store(math.MaxInt64)
}

// end enters that one has ended; never, if it may still be carried out.
func (f *flushes) end(at drill.Moment, e ending) {
	if e.outcome == drill.Indeterminate && e.facts&answered == 0 {
		at = math.MaxInt64
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.inFlight--
	if f.last = max(f.last, at); f.inFlight == 0 {
		f.until.Store(int64(f.last))
	}
}
