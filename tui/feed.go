package tui

import (
	"sync"

	"github.com/aafailover/aafailover/probe"
)

// maxEvents bounds the events that a feed holds until they are taken, and those that a dashboard keeps to scroll back in. What
// is older is dropped: the report has them all.
const maxEvents = 2_000

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
	f.events = lastEvents(append(f.events, e))
}

// take returns the newest value, nil when there was none yet, and what has happened since the last call.
func (f *Feed[T]) take() (latest *T, events []probe.Event) {
	f.mu.Lock()
	defer f.mu.Unlock()
	events, f.events = f.events, nil
	return f.latest, events
}

// lastEvents drops the oldest half of the events that are too many.
func lastEvents(events []probe.Event) []probe.Event {
	if len(events) <= maxEvents {
		return events
	}
	return events[:copy(events, events[len(events)-maxEvents/2:])]
}
