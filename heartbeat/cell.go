package heartbeat

import (
	"strings"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// sight is what a read showed of a key.
type sight struct {
	kind   sightKind
	number uint64 // of the beat: ours, or of the other observer
	text   string // of what is not ours
}

type sightKind uint8

const (
	nothing sightKind = iota // no such key
	ours                     // a beat of this observer
	theirs                   // a beat of another observer, of an earlier run, or something else
)

// unowned stands for the shard of a slot that no shard owns.
const unowned = -1

// cell is what reads of a stream's key in one region showed.
type cell struct {
	shown   sight
	since   time.Time // when the first of the reads that showed it had ended
	arrived time.Time // when the last read that showed something newer than the one before had ended
	written time.Time // when what it showed was sent; at the latest, where that is not known
	lacking uint64    // number of the oldest beat that is known to exist and is not readable here; 0: none is
	behind  time.Time // from when on it is known to exist
	owed    uint64    // number of the newest beat that another region had while it was not readable here; 0: all have come since
	after   sight     // of another observer, written after that; nothing: none is known
	shard   int       // of the region, that owns the slot; unowned where none does

	// begun and ended are of the last read that was answered; zero when none was since the connection was made. It was
	// executed at some moment between the two.
	begun, ended time.Time
	opened       time.Time // when the first read had ended that was answered since the connection was made
}

// read notes what a read showed in a region.
func (s *stream) read(region int, text string, begun, ended time.Time, t terms) {
	c := &s.cells[region]
	shown := s.sightOf(text, t.observer)
	if shown.kind == ours {
		s.exists(shown.number, ended)
	}
	first := c.since.IsZero()
	news := first && shown.kind == ours || !first && shown.newer(c.shown)
	if news {
		c.arrived, c.written = ended, ended
		if shown.kind == ours && shown.number >= s.oldest() {
			c.written = s.sent[shown.number%remembered]
		}
	}
	if news && shown.kind == theirs && c.shown.kind == ours {
		s.supersedes(c.shown.number, shown)
	}
	if first || shown != c.shown {
		c.shown, c.since = shown, ended
	}
	if c.ended.IsZero() {
		c.opened = ended
	}
	c.begun, c.ended = begun, ended
	number, known := s.unreadable(shown, c.since, ended, t.life())
	// While the same value stays there, what was lacking still is, though it may not be remembered any more. Of a key that is
	// gone it is not known: the beat may have expired, with no other that renewed it.
	stays := !news && shown.kind != nothing && c.lacking > 0
	if !stays || number > 0 && number < c.lacking {
		c.lacking, c.behind = number, known
	}
	if shown.kind == ours && shown.number >= c.owed || c.after.kind == theirs && (shown == c.after || shown.newer(c.after) && sameObserver(shown.text, c.after.text)) {
		c.owed, c.after = 0, sight{}
	}
	if there := s.newestElsewhere(region, ended, t); c.lag() >= t.deadline && there >= c.lacking && there > c.owed {
		c.owed, c.after = there, sight{}
	}
}

// supersedes notes that a region showed a beat of another observer after one of ours: where the other one is, ours has been.
func (s *stream) supersedes(number uint64, other sight) {
	for i := range s.cells {
		if c := &s.cells[i]; c.owed > 0 && number >= c.owed && c.after.kind == nothing {
			c.after = other
		}
	}
}

// sightOf says whose beat a text is. A number that was never given is not one of ours, whatever the text says.
func (s *stream) sightOf(text, observer string) sight {
	b, ok := parseBeat(text)
	switch {
	case text == "":
		return sight{}
	case ok && b.observer == observer && b.number >= s.first && b.number <= s.newest:
		return sight{kind: ours, number: b.number}
	}
	if len(text) > maxBeat { // whoever wrote that: not all of it is kept
		text = strings.Clone(text[:maxBeat])
	}
	return sight{kind: theirs, number: b.number, text: text}
}

// newer tells whether something was written after what was shown before: a key that is gone, or that went back to an
// earlier beat of the same observer, is nothing that arrived.
func (t sight) newer(than sight) bool {
	switch {
	case t.kind == nothing || t == than:
		return false
	case t.kind == ours && than.kind == ours, t.kind == theirs && than.kind == theirs && sameObserver(t.text, than.text):
		return t.number > than.number
	}
	return true
}

func sameObserver(a, b string) bool {
	x, _ := parseBeat(a)
	y, _ := parseBeat(b)
	return x.observer == y.observer
}

// disconnected forgets when the region was read last: whoever answers next may not be who answered until now.
func (c *cell) disconnected() { c.begun, c.ended = time.Time{}, time.Time{} }

// lag is for how long, at the least, a beat was known to exist when it was found not to be readable; 0 when all were.
func (c *cell) lag() time.Duration {
	if c.lacking == 0 || c.ended.IsZero() {
		return 0
	}
	return max(0, c.begun.Sub(c.behind))
}

// evidence says what is known of the keys of a cell at a time.
//
// They are missing when a beat that is known to exist for longer than the deadline was not readable, and nothing newer has
// come for as long and an interval: reads are an interval apart, so that what arrives at every interval is seen to do so up
// to two apart. A link that is slow brings old beats, one after the other: they are arriving, with a lag.
//
// That is charged to the link only for the time in which both ends were well: the source has acknowledged writes since
// renewed, which is zero while it does not, and the target could be read. What was written before an outage may take its time
// when that is over, or be gone with the region that it was written in.
func (c *cell) evidence(at, renewed time.Time, t terms) probe.KeyEvidence {
	e := probe.KeyEvidence{State: probe.KeysUnproven, Last: c.written}
	if !c.fresh(at, t) {
		return e
	}
	e.Lag = c.lag()
	well := renewed
	if c.opened.After(well) {
		well = c.opened
	}
	switch {
	case e.Lag >= t.deadline && !renewed.IsZero() && c.begun.Sub(well) >= t.deadline && c.begun.Sub(c.arrived) >= t.deadline+t.interval:
		e.State = probe.KeysMissing
	case at.Sub(c.arrived) <= t.lately():
		e.State = probe.KeysArriving
	}
	return e
}

// fresh tells whether the region was read lately.
func (c *cell) fresh(at time.Time, t terms) bool {
	return !c.ended.IsZero() && at.Sub(c.ended) <= t.lately()
}
