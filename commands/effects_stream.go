package commands

import "bytes"

// xaddOptions reads XADD key [NOMKSTREAM] [MAXLEN|MINID [=|~] threshold [LIMIT count]] id field value …; id is the argument of the
// id, and trims says that older entries may go.
func xaddOptions(args []Argument) (id int, trims bool) {
	for id = 2; id < len(args); id++ {
		switch a := args[id]; {
		case is(a, "nomkstream"):
		case is(a, "limit"):
			id++
		case is(a, "maxlen"), is(a, "minid"):
			trims = true
			if id+1 < len(args) && (is(args[id+1], "=") || is(args[id+1], "~")) {
				id++
			}
			id++
		default:
			return id, trims
		}
	}
	return id, trims
}

// xadd is one entry, whose id the reply tells unless the request does.
func xadd(p plan) plan {
	id, trims := xaddOptions(p.args)
	if id >= len(p.args) {
		return p
	}
	s := State{Kind: Is, Keeps: true, Trims: trims, reading: unlessNull}
	for i := id + 1; i < len(p.args); i++ {
		s.Digest = s.Digest.and(p.args[i].Sum(p.seed))
	}
	part := id
	if !wholeID(p.args[id].Text) {
		part, s.reading = -1, namesPart
	}
	p.add(1, part, Entry, s)
	return p
}

// wholeID tells whether text is the id of an entry as a server writes it: 1526919030474-55.
func wholeID(text []byte) bool {
	ms, seq, ok := bytes.Cut(text, []byte("-"))
	return ok && canonical(ms) && canonical(seq)
}

// canonical tells whether text is a number without signs and leading zeros.
func canonical(text []byte) bool {
	for _, c := range text {
		if c < '0' || c > '9' {
			return false
		}
	}
	return len(text) == 1 || len(text) > 1 && len(text) <= 20 && text[0] != '0'
}
