package engine

import (
	"iter"
	"math/rand/v2"
	"time"
)

// Engine is the keyspace of one shard in one region. All calls to it must be serialized by its owner.
type Engine struct {
	// Emit, if not nil, gets the effect of every change that a command makes, in the order of execution. It must not call
	// the engine.
	Emit func(Effect)
	// Observe, if not nil, is called for each key that a command without Write looked at (KEYS, SCAN and RANDOMKEY, which
	// look at all, aside), and whether it was there. It must not call the engine.
	Observe func(key string, found bool)

	replica uint8
	now     func() time.Time
	random  *rand.Rand // for RANDOMKEY

	keys  index
	all   []*entry // by position; nil where an entry was forgotten
	holes []int    // positions in all that are free
	shown int      // entries that are shown
	due   deadlines

	clock   int64  // highest Stamp.Time made or seen; not rolled back, so that no stamp is made twice
	since   int64  // clock when state was last lost: parts from before are not continued
	beliefs int64  // how often Believe was called, here or where keys were before that moved; not rolled back
	changes uint64 // source of versions; not rolled back
	floor   uint64 // version of every key without an entry
	written bool
	undo    undoLog

	// Of the command that is being executed.
	nanos, ms int64 // its time, unix
	command   *Command
	out       []byte
	resp3     bool

	longest int // bytes that a value may have
}

// longestValue is the default of proto-max-bulk-len in Redis, which bounds the length of a value.
const longestValue = 512 << 20

// New returns an empty engine of the replica with that number, which must differ from those of all engines it exchanges
// effects with. Its wall clock is now, which need not be monotonic.
func New(replica uint8, now func() time.Time) *Engine {
	e := &Engine{replica: replica, now: now, longest: longestValue}
	e.random = rand.New(rand.NewPCG(uint64(now().UnixNano()), uint64(replica)))
	return e
}

// tell reads the clock.
func (e *Engine) tell() {
	e.nanos = e.now().UnixNano()
	e.ms = e.nanos / int64(time.Millisecond)
}

// stamp returns a new stamp, after all that were made or seen.
func (e *Engine) stamp() Stamp {
	e.clock = max(e.clock+1, e.nanos)
	return Stamp{e.clock, e.replica}
}

// change makes r what is known of the key, and emits it.
func (e *Engine) change(n *entry, kind Kind, r record, stamp Stamp) {
	e.put(n, r)
	if e.Emit != nil {
		e.Emit(r.effect(kind, n.key, stamp))
	}
}

// Apply merges an effect of another replica, or one of this replica's own that it has lost. It tells whether anything
// was learnt from it: not from a duplicate, from what later effects made obsolete, or from a Publish. Nothing is emitted.
func (e *Engine) Apply(x Effect) (changed bool) {
	if x.Kind == Publish {
		return false
	}
	e.tell()
	e.clock = max(e.clock, x.Stamp.Time)
	hash := hashOf(x.Key)
	n := find(&e.keys, x.Key, hash)
	if n == nil {
		e.put(e.newEntry(x.Key, hash), recordOf(x))
		return true
	}
	joined, changed := join(n.record, recordOf(x))
	if changed {
		e.put(n, joined)
	}
	return changed
}

// State returns everything that is known of the keys whose slot owns accepts (nil: of all keys), removed and expired
// ones included, one effect a key: what a full copy sends. The engine must not be changed while it is ranged over.
func (e *Engine) State(owns func(slot int) bool) iter.Seq[Effect] {
	return func(yield func(Effect) bool) {
		for _, n := range e.all {
			if n == nil {
				continue
			}
			kind := Remove
			switch {
			case anyCounted(n.parts):
				kind = Count
			case n.hasValue():
				kind = Write
			}
			x := n.effect(kind, n.key, Stamp{e.clock, e.replica})
			if owns != nil && !owns(x.Slot()) {
				continue
			}
			if !yield(x) {
				return
			}
		}
	}
}

// Version returns a number that grows whenever the value or the existence of the key may have changed, by a command, an
// effect, expiry or a rollback. WATCH compares it.
func (e *Engine) Version(key string) uint64 {
	n := e.keys.get(key)
	if n == nil {
		return e.floor
	}
	e.tell()
	e.unexpired(n)
	return n.version
}

// Presence tells whether the key is there now, and when it will expire: unix time in milliseconds, or [Never].
func (e *Engine) Presence(key string) (until int64, present bool) {
	e.tell()
	n := e.unexpired(e.keys.get(key))
	if n == nil {
		return Never, false
	}
	return n.due, true
}

// Len returns the number of keys that are there.
func (e *Engine) Len() int {
	e.tell()
	e.hideDue(e.shown)
	return e.shown
}

// EverWritten tells whether any key was ever written here, by a command or by an effect, as far as the engine can know:
// it does not know of what it lost in [Engine.Rollback] or [Engine.Clear].
func (e *Engine) EverWritten() bool { return e.written }

// Expire hides up to limit keys whose end has passed, the longest overdue first, and returns how many. Keys do not need
// it to expire, and what is known of them stays until [Engine.Collect].
func (e *Engine) Expire(limit int) int {
	e.tell()
	return e.hideDue(limit)
}

func (e *Engine) hideDue(limit int) (hidden int) {
	for ; hidden < limit && len(e.due) > 0 && e.past(e.due[0].at); hidden++ {
		e.hide(e.due[0].n)
	}
	return hidden
}
