package engine

import "math"

// setEnd makes the key expire at the given time (unix milliseconds, or Never).
func (e *Engine) setEnd(n *entry, at int64) {
	stamp := e.stamp()
	r := n.record
	r.ends = replaceEnds(r.ends, End{stamp, at})
	e.change(n, Expire, r, stamp)
}

func (e *Engine) expire(args [][]byte)    { e.expireAt(args, 1000, e.ms) }
func (e *Engine) pexpire(args [][]byte)   { e.expireAt(args, 1, e.ms) }
func (e *Engine) expireat(args [][]byte)  { e.expireAt(args, 1000, 0) }
func (e *Engine) pexpireat(args [][]byte) { e.expireAt(args, 1, 0) }

// expireAt makes a key expire at args[2] of the unit, in milliseconds, after from, in unix milliseconds.
func (e *Engine) expireAt(args [][]byte, unit, from int64) {
	var when condition
	if problem := when.parse(args[3:]); problem != "" {
		e.fail(problem)
		return
	}
	at, ok := parseInt(args[2])
	if !ok {
		e.fail(errNotInteger)
		return
	}
	if at > math.MaxInt64/unit || at < math.MinInt64/unit {
		e.wrongExpire()
		return
	}
	at *= unit
	if at > math.MaxInt64-from {
		e.wrongExpire()
		return
	}
	at += from
	n := e.look(args[1])
	if n == nil || !when.holds(n.due, at) {
		e.flag(false)
		return
	}
	if at <= e.ms {
		e.remove(n)
	} else {
		e.setEnd(n, at)
	}
	e.flag(true)
}

// condition is NX, XX, GT and LT of the EXPIRE commands.
type condition struct{ unset, set, later, earlier bool }

// parse reads the options and returns an error text if they are wrong.
func (c *condition) parse(args [][]byte) string {
	for _, arg := range args {
		switch {
		case is(arg, "nx"):
			c.unset = true
		case is(arg, "xx"):
			c.set = true
		case is(arg, "gt"):
			c.later = true
		case is(arg, "lt"):
			c.earlier = true
		default:
			return "ERR Unsupported option " + printable(arg)
		}
	}
	if c.unset && (c.set || c.later || c.earlier) {
		return "ERR NX and XX, GT or LT options at the same time are not compatible"
	}
	if c.later && c.earlier {
		return "ERR GT and LT options at the same time are not compatible"
	}
	return ""
}

// holds tells whether a key that expires at due may be made to expire at at. A key that never expires counts as one that
// expires later than all.
func (c *condition) holds(due, at int64) bool {
	switch {
	case c.unset && due != Never,
		c.set && due == Never,
		c.later && (due == Never || at <= due),
		c.earlier && due != Never && at >= due:
		return false
	}
	return true
}

func (e *Engine) persist(args [][]byte) {
	n := e.look(args[1])
	if n == nil || n.due == Never {
		e.flag(false)
		return
	}
	e.setEnd(n, Never)
	e.flag(true)
}

func (e *Engine) ttl(args [][]byte)         { e.remaining(args[1], e.ms, true) }
func (e *Engine) pttl(args [][]byte)        { e.remaining(args[1], e.ms, false) }
func (e *Engine) expiretime(args [][]byte)  { e.remaining(args[1], 0, true) }
func (e *Engine) pexpiretime(args [][]byte) { e.remaining(args[1], 0, false) }

// remaining answers how long after from, in unix milliseconds, a key expires, in milliseconds or rounded to seconds; -1
// if it never does, -2 if there is no such key.
func (e *Engine) remaining(key []byte, from int64, seconds bool) {
	n := e.read(key)
	if n == nil {
		e.integer(-2)
		return
	}
	if n.due == Never {
		e.integer(-1)
		return
	}
	left := n.due - from
	if seconds {
		left = left/1000 + (left%1000+500)/1000
	}
	e.integer(left)
}
