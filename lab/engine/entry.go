package engine

import (
	"hash/maphash"
	"strconv"
)

// entry is a key with what is known of it, and what follows from that at present.
type entry struct {
	record
	key string

	version  uint64
	touched  int64  // when the record last changed here, unix nanoseconds
	due      int64  // latest of the ends, in unix milliseconds, or Never
	number   int64  // the value, when counted
	counted  bool   // the value is a sum of parts, and not the register as it stands
	shown    bool   // to clients: it exists, and was not yet seen to be past due
	heap     int    // place in Engine.due, or -1
	position int    // place in Engine.all
	saved    uint64 // checkpoint since which its record is in the undo log
}

// appendValue adds the value to dst.
func (n *entry) appendValue(dst []byte) []byte {
	if n.counted {
		return strconv.AppendInt(dst, n.number, 10)
	}
	return append(dst, n.value...)
}

// length returns the length of the value in bytes.
func (n *entry) length() int {
	if n.counted {
		var digits [20]byte
		return len(n.appendValue(digits[:0]))
	}
	return len(n.value)
}

// integer returns the value as a number, if it is written as one.
func (n *entry) integer() (int64, bool) {
	if n.counted {
		return n.number, true
	}
	return parseInt(n.value)
}

// look returns the entry of a key that is shown, or nil.
func (e *Engine) look(key []byte) *entry {
	return e.unexpired(find(&e.keys, key, maphash.Bytes(seed, key)))
}

// unexpired returns n if it is shown, and nil if not. If its end has passed it is hidden now.
func (e *Engine) unexpired(n *entry) *entry {
	if n == nil || !n.shown {
		return nil
	}
	if e.past(n.due) {
		e.hide(n)
		return nil
	}
	return n
}

// past tells whether a key with that end has expired. As in Redis, it lives through the millisecond of its end.
func (e *Engine) past(due int64) bool { return due != Never && due < e.ms }

// hide takes an expired key out of sight. What is known of it stays the same: another region may have prolonged it.
func (e *Engine) hide(n *entry) {
	n.shown = false
	e.shown--
	e.due.set(n, Never)
	e.changes++
	n.version = e.changes
}

// entryOf returns the entry of a key, shown or not, and makes one if there is none.
func (e *Engine) entryOf(key []byte) *entry {
	hash := maphash.Bytes(seed, key)
	if n := find(&e.keys, key, hash); n != nil {
		return n
	}
	return e.newEntry(string(key), hash)
}

func (e *Engine) newEntry(key string, hash uint64) *entry {
	n := &entry{key: key, heap: -1}
	if free := len(e.holes); free > 0 {
		n.position = e.holes[free-1]
		e.holes = e.holes[:free-1]
		e.all[n.position] = n
	} else {
		n.position = len(e.all)
		e.all = append(e.all, n)
	}
	e.keys.add(n, hash)
	return n
}

// forget takes an entry out altogether. Others keep their positions, so that a SCAN that is under way misses none.
func (e *Engine) forget(n *entry) {
	if n.shown {
		n.shown = false
		e.shown--
	}
	e.due.set(n, Never)
	e.keys.remove(n)
	e.all[n.position] = nil
	e.holes = append(e.holes, n.position)
}

// put makes r what is known of the key.
func (e *Engine) put(n *entry, r record) {
	e.save(n)
	n.record = r
	e.written = true
	e.derive(n)
}

// derive works out what follows from an entry's record at present.
func (e *Engine) derive(n *entry) {
	e.changes++
	n.version = e.changes
	n.touched = e.nanos
	n.due = latest(n.ends)
	n.counted = anyCounted(n.parts)
	if n.counted {
		var base int64
		if n.hasValue() {
			base, _ = parseInt(n.value) // only integers are counted on
		}
		n.number = total(base, n.parts)
	}
	shown := (n.counted || n.hasValue()) && !e.past(n.due)
	if shown != n.shown {
		n.shown = shown
		if shown {
			e.shown++
		} else {
			e.shown--
		}
	}
	if shown {
		e.due.set(n, n.due)
	} else {
		e.due.set(n, Never)
	}
}
