package engine

import (
	"math"

	"github.com/aafailover/aafailover/internal/resp"
)

func (e *Engine) incr(args [][]byte) { e.increment(args[1], 1) }
func (e *Engine) decr(args [][]byte) { e.increment(args[1], -1) }

func (e *Engine) incrby(args [][]byte) {
	if delta, ok := parseInt(args[2]); ok {
		e.increment(args[1], delta)
		return
	}
	e.fail(errNotInteger)
}

func (e *Engine) decrby(args [][]byte) {
	delta, ok := parseInt(args[2])
	switch {
	case !ok:
		e.fail(errNotInteger)
	case delta == math.MinInt64:
		e.fail(errDecrement)
	default:
		e.increment(args[1], -delta)
	}
}

// increment adds delta to this replica's part of the counter, which merges; it does not write the sum, which would not.
func (e *Engine) increment(key []byte, delta int64) {
	n := e.look(key)
	var have int64
	if n != nil {
		var ok bool
		if have, ok = n.integer(); !ok {
			e.fail(errNotInteger)
			return
		}
	}
	sum, ok := add(have, delta)
	if !ok {
		e.fail(errOverflow)
		return
	}
	e.count(key, n, delta)
	e.integer(sum)
}

// count adds delta to this replica's part of a counter: of n, or of a new one when n is nil. It returns the entry.
func (e *Engine) count(key []byte, n *entry, delta int64) *entry {
	stamp := e.stamp()
	var r record
	if n != nil {
		r = n.record
	} else {
		// What was there before, if it only expired, must not count again, nor its expiry.
		n = e.entryOf(key)
		r = n.withoutSeen()
		r.ends = replaceEnds(r.ends, End{stamp, Never})
	}
	r.parts = addToParts(r.parts, stamp, delta, e.since)
	e.change(n, Count, r, stamp)
	return n
}

// incrbyfloat writes the sum: what a float was incremented by does not merge.
func (e *Engine) incrbyfloat(args [][]byte) {
	n := e.look(args[1])
	have := float{}
	if n != nil {
		var ok bool
		if have, ok = parseFloat(n.appendValue(nil)); !ok {
			e.fail(errNotFloat)
			return
		}
	}
	delta, ok := parseFloat(args[2])
	if !ok {
		e.fail(errNotFloat)
		return
	}
	sum, ok := have.add(delta)
	if !ok {
		e.fail(errNaN)
		return
	}
	value := sum.text()
	e.edit(args[1], n, value)
	e.out = resp.AppendBulk(e.out, value)
}
