package engine

import (
	"bytes"
	"slices"
)

// Seen is a key as a server shows it that executes commands in an engine's place.
type Seen struct {
	Present bool
	Dumped  bool   // Value is the payload of DUMP, of a key that is no string
	Value   []byte // of a string; never changed
	At      int64  // when it expires, unix time in milliseconds, or Never
}

// Change is what the commands that changed a key do: how their effect merges with what other regions do at the same time.
type Change uint8

// The changes, from the one that leaves most of a key to others to the one that leaves nothing.
const (
	Prolonged Change = iota + 1 // EXPIRE and the like: the expiry only
	Counted                     // INCR and the like: an integer was added to
	Rewritten                   // anything else: the last writer wins
)

// Note enters a change of a key that a command has made in a server, as if the command had been executed here: now is how the
// server shows the key after it. Noting twice is changing twice. A key that was not there before and is not now has not
// changed.
func (e *Engine) Note(key string, now Seen, how Change) {
	e.tell()
	n := e.look([]byte(key))
	switch {
	case !now.Present && n == nil:
	case !now.Present:
		e.remove(n)
	case how == Counted && e.noteCount(key, n, now):
	case how == Prolonged && n != nil && n.is(now):
		e.setEnd(n, now.At)
	default:
		e.noteValue(key, n, now)
	}
}

// noteValue enters a new value. Its expiry is left as it is if it has not changed: whether a command has set it to the same
// cannot be told.
func (e *Engine) noteValue(key string, n *entry, now Seen) {
	stamp := e.stamp()
	r := record{base: stamp, value: now.Value, dumped: now.Dumped}
	if n != nil && n.due == now.At {
		r.ends = n.ends
	} else {
		n = e.entryOf([]byte(key))
		r.ends = replaceEnds(n.ends, End{stamp, now.At})
	}
	e.change(n, Write, r, stamp)
}

// noteCount enters what was added to an integer, and is false when that is not what has happened.
func (e *Engine) noteCount(key string, n *entry, now Seen) bool {
	sum, ok := parseInt(now.Value)
	if !ok || now.Dumped {
		return false
	}
	var have int64
	if n != nil {
		if have, ok = n.integer(); !ok || n.dumped {
			return false
		}
	}
	delta := sum - have
	if _, fits := add(have, delta); !fits {
		return false
	}
	if n = e.count([]byte(key), n, delta); n.due != now.At {
		e.setEnd(n, now.At)
	}
	return true
}

// is says whether the server shows the value that is known here.
func (n *entry) is(now Seen) bool {
	return n.dumped == now.Dumped && string(n.appendValue(nil)) == string(now.Value)
}

// Show returns how a server is to show a key for which effects of other replicas were applied.
func (e *Engine) Show(key string) Seen {
	e.tell()
	n := e.look([]byte(key))
	if n == nil {
		return Seen{}
	}
	value := n.value
	if n.counted {
		value = n.appendValue(nil)
	}
	return Seen{Present: true, Dumped: n.dumped, Value: value, At: n.due}
}

// Believe takes a replica for what its server shows after it has gone back to a time of which nothing else is known. Keys that
// are not as they are known here count from then on as older than whatever another replica knows of them, or are forgotten, if they are not shown. A
// counter that was never anything else is forgotten, too, since what it was then cannot be told from what others have added: those have
// to be removed from the server, and are returned. Nothing is emitted, and no mark or checkpoint before can be gone back to.
func (e *Engine) Believe(seen map[string]Seen) (gone []string) {
	e.tell()
	e.beliefs++ // two beliefs in different values of a key must not have the same stamp
	oldest, dropped := Stamp{e.beliefs, e.replica}, make(map[string]bool)
	for _, n := range e.all {
		if n == nil {
			continue
		}
		is := seen[n.key]
		if is.Same(e.Show(n.key)) && is.Present {
			continue
		}
		if is.Present && n.base.IsZero() {
			gone = append(gone, n.key)
			dropped[n.key], is.Present = true, false
		}
		if !is.Present {
			e.forget(n)
		}
	}
	for key, is := range seen {
		if is.Present && !is.Same(e.Show(key)) && !dropped[key] {
			e.put(e.entryOf([]byte(key)), record{base: oldest, value: is.Value, dumped: is.Dumped, ends: []End{{oldest, is.At}}})
		}
	}
	slices.Sort(gone)
	e.lostState()
	e.Checkpoint()
	return gone
}

// Same says whether a key is shown the same way.
func (s Seen) Same(o Seen) bool {
	if !s.Present || !o.Present {
		return s.Present == o.Present
	}
	return s.Dumped == o.Dumped && s.At == o.At && bytes.Equal(s.Value, o.Value)
}
