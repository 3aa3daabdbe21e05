package vitals

import (
	"fmt"
	"slices"
	"time"

	"github.com/aafailover/aafailover/internal/words"
)

// Copy is one full resync, as the server told that takes part in it: all data of a
// primary goes to a replica. Readings lie apart, so that what it took lies between two
// times.
type Copy struct {
	// To tells whether the data came to the server that told this; else it went from it.
	To    bool
	Other string // the address of the other server; "" where it was several or is not known
	// Count is how many began: more than one where that many replicas came between two
	// readings.
	Count int64
	Began time.Time // of the reading that showed it first
	// Least and Most are what it took, at the least and at the most, up to now as long as
	// it is under way. Most is not known of one that was under way at the first reading.
	Least  time.Duration
	Most   Field[time.Duration]
	Done   bool // else it is under way
	Failed bool // it ended without the replica having the data: it broke off
	// Bytes are what was sent. AtMost says that replication went on beside it and is in
	// them. Of several the bytes are those of all.
	Bytes  Field[int64]
	AtMost bool
}

// copying is a copy that is under way.
type copying struct {
	Copy
	before Server // the last reading before it; At zero where there was none
}

// follow takes note of copies that begin, go on and end.
func (t *Track) follow(before, now *Server) []Change {
	r := now.Replication
	begun := increase(before, now, func(s *Server) Field[int64] { return s.Replication.FullSyncs })
	going, other := underWay(r)
	if t.busy == nil && (going || begun > 0) {
		t.busy = &copying{Copy: Copy{To: is(r.Role, Replica) && is(r.Syncing, true), Other: other, Count: max(begun, 1), Began: now.At}}
		if before != nil {
			t.busy.before = *before
		}
	} else if t.busy != nil {
		t.busy.Count += begun
	}
	if t.busy == nil {
		return nil
	}
	t.busy.take(now)
	t.keep(t.busy.Copy)
	if going {
		return nil
	}
	done := t.busy
	t.busy = nil
	done.Done = true
	done.Failed = done.brokeOff(r)
	t.copies[len(t.copies)-1] = done.Copy
	return []Change{{At: now.At, Was: string(FullResync), Now: Over, Text: done.Text()}}
}

// keep puts a copy in the place of what was known of it.
func (t *Track) keep(c Copy) {
	if n := len(t.copies); n > 0 && !t.copies[n-1].Done {
		t.copies[n-1] = c
		return
	}
	t.copies = append(t.copies, c)
	if len(t.copies) > mostCopies {
		t.copies = t.copies[1:]
	}
}

// abandon ends what a life of the server had under way.
func (t *Track) abandon(at time.Time) []Change {
	if t.busy == nil {
		return nil
	}
	t.busy.Done, t.busy.Failed = true, true
	t.keep(t.busy.Copy)
	text := t.busy.Text()
	t.busy = nil
	return []Change{{At: at, Was: string(FullResync), Now: Over, Text: text}}
}

// take takes a reading during a copy, or the first one after it.
func (c *copying) take(now *Server) {
	c.Least = now.At.Sub(c.Began)
	if from := c.before.At; !from.IsZero() {
		c.Most = FieldOf(now.At.Sub(from))
	}
	r := now.Replication
	if c.To && is(r.Syncing, true) && r.SyncTotal.Known() {
		c.Bytes, c.AtMost = r.SyncTotal, false
	}
	if c.Bytes.Known() && !c.AtMost {
		return // as the replica said: what has come by a reading would be less than all
	}
	through := grown(c.before.Stats.ReplicationOutput, now.Stats.ReplicationOutput)
	if c.To {
		through = grown(c.before.Stats.ReplicationInput, now.Stats.ReplicationInput)
	}
	if through.Known() {
		c.Bytes, c.AtMost = through, true
	}
}

// brokeOff tells, by the first reading after it, whether it ended without the replica
// having the data: one that has it stays connected.
func (c *copying) brokeOff(r Replication) bool {
	if c.To {
		return is(r.LinkUp, false)
	}
	return c.Other != "" && r.Replicas.Known() && !slices.ContainsFunc(r.Replicas.Value, func(f Follower) bool {
		return f.Address == c.Other && f.Online()
	})
}

// underWay tells whether a copy is, and with which other server where that is one.
func underWay(r Replication) (going bool, other string) {
	if is(r.Role, Replica) && is(r.Syncing, true) {
		return true, r.PrimaryAddress.Value
	}
	for _, f := range r.Replicas.Value {
		if !f.Copying() {
			continue
		}
		if other = f.Address; going {
			other = ""
		}
		going = true
	}
	return going, other
}

// increase is how much a count went up, 0 where that is not known.
func increase(before, now *Server, count func(*Server) Field[int64]) int64 {
	if before == nil {
		return 0
	}
	return grown(count(before), count(now)).Value
}

// grown is how much a count went up.
func grown(a, b Field[int64]) Field[int64] {
	if !a.Known() || !b.Known() || b.Value < a.Value {
		return Field[int64]{}
	}
	return FieldOf(b.Value - a.Value)
}

// Text says in words what it was and what it took.
func (c Copy) Text() string {
	other := orElse(words.Clean(c.Other), map[bool]string{true: "its primary", false: "a replica"}[c.To])
	var text string
	switch {
	case c.Failed && c.To:
		text = "a full resync from " + other + " broke off: "
	case c.Failed:
		text = "a full resync to " + other + " broke off: "
	case c.To:
		text = "all data came to it from " + other + " (full resync): "
	case c.Count > 1:
		text = fmt.Sprintf("it sent all its data %d times, to %s (full resync): ", c.Count, other)
	default:
		text = "it sent all its data to " + other + " (full resync): "
	}
	if c.Bytes.Known() {
		if c.AtMost {
			text += "at most "
		}
		text += words.Bytes(float64(c.Bytes.Value)) + ", "
	}
	switch {
	case !c.Most.Known():
		return text + "at least " + words.Rough(c.Least)
	case c.Least > 0:
		return text + fmt.Sprintf("%s to %s", words.Rough(c.Least), words.Rough(c.Most.Value))
	}
	return text + "at most " + words.Rough(c.Most.Value)
}

func orElse(text, other string) string {
	if text == "" {
		return other
	}
	return text
}
