package engine

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

// Recall enters a key as a server shows it of which nothing else is known: it counts as older than all that anybody knows of
// it. Nothing is emitted.
func (e *Engine) Recall(key string, now Seen) {
	e.tell()
	first := Stamp{1, e.replica}
	e.put(e.entryOf([]byte(key)), record{base: first, value: now.Value, dumped: now.Dumped, ends: []End{{first, now.At}}})
}

// Drop forgets everything about a key. Nothing is emitted, and no mark or checkpoint before can be gone back to.
func (e *Engine) Drop(key string) {
	if n := e.keys[key]; n != nil {
		e.forget(n)
		e.changes++
		e.floor = e.changes
	}
}
