package engine

import "time"

// undoLog holds, for every entry that was changed since the checkpoint, what was known before. It begins with the first
// checkpoint, so whoever never makes one pays nothing.
type undoLog struct {
	began      bool
	checkpoint uint64 // number of checkpoints; an entry with it in saved is in the log already
	written    bool   // Engine.written at the checkpoint
	befores    []before
}

type before struct {
	n      *entry
	record record
	absent bool // there was no entry
}

// save notes what is known of an entry, unless that was done since the checkpoint.
func (e *Engine) save(n *entry) {
	if !e.undo.began || n.saved == e.undo.checkpoint {
		return
	}
	n.saved = e.undo.checkpoint
	e.undo.befores = append(e.undo.befores, before{n, n.record, n.version == 0})
}

// Checkpoint says that all changes up to now are durable: [Engine.Rollback] will not undo them. From the first one on,
// the engine keeps what it needs to come back to it: about 112 bytes,
// and the old value, for every key that is changed until the next.
func (e *Engine) Checkpoint() {
	e.undo.began = true
	e.undo.checkpoint++
	e.undo.written = e.written
	clear(e.undo.befores)
	e.undo.befores = e.undo.befores[:0]
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
	e.tell()
	lost = make([]string, 0, len(e.undo.befores))
	for _, b := range e.undo.befores {
		lost = append(lost, b.n.key)
		if b.absent {
			e.forget(b.n)
			continue
		}
		b.n.record = b.record
		e.derive(b.n)
	}
	e.written = e.undo.written
	e.lostState()
	e.Checkpoint()
	return lost
}

// Clear forgets everything, as after a crash without any persistence, and makes that the checkpoint. Nothing is
// emitted; FLUSHALL is the command that removes keys everywhere.
func (e *Engine) Clear() {
	e.keys, e.all, e.holes, e.due, e.shown = map[string]*entry{}, nil, nil, nil, 0
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
		if e.undo.began && n.saved == e.undo.checkpoint {
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
