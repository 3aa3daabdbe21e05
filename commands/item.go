package commands

import (
	"hash/maphash"
	"strings"

	"github.com/aafailover/aafailover/internal/resp"
)

// ItemKind says what sort of thing an item is, and so how it is looked up.
type ItemKind uint8

// The kinds of items, with the command that looks such a one up.
const (
	WholeKey ItemKind = iota // a key of which only its being there can be told: EXISTS
	String                   // a key that holds a string: GET
	Field                    // of a hash: HGET
	Member                   // of a set: SISMEMBER
	Score                    // of a member of a sorted set: ZSCORE
	Entry                    // of a stream, by its id: XRANGE
)

// Item is the smallest thing that is judged: a key, or a part of it. Two items are the same if Key and Part are.
type Item struct {
	Key, Part []byte // Part is nil where it is the key as a whole
	Kind      ItemKind
}

// Look returns the command that looks an item up, as its words.
func Look(kind ItemKind, key, part string) []string {
	switch kind {
	case String:
		return []string{"GET", key}
	case Field:
		return []string{"HGET", key, part}
	case Member:
		return []string{"SISMEMBER", key, part}
	case Score:
		return []string{"ZSCORE", key, part}
	case Entry:
		return []string{"XRANGE", key, part, part}
	}
	return []string{"EXISTS", key}
}

// StateOf tells in what state an item was, by the reply to its Look. A key that holds something of another type is Present as a
// whole, and Absent as the part of it that was asked for. It is Unknown for other errors and for what no server answers.
func StateOf(kind ItemKind, r Reply, seed maphash.Seed) State {
	if r.Failed() {
		switch {
		case !strings.HasPrefix(string(r.Text), "WRONGTYPE"):
			return State{}
		case kind == String:
			return State{Kind: Present}
		}
		return State{Kind: Absent}
	}
	if r.Kind == resp.Null {
		return State{Kind: Absent}
	}
	switch kind {
	case WholeKey, Member:
		return thereIf(r)
	case Score:
		if digest, ok := scoreDigest(r.Text, seed); ok && r.textual() {
			return State{Kind: Is, Digest: digest}
		}
	case String, Field:
		if r.textual() {
			return State{Kind: Is, Digest: r.Sum(seed)}
		}
	case Entry:
		return stateOfEntry(r, seed)
	}
	return State{}
}

// textual tells whether a reply has a text that is a value.
func (r Reply) textual() bool {
	switch r.Kind {
	case resp.Bulk, resp.SimpleString, resp.Verbatim, resp.Double, resp.BigNumber:
		return true
	}
	return false
}

// thereIf reads a reply that says whether, or how often, something is there.
func thereIf(r Reply) State {
	switch {
	case r.Kind != resp.Integer && r.Kind != resp.Bool:
		return State{}
	case r.Int == 0:
		return State{Kind: Absent}
	}
	return State{Kind: Present}
}

// stateOfEntry reads what XRANGE says of one id: [[id [field value …]]], or nothing.
func stateOfEntry(r Reply, seed maphash.Seed) State {
	switch {
	case r.Kind != resp.Array || len(r.Elements) > 1:
		return State{}
	case len(r.Elements) == 0:
		return State{Kind: Absent}
	}
	entry := r.Elements[0]
	if len(entry.Elements) != 2 || entry.Elements[1].Kind != resp.Array || entry.Truncated || entry.Elements[1].Truncated {
		return State{Kind: Present}
	}
	var all Digest
	for _, e := range entry.Elements[1].Elements {
		all = all.And(e.Sum(seed))
	}
	return State{Kind: Is, Digest: all}
}
