package vitals

import (
	"slices"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// Track follows one server through its readings: what changed between them, what it
// is like now, and what the copies of all its data have cost. The zero value has no
// reading yet.
type Track struct {
	last    *Server
	rates   Rates
	remarks []Remark
	copies  []Copy // the newest last; one of them may be under way
	busy    *copying
}

// Rates are how much there is a second, between the last two readings of one life of
// the server.
type Rates struct {
	Effects Field[float64] // bytes of what was executed and has to be replicated
	Evicted Field[float64] // keys
	Refused Field[float64] // connections
}

// Change is something that began or ended between two readings. Its texts speak of the
// server as "it".
type Change struct {
	At   time.Time // of the reading that showed it
	Was  string    // "" where it began; else what is over, or what the role was
	Now  string    // the kind of a remark that begins, Over, or a role
	Text string
}

// EventServer is the kind of the events that changes become.
const EventServer probe.EventKind = "server"

// Event is the change as one of the events of a probe.
func (c Change) Event(region string, shard int) probe.Event {
	return probe.Event{At: c.At, Kind: EventServer, Region: region, Shard: shard, Slot: -1, Was: c.Was, State: c.Now, Detail: c.Text}
}

// Over is what a thing is that has ended.
const Over = "over"

// What a Change can be about besides the kinds of remarks.
const (
	Restarted = "restarted" // the server was started anew
)

// mostCopies bounds the copies that a track keeps: the newest.
const mostCopies = 8

// Take takes in a reading, which must be later than the one before, and returns what
// has changed.
func (t *Track) Take(s Server) []Change {
	var changes []Change
	before := t.last
	another := before == nil || another(before, &s)
	if before != nil {
		changes = lifeChanges(before, &s, another)
	}
	if another {
		changes = append(changes, t.abandon(s.At)...)
		before = nil
	}
	t.rates = ratesBetween(before, &s)
	changes = append(changes, t.follow(before, &s)...)
	remarks := remarksOf(&s, t.rates)
	changes = append(changes, compared(t.remarks, remarks, s.At)...)
	t.last, t.remarks = &s, remarks
	return changes
}

// Remarks are what is not as it should be with the server, by the last reading.
func (t *Track) Remarks() []Remark { return slices.Clone(t.remarks) }

// Copies are the last full resyncs, the newest last.
func (t *Track) Copies() []Copy { return slices.Clone(t.copies) }

// Rates are those between the last two readings.
func (t *Track) Rates() Rates { return t.rates }

// Copying tells whether a full resync is under way, so that it is worth to look often.
func (t *Track) Copying() bool { return t.busy != nil }

// another tells whether what counts had begun anew: the server was started again, or
// is another one.
func another(before, now *Server) bool {
	a, b := before.RunID, now.RunID
	if a.Known() && b.Known() {
		return a.Value != b.Value
	}
	up, were := now.Uptime, before.Uptime
	return up.Known() && were.Known() && up.Value < were.Value
}

func lifeChanges(before, now *Server, another bool) []Change {
	var changes []Change
	if another {
		changes = append(changes, Change{At: now.At, Now: Restarted, Text: "it was started anew, or is another server now"})
	}
	a, b := before.Replication.Role, now.Replication.Role
	if a.Known() && b.Known() && a.Value != b.Value {
		c := Change{At: now.At, Was: string(a.Value), Now: string(b.Value), Text: "it was a " + string(a.Value) + " before"}
		if primary := now.Replication.PrimaryAddress; primary.Known() {
			c.Text = "it is a replica of " + primary.Value + " now, and was a " + string(a.Value) + " before"
		}
		changes = append(changes, c)
	}
	return changes
}

func ratesBetween(before, now *Server) Rates {
	if before == nil {
		return Rates{}
	}
	passed := now.At.Sub(before.At).Seconds()
	per := func(a, b Field[int64]) Field[float64] {
		if !a.Known() || !b.Known() || b.Value < a.Value || passed <= 0 {
			return Field[float64]{}
		}
		return FieldOf(float64(b.Value-a.Value) / passed)
	}
	r := Rates{Evicted: per(before.Stats.EvictedKeys, now.Stats.EvictedKeys), Refused: per(before.Stats.RejectedConnections, now.Stats.RejectedConnections)}
	if before.Replication.ID == now.Replication.ID { // else offsets are of different histories
		r.Effects = per(before.Replication.Offset, now.Replication.Offset)
	}
	return r
}

// compared tells which remarks began and which are over.
func compared(before, now []Remark, at time.Time) []Change {
	var changes []Change
	for _, r := range now {
		if !slices.ContainsFunc(before, r.same) {
			changes = append(changes, Change{At: at, Now: string(r.Kind), Text: r.Text})
		}
	}
	for _, r := range before {
		if !slices.ContainsFunc(now, r.same) && r.Kind != FullResync { // which has its cost told
			changes = append(changes, Change{At: at, Was: string(r.Kind), Now: Over, Text: r.about()})
		}
	}
	return changes
}
