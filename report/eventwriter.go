package report

import (
	"cmp"
	"io"
	"time"

	"github.com/aafailover/aafailover/canary"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// EventWriter writes events, one a line, as they happen. A goroutine of its own does the writing, so that whoever
// observes never waits for a terminal or a pipe. It must be closed.
type EventWriter struct {
	lines   func(maps []slots.Map) writeLine
	line    writeLine
	about   func(probe.Event, canary.Incident) error // writes an event about an incident
	gather  bool                                     // cells that change together come as one line
	queue   chan queuedEvent
	sharded []slots.Map   // to go with the next event that finds room; nil: as before
	dropped int           // events since the last one that found room
	done    chan struct{} // closed when all is written
	err     error         // the first of the writer; to be read after done
}

// writeLine writes events as one line.
type writeLine func([]probe.Event) error

// queuedEvent is an event, and how the regions are sharded from it on; nil: as before.
type queuedEvent struct {
	probe.Event
	maps     []slots.Map
	incident *canary.Incident // that the event is about; nil: none
}

// EventDropped is the kind of the event that stands for those that were not written, because the reader of the output
// was too slow.
const EventDropped probe.EventKind = "dropped"

// queued bounds the events that wait to be written: more than a probe of a thousand cells has when all of them change
// at once.
const queued = 4096

// NewEventText returns a writer of lines for people. The maps tell the addresses of shards.
//
// Cells of a link that come into the same state in the same moment share a line, and those of which nothing is known any
// more have none: the line of their link says that. NDJSON has an event for each.
func NewEventText(w io.Writer, style Style, maps []slots.Map) *EventWriter {
	return newEventWriter(true, maps, func(maps []slots.Map) writeLine {
		return func(events []probe.Event) error {
			_, err := io.WriteString(w, eventLine(style, events, maps)+"\n")
			return err
		}
	}, func(e probe.Event, i canary.Incident) error {
		text := eventLine(style, []probe.Event{e}, nil) + "\n"
		var err error
		if e.State == string(canary.Settled) { // what was missed, window by window
			var more string
			more, err = incidentText(style, i)
			text += more
		}
		_, failed := io.WriteString(w, text)
		return cmp.Or(err, failed)
	})
}

// NewEventNDJSON returns a writer of an EventDocument a line. The maps tell the ids of shards.
func NewEventNDJSON(w io.Writer, maps []slots.Map) *EventWriter {
	return newEventWriter(false, maps, func(maps []slots.Map) writeLine {
		ids := shardIDsOf(maps)
		return func(events []probe.Event) error { return WriteLine(w, eventDocument(events[0], ids)) }
	}, func(e probe.Event, i canary.Incident) error {
		d, about := eventDocument(e, nil), newIncidentDocument(i)
		d.Incident = &about
		return WriteLine(w, d)
	})
}

func newEventWriter(gather bool, maps []slots.Map, lines func([]slots.Map) writeLine, about func(probe.Event, canary.Incident) error) *EventWriter {
	w := &EventWriter{lines: lines, line: lines(maps), about: about, gather: gather, queue: make(chan queuedEvent, queued), done: make(chan struct{})}
	go w.run()
	return w
}

// Sharded says how the regions are sharded from the next event on: shards are named by it. It must be called by the
// goroutine that calls Write.
func (w *EventWriter) Sharded(maps []slots.Map) { w.sharded = maps }

// Write takes an event and never waits: when too many are waiting already, it is counted and dropped. It must be called
// by one goroutine at a time, and not after Close.
func (w *EventWriter) Write(e probe.Event) { w.write(queuedEvent{Event: e}) }

// WriteIncident is Write for an event about an incident of a canary.
func (w *EventWriter) WriteIncident(e probe.Event, i canary.Incident) {
	w.write(queuedEvent{Event: e, incident: &i})
}

func (w *EventWriter) write(e queuedEvent) {
	if w.dropped > 0 && !w.offer(queuedEvent{Event: w.gap(e.At)}) || !w.offer(e) {
		w.dropped++
	}
}

// offer puts an event into the queue, or returns false when there is no room.
func (w *EventWriter) offer(e queuedEvent) bool {
	e.maps = w.sharded
	select {
	case w.queue <- e:
		w.sharded = nil
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
		Detail: words.Count(w.dropped, "event") + " could not be written: the reader is too slow"}
}

// Close writes what is waiting, and returns the first error of the writer underneath. After an error nothing more was
// written.
func (w *EventWriter) Close() error {
	if w.dropped > 0 {
		w.queue <- queuedEvent{Event: w.gap(time.Now())}
	}
	close(w.queue)
	<-w.done
	return w.err
}

// gatherFor is how long cells are held back for others that change with them, when nothing else comes after them. The
// observer tells all of them in one go.
const gatherFor = 50 * time.Millisecond

func (w *EventWriter) run() {
	defer close(w.done)
	var held []probe.Event // cells of one link and one moment
	var due <-chan time.Time
	flush := func() {
		w.writeCells(held)
		held, due = nil, nil
	}
	for {
		select {
		case e, more := <-w.queue:
			if len(held) > 0 && (!more || e.maps != nil || !changedWith(held[0], e.Event)) {
				flush()
			}
			if e.maps != nil {
				w.line = w.lines(e.maps)
			}
			switch {
			case !more:
				return
			case w.gather && e.Kind == probe.EventCell:
				if held == nil {
					due = time.After(gatherFor)
				}
				held = append(held, e.Event)
			case e.incident != nil:
				if w.err == nil {
					w.err = w.about(e.Event, *e.incident)
				}
			default:
				w.put([]probe.Event{e.Event})
			}
		case <-due:
			flush()
		}
	}
}

// changedWith tells whether two events are about cells of the same link that changed in the same moment.
func changedWith(a, b probe.Event) bool {
	return a.Kind == b.Kind && a.From == b.From && a.To == b.To && a.At.Equal(b.At)
}

// writeCells writes one line for each state that cells have come into, in the order of their first.
func (w *EventWriter) writeCells(cells []probe.Event) {
	for len(cells) > 0 {
		var same, others []probe.Event
		for _, e := range cells {
			if e.State == cells[0].State {
				same = append(same, e)
			} else {
				others = append(others, e)
			}
		}
		if same[0].State != string(probe.LinkUnknown) {
			w.put(same)
		}
		cells = others
	}
}

// put writes one line, unless the reader has gone.
func (w *EventWriter) put(events []probe.Event) {
	if w.err == nil {
		w.err = w.line(events)
	}
}
