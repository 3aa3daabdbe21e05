package commands

// scoring are the options of ZADD.
type scoring struct {
	ifAbsent, ifThere bool // NX, XX
	compares          bool // GT, LT
	countsChanges     bool // CH
	increments        bool // INCR
}

// zaddOptions reads ZADD key [NX|XX] [GT|LT] [CH] [INCR] score member …; first is the argument of the first score.
func zaddOptions(args []Argument) (first int, o scoring) {
	for first = 2; first < len(args); first++ {
		switch a := args[first]; {
		case is(a, "nx"):
			o.ifAbsent = true
		case is(a, "xx"):
			o.ifThere = true
		case is(a, "gt"), is(a, "lt"):
			o.compares = true
		case is(a, "ch"):
			o.countsChanges = true
		case is(a, "incr"):
			o.increments = true
		default:
			return first, o
		}
	}
	return first, o
}

func zadd(p plan) plan {
	first, o := zaddOptions(p.args)
	alone := len(p.args) == first+2
	for i := first; i+1 < len(p.args); i += 2 {
		p.add(1, i+1, Score, o.state(p.score(i), alone))
	}
	return p
}

// state is what ZADD leaves of one member that is given a score; alone says that there is no other, so that the
// reply, which counts members, is about it.
func (o scoring) state(score State, alone bool) State {
	s := score
	switch {
	case o.increments:
		s = State{Kind: Present, Keeps: true, reading: scoreIs}
	case o.countsChanges && (o.ifThere || o.compares) && alone:
		s.reading = ifOne
	case o.ifThere:
		s = State{Keeps: true} // the reply does not tell whether it was there
	case o.ifAbsent && alone:
		s.reading = ifOne
	case o.compares && alone:
		s.reading = presentUnlessOne
	case o.ifAbsent, o.compares:
		s.Kind, s.Digest = Present, 0
	}
	return s
}

// score is the state in which the score of an argument is there.
func (p *plan) score(i int) State {
	digest, ok := scoreDigest(p.args[i].Text, p.seed)
	if !ok {
		return State{Kind: Present, Keeps: true}
	}
	return State{Kind: Is, Digest: digest, Keeps: true}
}

func zincrby(p plan) plan {
	p.add(1, 3, Score, State{Kind: Present, Keeps: true, reading: scoreIs})
	return p
}
