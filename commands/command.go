package commands

import "hash/maphash"

// Command is what is known of one command. The zero Command is one of which nothing is known.
type Command struct {
	Name   string // in lower case, with its subcommand: "set", "xgroup|create"
	Writes bool   // it may change keys
	Script bool   // it runs a program of the user's, which may do anything to its keys
	// Doubtful says that carried out twice it may leave something else behind than once: INCR, LPUSH, XADD.
	Doubtful bool
}

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

// Keys appends the keys of a request. Complete is false where there may be others that cannot be told.
func (c Command) Keys(dst []Key, args []Argument) (keys []Key, complete bool) { return dst, false }

// Effect is what a command leaves behind of one item.
type Effect struct {
	Item
	State State
}

// Effects appends what a request leaves behind if it is carried out: for each item, its state, which [State.Settle] makes final
// by the reply. What cannot be judged is a WholeKey in a state that is Unknown. Keys and parts point into args; those that
// are longer than MostText are left out, and counted in long.
func (c Command) Effects(dst []Effect, args []Argument, seed maphash.Seed) (effects []Effect, long int) {
	return dst, 0
}

// Asks appends the items whose state the reply to a request tells: GET, MGET, HGET, HMGET, SISMEMBER, SMISMEMBER, ZSCORE,
// ZMSCORE, HEXISTS, EXISTS of one key, GETEX.
func (c Command) Asks(dst []Item, args []Argument) []Item { return dst }

// Found returns what the reply tells of the i-th item of Asks.
func (c Command) Found(i int, kind ItemKind, r Reply, seed maphash.Seed) State { return State{} }
