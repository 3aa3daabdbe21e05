package commands

import (
	"hash/maphash"
	"time"
)

// StateKind says what is known of an item.
type StateKind uint8

// The kinds of states.
const (
	Unknown   StateKind = iota // it cannot be told what is there
	Unchanged                  // whatever was there before
	Absent                     // nothing is there
	Present                    // something is there, of which the value is not known
	Is                         // the value of State.Digest is there
)

func (k StateKind) String() string {
	return [...]string{"unknown", "unchanged", "absent", "present", "known"}[k]
}

// State is what a command leaves behind of one item, or what was found there.
type State struct {
	Kind   StateKind
	Digest Digest // of the value, where Kind is Is
	// Keeps says that the item expires when it would have without the command. Otherwise the command says when: never, unless
	// one of the next two is set.
	Keeps   bool
	Expires time.Duration // from when the command was carried out until the item is gone; 0 if that is not said
	Until   int64         // when the item is gone, in milliseconds since 1970 by the server's clock; 0 if that is not said

	reading reading // how the reply changes what the request says
}

// reading says how the reply to a command changes what its request says of a state.
type reading uint8

// Settle returns the state by the reply as well: what is Unchanged because the condition of a SET NX was not met, or the value that
// an INCR arrived at. The reply is no error.
func (s State) Settle(r Reply, seed maphash.Seed) State { return s }

// NamesPart tells whether the part of the item is not in the request, and is the text of the reply: the id of a stream's entry.
func (s State) NamesPart() bool { return false }
