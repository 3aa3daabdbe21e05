package commands

import (
	"strconv"
	"strings"

	"github.com/aafailover/aafailover/internal/resp"
)

// Use says what a command does with a key.
type Use uint8

// The uses of keys.
const (
	Uncertain Use = iota // the server does not tell
	Reads
	Changes
)

// Key is a key of a request, by the place of its argument.
type Key struct {
	Index int
	Use   Use
}

// keys is where the keys of a command are: by the specifications of Redis 7, and where there are none, from the first to the last
// by steps.
//
// See https://redis.io/docs/latest/develop/reference/key-specs/ and https://redis.io/docs/latest/commands/command/.
type keys struct {
	specs             []keySpec
	specified         bool // there are specifications, be it none for a key
	first, last, step int
	movable           bool // first to last are not all of them
}

// keySpec is one specification: where to begin, and how to go on from there.
type keySpec struct {
	use        Use
	incomplete bool // there may be other keys that it does not find

	begin   beginning
	index   int    // of the first argument, for atIndex; where to begin to look, for atKeyword, from the end if negative
	keyword string // in lower case, for atKeyword

	find  finding
	last  int // for byRange: the last key, from the first one; from the end if negative
	limit int // for byRange, if last is negative: 2 for the first half of what follows, 3 for a third
	count int // for byCount: the argument that says how many there are, from the beginning
	skip  int // for byCount: the first key, from the beginning
	step  int
}

type beginning uint8

const (
	nowhere beginning = iota // it cannot be told
	atIndex
	atKeyword
)

type finding uint8

const (
	byNothing finding = iota // it cannot be told
	byRange
	byCount
)

// parseSpecs reads the specifications of a command.
func parseSpecs(v resp.Value) []keySpec {
	var specs []keySpec
	for _, e := range v.Elems {
		if len(specs) == mostSpecs {
			specs[mostSpecs-1].incomplete = true
			break
		}
		if s, ok := parseSpec(e); ok {
			specs = append(specs, s)
		}
	}
	return specs
}

// parseSpec reads one specification. It is false for what has the place of a key and is none: the channel of SPUBLISH.
func parseSpec(v resp.Value) (keySpec, bool) {
	var s keySpec
	flags, _ := v.Field("flags")
	for _, flag := range flags.Elems {
		switch strings.ToLower(flag.Str) {
		case "ro":
			s.use = Reads
		case "rw", "ow", "rm":
			s.use = Changes
		case "incomplete":
			s.incomplete = true
		case "not_key":
			return s, false
		}
	}
	begin, with := typed(v, "begin_search")
	switch begin {
	case "index":
		s.begin, s.index = atIndex, number(with, "index")
	case "keyword":
		word, _ := with.Field("keyword")
		s.begin, s.keyword, s.index = atKeyword, strings.ToLower(word.Str), number(with, "startfrom")
	}
	find, with := typed(v, "find_keys")
	switch find {
	case "range":
		s.find, s.last, s.step, s.limit = byRange, number(with, "lastkey"), number(with, "keystep"), number(with, "limit")
	case "keynum":
		s.find, s.count, s.skip, s.step = byCount, number(with, "keynumidx"), number(with, "firstkey"), number(with, "keystep")
	}
	return s, true
}

// typed returns the type and the parameters of a part of a specification.
func typed(v resp.Value, part string) (kind string, with resp.Value) {
	p, _ := v.Field(part)
	name, _ := p.Field("type")
	with, _ = p.Field("spec")
	return name.Str, with
}

func number(v resp.Value, field string) int {
	n, _ := v.Field(field)
	return place(n)
}

// place is a number of arguments that a server names. What is beyond what a request can have is cut, so that sums stay numbers.
func place(v resp.Value) int {
	const most = 1 << 30
	return int(max(-most, min(v.Int, most)))
}

// Keys appends the keys of a request. Complete is false where there may be others that cannot be told, as those that a pattern of
// SORT makes up.
func (c Command) Keys(dst []Key, args []Argument) (found []Key, complete bool) {
	if c.known == nil {
		return dst, false
	}
	if c.Name == "sort" { // the one with a key that it writes and no specification finds
		return sortKeys(dst, args)
	}
	if !c.keys.specified {
		k := c.keys
		if k.first > 0 {
			dst = appendRange(dst, Uncertain, args, k.first, fromEnd(k.last, len(args)), k.step)
		}
		return dst, !k.movable
	}
	complete = true
	for i := range c.keys.specs {
		s := &c.keys.specs[i]
		if s.incomplete || s.begin == nowhere || s.find == byNothing {
			complete = false
		}
		dst = s.appendKeys(dst, args)
	}
	if c.Name == "migrate" {
		dst, complete = withoutEmpty(dst, args), true
	}
	return dst, complete
}

// appendKeys appends the keys that a specification finds.
func (s *keySpec) appendKeys(dst []Key, args []Argument) []Key {
	first := s.start(args)
	if first <= 0 || first >= len(args) {
		return dst
	}
	switch s.find {
	case byRange:
		last := first + s.last
		if s.last < 0 {
			last = len(args) + s.last
			if s.limit > 1 {
				last = first + (len(args)-first)/s.limit + s.last
			}
		}
		return appendRange(dst, s.use, args, first, last, s.step)
	case byCount:
		at := first + s.count
		if at < 0 || at >= len(args) {
			return dst
		}
		n, ok := integer(args[at])
		if !ok || n <= 0 || n > int64(len(args)) {
			return dst
		}
		first += s.skip
		return appendRange(dst, s.use, args, first, first+(int(n)-1)*max(s.step, 1), s.step)
	}
	return dst
}

// start returns the argument that a specification begins at, 0 if it is not there.
func (s *keySpec) start(args []Argument) int {
	switch s.begin {
	case atIndex:
		return s.index
	case atKeyword:
		if s.index >= 0 {
			for i := max(s.index, 1); i < len(args)-1; i++ {
				if is(args[i], s.keyword) {
					return i + 1
				}
			}
			return 0
		}
		for i := len(args) + s.index; i > 0; i-- {
			if is(args[i], s.keyword) {
				return i + 1
			}
		}
	}
	return 0
}

// appendRange appends the keys from first to last by steps. A range that does not fit is a request that the server refuses.
func appendRange(dst []Key, use Use, args []Argument, first, last, step int) []Key {
	if first <= 0 || last >= len(args) {
		return dst
	}
	for i := first; i <= last; i += max(step, 1) {
		dst = append(dst, Key{Index: i, Use: use})
	}
	return dst
}

func fromEnd(last, n int) int {
	if last < 0 {
		return n + last
	}
	return last
}

// sortKeys finds the keys of SORT key [BY pattern] [LIMIT offset count] [GET pattern …] [ASC|DESC] [ALPHA] [STORE destination].
func sortKeys(dst []Key, args []Argument) (found []Key, complete bool) {
	if len(args) < 2 {
		return dst, true
	}
	dst, complete = append(dst, Key{Index: 1, Use: Reads}), true
	store := 0
	for i := 2; i < len(args); i++ {
		switch {
		case is(args[i], "limit"):
			i += 2
		case is(args[i], "by"), is(args[i], "get"):
			i++
			complete = false
		case is(args[i], "store"):
			i++
			store = i // of several the server takes the last
		}
	}
	if store > 0 && store < len(args) {
		dst = append(dst, Key{Index: store, Use: Changes})
	}
	return dst, complete
}

// withoutEmpty leaves out the key of MIGRATE that is empty, since others follow behind KEYS.
func withoutEmpty(found []Key, args []Argument) []Key {
	kept := found[:0]
	for _, k := range found {
		if args[k.Index].Length > 0 {
			kept = append(kept, k)
		}
	}
	return kept
}

// is tells whether an argument is a word, which is given in lower case, whatever the case of the argument.
func is(a Argument, word string) bool {
	if len(a.Text) != len(word) {
		return false
	}
	for i, c := range a.Text {
		if 'A' <= c && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

// integer reads an argument as the server does.
func integer(a Argument) (int64, bool) {
	if len(a.Text) == 0 || len(a.Text) > 20 || a.Text[0] == '+' {
		return 0, false
	}
	n, err := strconv.ParseInt(string(a.Text), 10, 64)
	return n, err == nil
}
