package commands

import "bytes"

// trimming is what XADD does with older entries.
type trimming struct {
	trims bool // MAXLEN, MINID
	byID  bool // MINID
	toNil bool // MAXLEN 0
}

// xaddOptions reads XADD key [NOMKSTREAM] [MAXLEN|MINID [=|~] threshold [LIMIT count]] id field value …; id is the argument of the
// id.
func xaddOptions(args []Argument) (id int, t trimming) {
	for id = 2; id < len(args); id++ {
		switch a := args[id]; {
		case is(a, "nomkstream"):
		case is(a, "limit"):
			id++
		case is(a, "maxlen"), is(a, "minid"):
			t.trims, t.byID = true, is(a, "minid")
			if id+1 < len(args) && (is(args[id+1], "=") || is(args[id+1], "~")) {
				id++
			}
			id++
			t.toNil = !t.byID && id < len(args) && is(args[id], "0")
		default:
			return id, t
		}
	}
	return id, t
}

// xadd is one entry, whose id the reply tells unless the request does.
func xadd(p plan) plan {
	id, t := xaddOptions(p.args)
	if id >= len(p.args) {
		return p
	}
	s := State{Kind: Is, Keeps: true, Trims: t.trims, reading: unlessNull}
	for i := id + 1; i < len(p.args); i++ {
		s.Digest = s.Digest.And(p.args[i].Sum(p.seed))
	}
	if t.toNil || t.byID && !is(p.args[id], "*") {
		s.Kind, s.Digest = Unknown, 0 // it may be trimmed at once
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
