package commands

import (
	"math"
	"time"
)

// setOptions are what may follow SET key value, and GETEX key.
type setOptions struct {
	ifAbsent, ifThere bool // NX, XX
	answersOld        bool // GET
	expiry            State
	persists          bool // PERSIST
	foreign           bool // there is one that is not known here
}

// parseSetOptions reads [NX|XX] [GET] [EX s|PX ms|EXAT s|PXAT ms|KEEPTTL|PERSIST]. In expiry it sets what an option says of it.
func parseSetOptions(args []Argument) setOptions {
	var o setOptions
	for i := 0; i < len(args); i++ {
		a := args[i]
		next := Argument{}
		if i+1 < len(args) {
			next = args[i+1]
		}
		switch {
		case is(a, "nx"):
			o.ifAbsent = true
		case is(a, "xx"):
			o.ifThere = true
		case is(a, "get"):
			o.answersOld = true
		case is(a, "keepttl"):
			o.expiry.Keeps = true
		case is(a, "persist"):
			o.persists = true
		case is(a, "ex"):
			o.expiry.Expires = after(next, time.Second)
			i++
		case is(a, "px"):
			o.expiry.Expires = after(next, time.Millisecond)
			i++
		case is(a, "exat"):
			o.expiry.Until = until(next, time.Second)
			i++
		case is(a, "pxat"):
			o.expiry.Until = until(next, time.Millisecond)
			i++
		default:
			o.foreign = true
		}
	}
	return o
}

// after is a time to live. One that is too long to be told, or none, is 0: the server refuses what is not positive.
func after(a Argument, unit time.Duration) time.Duration {
	n, ok := integer(a)
	if !ok || n <= 0 || n > math.MaxInt64/int64(unit) {
		return 0
	}
	return time.Duration(n) * unit
}

// until is a time since 1970 in milliseconds.
func until(a Argument, unit time.Duration) int64 {
	n, ok := integer(a)
	factor := int64(unit / time.Millisecond)
	if !ok || n <= 0 || n > math.MaxInt64/factor {
		return 0
	}
	return n * factor
}

func set(p plan) plan {
	if len(p.args) < 3 {
		return p
	}
	o := parseSetOptions(p.args[3:])
	if o.foreign {
		p.str(1, State{})
		return p
	}
	s := o.expiry
	s.Kind, s.Digest = Is, p.args[2].Sum(p.seed)
	switch {
	case o.ifAbsent && o.answersOld:
		s.reading = ifNull
	case o.ifAbsent, o.ifThere: // with XX GET, null says that there was nothing
		s.reading = unlessNull
	}
	p.str(1, s)
	return p
}

func setex(p plan) plan  { return setFor(p, time.Second) }
func psetex(p plan) plan { return setFor(p, time.Millisecond) }

func setFor(p plan, unit time.Duration) plan {
	s := p.is(3)
	if len(p.args) > 2 {
		s.Expires = after(p.args[2], unit)
	}
	p.str(1, s)
	return p
}

func setnx(p plan) plan {
	s := p.is(2)
	s.reading = ifOne
	p.str(1, s)
	return p
}

func getset(p plan) plan {
	p.str(1, p.is(2))
	return p
}

func getdel(p plan) plan {
	p.str(1, State{Kind: Absent})
	return p
}

// getex changes the expiry only, if it is told to.
func getex(p plan) plan {
	if len(p.args) < 3 {
		return p
	}
	o := parseSetOptions(p.args[2:])
	s := o.expiry
	s.Kind, s.reading = Unchanged, unlessNull
	if o.foreign {
		s.Kind = Unknown
	}
	p.str(1, s)
	return p
}

func mset(p plan) plan {
	for i := 1; i+1 < len(p.args); i += 2 {
		p.str(i, p.is(i+1))
	}
	return p
}

func msetnx(p plan) plan {
	for i := 1; i+1 < len(p.args); i += 2 {
		s := p.is(i + 1)
		s.reading = ifOne
		p.str(i, s)
	}
	return p
}

// counted is INCR and its kin: the reply is the value.
func counted(p plan) plan {
	p.str(1, State{Kind: Present, Keeps: true, reading: integerIs})
	return p
}

func incrbyfloat(p plan) plan {
	p.str(1, State{Kind: Present, Keeps: true, reading: textIs})
	return p
}
