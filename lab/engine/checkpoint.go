package engine

import (
	"slices"
	"time"
)

// undoLog holds, for every entry that was changed since a mark, what was known before. It begins with the first mark, so
// whoever never makes one pays nothing.
type undoLog struct {
	began   bool
	mark    uint64 // number of the last mark; an entry with it in saved is in the log already
	first   uint64 // number of the first mark that can be gone back to
	written bool   // Engine.written at the first mark
	befores []before
}

// before is what was known of an entry at a mark.
type before struct {
	n      *entry
	record record
	absent bool   // there was no entry
	mark   uint64 // the last one then
}

// beforeSize is what a before takes at the least, in bytes.
const beforeSize = 136

// save notes what is known of an entry, unless that was done since the last mark.
func (e *Engine) save(n *entry) {
	if !e.undo.began || n.saved == e.undo.mark {
		return
	}
	n.saved = e.undo.mark
	e.undo.befores = append(e.undo.befores, before{n, n.record, n.version == 0, e.undo.mark})
}

// Checkpoint says that all changes up to now are durable: [Engine.Rollback] will not undo them, and no mark before can be
// gone back to. From the first one on, the engine keeps what it needs to come back to it: about 136 bytes,
// and the old value, for every key that is changed until the next.
func (e *Engine) Checkpoint() {
	e.Mark()
	e.undo.first = e.undo.mark
	e.undo.written = e.written
	clear(e.undo.befores)
	e.undo.befores = e.undo.befores[:0]
}

// Mark returns a number by which [Engine.RollbackTo] finds back to the present state, until a Checkpoint is made or
// [Engine.Forget] says that nobody will. Numbers ascend.
func (e *Engine) Mark() uint64 {
	if !e.undo.began {
		e.undo.began = true
		e.undo.first = e.undo.mark + 1
		e.undo.written = e.written
	}
	e.undo.mark++
	return e.undo.mark
}

// Forget lets go of what only marks before the given one need, and returns about how many bytes are still held for the others.
func (e *Engine) Forget(mark uint64) int {
	if mark > e.undo.first {
		e.undo.first = min(mark, e.undo.mark)
		e.undo.written = e.undo.written || len(e.undo.befores) > 0 && e.undo.befores[0].mark < e.undo.first
		e.undo.befores = slices.DeleteFunc(e.undo.befores, func(b before) bool { return b.mark < e.undo.first })
	}
	held := len(e.undo.befores) * beforeSize
	for _, b := range e.undo.befores {
		held += len(b.record.value)
	}
	return held
}

// Rollback undoes all changes since the last checkpoint, which is what a crash loses, and returns the keys that were
// changed, in the order of their first change. Without any checkpoint everything is undone. Nothing is emitted. The
// clock and the versions do not go back; an expiry that has passed since has passed.
func (e *Engine) Rollback() (lost []string) {
	if !e.undo.began {
		for _, n := range e.all {
			if n != nil {
				lost = append(lost, n.key)
			}
		}
		e.Clear()
		return lost
	}
	return e.RollbackTo(e.undo.first)
}

// RollbackTo undoes all changes since a mark, which can still be gone back to, as [Engine.Rollback] does since the last
// checkpoint, and makes that state a checkpoint.
func (e *Engine) RollbackTo(mark uint64) (lost []string) {
	e.tell()
	undone := make(map[string]bool)
	from := len(e.undo.befores)
	for from > 0 && e.undo.befores[from-1].mark >= mark {
		from--
	}
	for _, b := range e.undo.befores[from:] {
		if !undone[b.n.key] {
			undone[b.n.key] = true
			lost = append(lost, b.n.key)
		}
	}
	for _, b := range slices.Backward(e.undo.befores[from:]) {
		if b.absent {
			e.forget(b.n)
			continue
		}
		b.n.record = b.record
		e.derive(b.n)
	}
	e.written = e.undo.written || from > 0
	e.lostState()
	e.Checkpoint()
	return lost
}

// Clear forgets everything, as after a crash without any persistence, and makes that the checkpoint. Nothing is
// emitted; FLUSHALL is the command that removes keys everywhere.
func (e *Engine) Clear() {
	e.keys, e.all, e.holes, e.due, e.shown = index{}, nil, nil, nil, 0
	e.written = false
	e.undo.written, e.undo.befores = false, nil
	e.lostState()
}

// lostState marks that others may know more of this replica's own doing than it does itself.
func (e *Engine) lostState() {
	e.since = e.clock
	e.changes++
	e.floor = e.changes
}

// Collect forgets removed and expired keys of which nothing was learnt since the given time, and returns how many. It
// looks at every key.
//
// A tombstone is what keeps a late effect from bringing a key back. So before must be early enough that every effect
// from before it has arrived everywhere, or is never going to.
func (e *Engine) Collect(before time.Time) int {
	e.tell()
	e.hideDue(e.shown)
	collected := 0
	for _, n := range e.all {
		if n == nil || n.shown || n.touched >= before.UnixNano() {
			continue
		}
		if e.undo.began && n.saved >= e.undo.first {
			continue // the next rollback needs it
		}
		e.forget(n)
		collected++
	}
	if collected > 0 {
		e.changes++
		e.floor = e.changes
	}
	return collected
}
