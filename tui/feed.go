package tui

import (
	"sync"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// maxEvents bounds the events that a feed holds until they are taken. There are some of each cell when a region goes down: of
// five regions of 256 shards, which have 6,400 cells, none is dropped.
const maxEvents = 16_384

// Feed hands what a run finds out to a dashboard: the newest value, and what has happened. Whoever puts something in never
// waits. The zero value is ready.
type Feed[T any] struct {
	mu     sync.Mutex
	latest *T
	events []probe.Event
}

// Put hands over the newest value, which must not be changed any more.
func (f *Feed[T]) Put(value *T) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.latest = value
}

// Event hands over something that has happened.
func (f *Feed[T]) Event(e probe.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.events = lastOf(append(f.events, e), maxEvents)
}

// Say hands over a line that was said beside the run: what would have been written to stderr, where it would tear the screen.
func (f *Feed[T]) Say(at time.Time, line string) { f.Event(said(at, line)) }

// take returns the newest value, nil when there was none yet, and what has happened since the last call.
func (f *Feed[T]) take() (latest *T, events []probe.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	events, f.events = f.events, nil
	return f.latest, events
}

// lastOf drops the oldest items where there are more than most, half of those at once.
func lastOf[E any](items []E, most int) []E {
	if len(items) <= most {
		return items
	}
	return items[:copy(items, items[len(items)-most/2:])]
}
