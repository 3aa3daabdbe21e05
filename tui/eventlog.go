package tui

import (
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
)

// maxEntries bounds the entries that a dashboard keeps to scroll back in. What is older is dropped: the report has it all.
const maxEntries = 2_000

// entry is a line of the event log: an event, or those of the cells of a link that came into the same state in the same moment.
type entry struct {
	probe.Event
	slots []int // of the cells
	text  string
}

// joins tells whether an event is about another cell of what an entry is about.
func (n *entry) joins(e *probe.Event) bool {
	return n.Kind == probe.EventCell && e.Kind == n.Kind && e.From == n.From && e.To == n.To && e.State == n.State && e.At.Equal(n.At)
}

// eventLog is what has happened, the newest last. The zero value is ready.
type eventLog struct {
	entries []entry
	zone    *time.Location
}

// add takes events in. Cells of which nothing is known any more have no entry: that of their link says so.
func (l *eventLog) add(events []probe.Event) {
	began := len(l.entries)
	for i := range events {
		e := &events[i]
		if e.Kind == probe.EventCell && e.State == string(probe.LinkUnknown) {
			continue
		}
		if at := l.gathering(e, began); at >= 0 {
			l.entries[at].slots = append(l.entries[at].slots, e.Slot)
			continue
		}
		l.entries = append(l.entries, entry{Event: *e, slots: []int{e.Slot}})
	}
	for i := max(began-1, 0); i < len(l.entries); i++ {
		l.entries[i].text = l.textOf(&l.entries[i])
	}
	l.entries = lastOf(l.entries, maxEntries)
}

// gathering returns which entry an event joins, -1 for none: of those of these events, or the last one before.
func (l *eventLog) gathering(e *probe.Event, began int) int {
	if e.Kind != probe.EventCell {
		return -1
	}
	for i := len(l.entries) - 1; i >= max(began-1, 0); i-- {
		if l.entries[i].joins(e) {
			return i
		}
		if l.entries[i].Kind != probe.EventCell {
			break
		}
	}
	return -1
}

// eventSaid is the kind of an entry for what was said beside the run, or was done with a key.
const eventSaid probe.EventKind = "said"

func said(at time.Time, text string) probe.Event {
	return probe.Event{At: at, Kind: eventSaid, Shard: -1, Slot: -1, Detail: text}
}

// textOf returns an entry as a line without colour.
func (l *eventLog) textOf(n *entry) string {
	w := report.WordsOf(&n.Event, n.slots, nil)
	zone := l.zone
	if zone == nil {
		zone = time.UTC
	}
	line := n.At.In(zone).Format("15:04:05") + "  " + pad(w.Kind, max(widthOf(w.Kind), 8))
	for _, part := range []string{w.Subject, w.State, w.Detail} {
		if part != "" {
			line += "  " + words.Clean(part)
		}
	}
	return strings.TrimRight(line, " ")
}

// matching returns the entries whose text contains some letters, in any case; all of them for none.
func (l *eventLog) matching(letters string) []*entry {
	var found []*entry
	for i := range l.entries {
		if contains(l.entries[i].text, letters) {
			found = append(found, &l.entries[i])
		}
	}
	return found
}

// contains tells whether a text contains some letters, in any case.
func contains(text, letters string) bool {
	return letters == "" || strings.Contains(strings.ToLower(text), strings.ToLower(letters))
}

// lines returns a line for each entry, at most so wide, in the tone of the state that it tells.
func logLines(p palette, entries []*entry, width int) []string {
	lines := make([]string, 0, len(entries))
	for _, n := range entries {
		text := clip(" "+n.text, width)
		if t := tone.Of(n.State); t != tone.Unknown && !p.plain() {
			state := words.Plain(n.State)
			before, after, found := strings.Cut(text, "  "+state)
			if found {
				text = before + "  " + p.toned(state, t) + after
			}
		}
		lines = append(lines, text)
	}
	return lines
}
