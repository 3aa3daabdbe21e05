package commands

import "hash/maphash"

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
func Look(kind ItemKind, key, part string) []string { return nil }

// StateOf tells in what state an item was, by the reply to its Look. It is Unknown for errors and for what no server answers.
func StateOf(kind ItemKind, r Reply, seed maphash.Seed) State { return State{} }
