package report

import (
	"cmp"
	"fmt"
	"strconv"
	"strings"

	"github.com/charmbracelet/lipgloss"

	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/vitals"
)

// EventDocument is one event: a line of NDJSON, or one of the events of a result.
type EventDocument struct {
	At     Timestamp       `json:"at"`
	Kind   probe.EventKind `json:"kind"`
	Region string          `json:"region"`
	Shard  *string         `json:"shard"` // id
	From   string          `json:"from"`
	To     string          `json:"to"`
	Slot   *int            `json:"slot"`
	Was    string          `json:"was"`
	State  string          `json:"state"`
	Cause  string          `json:"cause"`
	Detail string          `json:"detail"`
	// Incident is there in a line about one, and nowhere else.
	Incident *IncidentDocument `json:"incident,omitempty"`
}

// eventDocument makes the document of an event; shardIDs are the ids of the shards of each region.
func eventDocument(e probe.Event, shardIDs map[string][]string) EventDocument {
	d := EventDocument{At: Timestamp(e.At), Kind: e.Kind, Region: e.Region, From: e.From, To: e.To,
		Was: e.Was, State: e.State, Cause: e.Cause.String(), Detail: e.Detail}
	if ids := shardIDs[e.Region]; ofShard(e.Kind) && e.Shard >= 0 && e.Shard < len(ids) {
		d.Shard = &ids[e.Shard]
	}
	// Only these kinds are about a slot; in others the zero value is not slot 0.
	if e.Kind == probe.EventCell && e.Slot >= 0 {
		d.Slot = &e.Slot
	}
	return d
}

// eventDocuments makes those of all events of a result.
func eventDocuments(events []probe.Event, shardIDs map[string][]string) []EventDocument {
	return convert(events, func(e probe.Event) EventDocument { return eventDocument(e, shardIDs) })
}

func shardIDsOf(maps []slots.Map) map[string][]string {
	ids := make(map[string][]string, len(maps))
	for _, m := range maps {
		ids[m.Region] = convert(m.Shards, func(s slots.Shard) string { return s.ID })
	}
	return ids
}

// stateWidth is that of the longest state of a region, so that what follows stands in a column.
const stateWidth = len(probe.RegionAvailable)

// EventWords are an event in words, or several that differ in nothing but the slot.
type EventWords struct {
	Kind    string
	Subject string // what it is about; "": everything
	State   string // how that is now
	Detail  string
}

// WordsOf puts an event into words: that of the first of several, all being their slots. The maps tell the addresses of
// shards, and may be nil.
func WordsOf(e *probe.Event, all []int, maps []slots.Map) EventWords {
	w := EventWords{Kind: words.Clean(string(e.Kind)), Subject: subject(e, maps), State: words.Plain(words.Clean(e.State)), Detail: cmp.Or(words.Clean(e.Detail), words.Plain(e.Cause.String()))}
	if e.Kind == probe.EventCell {
		w.Subject += slotText(all)
	}
	if e.State == string(probe.LinkUnknown) {
		w.Detail = "" // it is about what was known before, and would read as bad news of now
	}
	return w
}

// eventLine returns events that differ in nothing but the slot as one line of text: when, what kind, of what, how it is
// now, and details. On a terminal long details go on below.
func eventLine(style Style, events []probe.Event, maps []slots.Map) string {
	said := WordsOf(&events[0], convert(events, func(e probe.Event) int { return e.Slot }), maps)
	line := fmt.Sprintf("%s  %-8s", style.faint(style.clock(events[0].At)), said.Kind)
	if said.Subject != "" {
		line += fmt.Sprintf("  %-8s", said.Subject)
	}
	if said.State != "" {
		line += "  " + style.paint(said.State, tone.Of(events[0].State))
		if said.Detail != "" {
			line += strings.Repeat(" ", max(0, stateWidth-lipgloss.Width(said.State)))
		}
	}
	return style.hang(line, said.Detail)
}

// hang writes a detail behind the rest of its line. Where a terminal would break the line, it is wrapped, in a column of
// its own if there is room for one.
func (s Style) hang(line, detail string) string {
	const below = 14 // the column after the time
	whole, alone := strings.TrimRight(line+"  "+detail, " "), strings.TrimRight(line, " ")
	at, room := lipgloss.Width(line)+2, max(s.Width, narrowest)
	switch {
	case s.Width <= 0 || lipgloss.Width(whole) <= room:
		return whole
	case at+proseWidth <= room:
		return line + "  " + strings.TrimLeft(words.Fold(detail, at, room), " ")
	}
	if lipgloss.Width(alone) > room {
		alone = strings.TrimLeft(words.Fold(alone, below, room), " ")
	}
	return strings.TrimRight(alone+"\n"+words.Fold(detail, below, room), " \n")
}

// mostSlots bounds the slots that a line names.
const mostSlots = 3

// slotText names the slots of events about cells.
func slotText(all []int) string {
	named := convert(all[:min(len(all), mostSlots)], strconv.Itoa)
	text := " slot "
	if len(all) > 1 {
		text = " slots "
	}
	if more := len(all) - mostSlots; more > 0 {
		return text + strings.Join(named, ", ") + fmt.Sprintf(" and %s more", words.Thousands(more))
	}
	return text + words.Enumerate(named)
}

// ofShard tells whether events of this kind are about a shard of a region.
func ofShard(k probe.EventKind) bool { return k == probe.EventShard || k == vitals.EventServer }

// subject is what an event is about, "" for everything.
func subject(e *probe.Event, maps []slots.Map) string {
	switch {
	case e.From != "":
		return words.Link(e.From, e.To)
	case !ofShard(e.Kind):
		return words.Clean(e.Region)
	}
	text := words.Clean(e.Region) + " " + words.Shard(e.Shard)
	for _, m := range maps {
		if m.Region == e.Region && e.Shard >= 0 && e.Shard < len(m.Shards) {
			text += " (" + words.Clean(m.Shards[e.Shard].Address) + ")"
		}
	}
	return text
}
