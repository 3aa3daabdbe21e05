package report

import (
	"io"
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// EventWriter writes events, one a line, as they happen. A goroutine of its own does the writing, so that whoever
// observes never waits for a terminal or a pipe. It must be closed.
type EventWriter struct {
	line    func(probe.Event) error
	queue   chan probe.Event
	dropped int           // events since the last one that found room
	done    chan struct{} // closed when all is written
	err     error         // the first of the writer; to be read after done
}

// EventDropped is the kind of the event that stands for those that were not written, because the reader of the output
// was too slow.
const EventDropped probe.EventKind = "dropped"

// queued bounds the events that wait to be written: more than a probe of a thousand cells has when all of them change
// at once.
const queued = 4096

// NewEventText returns a writer of lines for people. The maps tell the addresses of shards.
func NewEventText(w io.Writer, style Style, maps []slots.Map) *EventWriter {
	return newEventWriter(func(e probe.Event) error {
		_, err := io.WriteString(w, eventLine(style, e, maps)+"\n")
		return err
	})
}

// NewEventNDJSON returns a writer of an EventDocument a line. The maps tell the ids of shards.
func NewEventNDJSON(w io.Writer, maps []slots.Map) *EventWriter {
	ids := shardIDsOf(maps)
	return newEventWriter(func(e probe.Event) error { return WriteLine(w, eventDocument(e, ids)) })
}

func newEventWriter(line func(probe.Event) error) *EventWriter {
	w := &EventWriter{line: line, queue: make(chan probe.Event, queued), done: make(chan struct{})}
	go w.run()
	return w
}

// Write takes an event and never waits: when too many are waiting already, it is counted and dropped. It must be called
// by one goroutine at a time, and not after Close.
func (w *EventWriter) Write(e probe.Event) {
	if w.dropped > 0 && !w.offer(w.gap(e.At)) || !w.offer(e) {
		w.dropped++
	}
}

// offer puts an event into the queue, or returns false when there is no room.
func (w *EventWriter) offer(e probe.Event) bool {
	select {
	case w.queue <- e:
		if e.Kind == EventDropped {
			w.dropped = 0
		}
		return true
	default:
		return false
	}
}

// gap is the event that stands where others were dropped.
func (w *EventWriter) gap(at time.Time) probe.Event {
	return probe.Event{At: at, Kind: EventDropped, Shard: -1, Slot: -1,
		Detail: count(w.dropped, "event") + " could not be written: the reader is too slow"}
}

// Close writes what is waiting, and returns the first error of the writer underneath. After an error nothing more was
// written.
func (w *EventWriter) Close() error {
	if w.dropped > 0 {
		w.queue <- w.gap(time.Now())
	}
	close(w.queue)
	<-w.done
	return w.err
}

func (w *EventWriter) run() {
	defer close(w.done)
	for e := range w.queue {
		if w.err == nil {
			w.err = w.line(e)
		}
	}
}
