package probe

import "time"

// Event is a change of state. It is small, and complete in itself: whoever keeps the events can tell what happened.
type Event struct {
	At       time.Time
	Kind     EventKind
	Region   string // of a region or shard
	Shard    int    // index into the slot map of Region, of an event about a shard; otherwise -1
	From, To string // of a link or cell
	Slot     int    // of a cell; otherwise -1
	Was      string // the state before: a Verdict, RegionState or LinkState; "" in the first
	State    string // the state from now on
	Cause    Cause
	Detail   string // in words, without the names and states above
}

// EventKind is what changed.
type EventKind string

// The kinds of events.
const (
	EventStart    EventKind = "start"    // the run began; Detail says what is observed and how
	EventVerdict  EventKind = "verdict"  // the verdict; Detail is the sentence
	EventRegion   EventKind = "region"   // a region's state
	EventShard    EventKind = "shard"    // a shard's state, in a region with several
	EventLink     EventKind = "link"     // a link's or loop's state
	EventCell     EventKind = "cell"     // a cell fell silent or stopped being so, in a link with several
	EventObserver EventKind = "observer" // the observer was paused, or could not keep up
	EventTopology EventKind = "topology" // the regions are sharded differently, or what was learned of that is not used
	EventEnd      EventKind = "end"      // the run ended
)
