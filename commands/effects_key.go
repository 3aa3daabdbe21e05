package commands

import "time"

func del(p plan) plan {
	for i := 1; i < len(p.args); i++ {
		p.key(i, State{Kind: Absent})
	}
	return p
}

func rename(p plan) plan {
	p.key(1, State{Kind: Absent})
	p.key(2, State{})
	return p
}

func renamenx(p plan) plan {
	p.key(1, State{Kind: Absent, reading: ifOne})
	p.key(2, State{reading: ifOne})
	return p
}

// expiryOf returns what a command of the EXPIRE family leaves behind: the value as it was, until then.
func expiryOf(name string) func(plan) plan {
	switch name {
	case "expire":
		return func(p plan) plan { return expireAfter(p, time.Second) }
	case "pexpire":
		return func(p plan) plan { return expireAfter(p, time.Millisecond) }
	case "expireat":
		return func(p plan) plan { return expireAt(p, time.Second) }
	case "pexpireat":
		return func(p plan) plan { return expireAt(p, time.Millisecond) }
	}
	return func(p plan) plan { // PERSIST
		p.key(1, State{Kind: Unchanged, reading: ifOne})
		return p
	}
}

func expireAfter(p plan, unit time.Duration) plan {
	if len(p.args) < 3 {
		return p
	}
	s := State{Kind: Unchanged, Expires: after(p.args[2], unit), reading: ifOne}
	if s.Expires == 0 {
		s = ended(p.args[2])
	}
	p.key(1, s)
	return p
}

func expireAt(p plan, unit time.Duration) plan {
	if len(p.args) < 3 {
		return p
	}
	s := State{Kind: Unchanged, Until: until(p.args[2], unit), reading: ifOne}
	if s.Until == 0 {
		s = ended(p.args[2])
	}
	p.key(1, s)
	return p
}

// ended is what an expiry leaves behind that is not positive: nothing. Whatever else cannot be told, so far away is it.
func ended(a Argument) State {
	if n, ok := integer(a); ok && n <= 0 {
		return State{Kind: Absent, reading: ifOne}
	}
	return State{Kind: Unchanged, reading: ifOne}
}
