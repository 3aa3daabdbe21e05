package engine

import (
	"bytes"
	"math"
)

// options are what may follow the key of GETEX, or key and value of SET.
type options struct {
	onlyNew  bool   // NX
	onlyOld  bool   // XX
	get      bool   // GET
	keep     bool   // KEEPTTL
	persist  bool   // PERSIST
	unit     string // of the expiry: ex, px, exat or pxat; "" if there is none
	argument []byte // the expiry
}

// parseOptions reads the options of SET, or of GETEX, and tells whether they are ones that go together.
func parseOptions(args [][]byte, getex bool) (o options, ok bool) {
	for i := 0; i < len(args); i++ {
		arg := args[i]
		switch {
		case !getex && !o.onlyOld && is(arg, "nx"):
			o.onlyNew = true
		case !getex && !o.onlyNew && is(arg, "xx"):
			o.onlyOld = true
		case !getex && is(arg, "get"):
			o.get = true
		case !getex && o.unit == "" && is(arg, "keepttl"):
			o.keep = true
		case getex && o.unit == "" && is(arg, "persist"):
			o.persist = true
		default:
			unit := expiryUnit(arg)
			if unit == "" || o.keep || o.persist || o.unit != "" && o.unit != unit || i+1 == len(args) {
				return o, false
			}
			i++
			o.unit, o.argument = unit, args[i]
		}
	}
	return o, true
}

// expiryUnit returns which of the expiry options an argument is, or "".
func expiryUnit(arg []byte) string {
	for _, unit := range [...]string{"ex", "px", "exat", "pxat"} {
		if is(arg, unit) {
			return unit
		}
	}
	return ""
}

// moment turns the expiry of an option into unix milliseconds. If that is impossible it answers the error.
func (e *Engine) moment(unit string, argument []byte) (at int64, ok bool) {
	at, ok = parseInt(argument)
	if !ok {
		e.fail(errNotInteger)
		return 0, false
	}
	seconds, relative := unit == "ex" || unit == "exat", unit == "ex" || unit == "px"
	if at <= 0 || seconds && at > math.MaxInt64/1000 {
		e.wrongExpire()
		return 0, false
	}
	if seconds {
		at *= 1000
	}
	if relative {
		if at, ok = add(at, e.ms); !ok {
			e.wrongExpire()
		}
	}
	return at, ok
}

func (e *Engine) set(args [][]byte) {
	o, ok := parseOptions(args[3:], false)
	if !ok {
		e.fail(errSyntax)
		return
	}
	at := Never
	if o.unit != "" {
		if at, ok = e.moment(o.unit, o.argument); !ok {
			return
		}
	}
	var n *entry
	if o.onlyNew || o.onlyOld || o.get || o.keep { // nothing else needs to know
		n = e.look(args[1])
	}
	if o.get {
		e.value(n)
	}
	if o.onlyNew && n != nil || o.onlyOld && n == nil {
		if !o.get {
			e.null()
		}
		return
	}
	if o.keep && n != nil {
		e.rewrite(n, bytes.Clone(args[2]))
	} else {
		e.write(args[1], bytes.Clone(args[2]), at)
	}
	if !o.get {
		e.ok()
	}
}

func (e *Engine) setnx(args [][]byte) {
	absent := e.look(args[1]) == nil
	if absent {
		e.write(args[1], bytes.Clone(args[2]), Never)
	}
	e.flag(absent)
}

func (e *Engine) setex(args [][]byte)  { e.setUntil("ex", args) }
func (e *Engine) psetex(args [][]byte) { e.setUntil("px", args) }

func (e *Engine) setUntil(unit string, args [][]byte) {
	if at, ok := e.moment(unit, args[2]); ok {
		e.write(args[1], bytes.Clone(args[3]), at)
		e.ok()
	}
}

func (e *Engine) getex(args [][]byte) {
	o, ok := parseOptions(args[2:], true)
	if !ok {
		e.fail(errSyntax)
		return
	}
	n := e.look(args[1])
	if n == nil {
		e.null()
		return
	}
	at := Never
	if o.unit != "" {
		if at, ok = e.moment(o.unit, o.argument); !ok {
			return
		}
	}
	e.value(n)
	switch {
	case o.unit != "" && at <= e.ms:
		e.remove(n)
	case o.unit != "" || o.persist && n.due != Never:
		e.setEnd(n, at)
	}
}
