package recorder

import (
	"hash/maphash"
	"time"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/drill"
)

// A repeat is a write with the command and the arguments of an earlier one that did not succeed. On the wire nothing tells it from
// the same command that is meant anew, as two visits that count in one counter; so each write that failed is repeated at most once, and
// what a cluster's node redirects is none.
const (
	// unanswered is how long a write must have been in flight to be repeated by another: no service waits for as long, and
	// few that count in one counter at the same time are served as slowly.
	unanswered = time.Second
	// overtaking is by how much a connection's end can be noticed late: it is read by another goroutine than the next request.
	overtaking = 100 * time.Microsecond
	// nearby is how many writes of one item are looked at for a repeat.
	nearby = 32
)

// fingerprintOf stands for a command and all its arguments, in 32 bits: it is compared among few writes of one item.
func fingerprintOf(c commands.Command, args []commands.Argument, seed maphash.Seed) uint32 {
	all := commands.Digest(maphash.String(seed, c.Name))
	for _, a := range args[1:] {
		all = all.And(a.Sum(seed))
	}
	return uint32(all >> 32)
}

// repeatsEarlier looks for what the newest write repeats.
func (s *stripe) repeatsEarlier(t touched) {
	w := s.writes.at(t.write)
	owner := s.owner(w, t.key)
	if owner.failed == 0 && owner.inFlight < 2 {
		return
	}
	at := w.previous
	for range nearby {
		if at == unset {
			return
		}
		earlier := s.writes.at(at)
		if earlier.fingerprint == w.fingerprint && !earlier.has(repeated|redirected) && earlier.operation != w.operation && openTo(earlier, w) {
			s.repeats(w, at, owner)
			return
		}
		at = earlier.previous
	}
}

// openTo tells whether a write, at the time when another was sent, had failed or not been answered for long.
func openTo(earlier, w *record) bool {
	switch earlier.outcome {
	case drill.Rejected, drill.Indeterminate:
		return true
	case drill.Inflight:
		return w.sent-earlier.sent >= unanswered
	}
	return false
}

// fails notes a write that did not succeed, and looks whether it was repeated before that was noticed: not before the service
// could know.
func (s *stripe) fails(t *touched, w *record, known drill.Moment) {
	owner := s.owner(w, t.key)
	if !w.has(repeated) {
		owner.failed++
	}
	head := owner.last
	if w.has(fromReply) {
		head = s.items.at(t.key).stream
	}
	for range nearby {
		if head == unset || head == t.write || w.has(repeated) {
			return
		}
		later := s.writes.at(head)
		if later.fingerprint == w.fingerprint && later.repeats == unset && later.sent >= known && later.operation != w.operation {
			s.repeats(later, t.write, owner)
			return
		}
		head = later.previous
	}
}

// repeats notes that one write repeats another.
func (s *stripe) repeats(w *record, earlier uint32, owner *item) {
	w.repeats = earlier
	e := s.writes.at(earlier)
	e.facts |= repeated
	if e.outcome != drill.Inflight {
		owner.failed--
	}
}

// owner is the item that counts the failures of a write: an entry has its stream, since its id is not known before.
func (s *stripe) owner(w *record, key uint32) *item {
	if w.has(fromReply) {
		return s.items.at(key)
	}
	return s.items.at(w.item)
}
