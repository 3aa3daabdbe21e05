package engine

import "slices"

// Move hands all that is known of the keys whose slot owns accepts over to another engine of the same replica, which knows
// nothing of them, and forgets it here. It returns what it was, one effect a key. Nothing is emitted. Where an engine makes
// checkpoints, one is made: what has moved is durable.
func (e *Engine) Move(to *Engine, owns func(slot int) bool) []Effect {
	e.tell()
	moved := slices.Collect(e.State(owns))
	if e.undo.began {
		e.Checkpoint() // no rollback brings back what is forgotten
	}
	for _, x := range moved {
		to.Apply(x)
		e.forget(e.keys.get(x.Key))
	}
	// Stamps of the other engine must be after those that were made here, and a part that this one would not continue
	// it must not continue either.
	to.clock, to.since, to.beliefs = max(to.clock, e.clock), max(to.since, e.since), max(to.beliefs, e.beliefs)
	e.changes++
	e.floor = e.changes
	if to.undo.began {
		to.Checkpoint()
	}
	return moved
}
