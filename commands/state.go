package commands

import (
	"hash/maphash"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
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
	// Trims says that other entries of the same stream may have been dropped, as MAXLEN does.
	Trims bool

	reading reading // how the reply changes what the request says
}

// reading says how the reply to a command changes what its request says of a state.
type reading uint8

const (
	asSaid           reading = iota // it does not
	unlessNull                      // null: nothing was done (SET NX, BLPOP)
	ifNull                          // anything but null: nothing was done (SET NX GET, which answers what was there)
	ifOne                           // 0: nothing was done (SETNX, EXPIRE)
	presentUnlessOne                // 0: nothing was written, and something is there (ZADD GT, of which 0 may be an update)
	integerIs                       // it is the value (INCR)
	textIs                          // it is the value (INCRBYFLOAT)
	scoreIs                         // it is the score; null: nothing was done (ZINCRBY, ZADD INCR)
	namesPart                       // it is the id of the entry; null: nothing was done (XADD)
)

// unchanged is the state that a command leaves which did nothing.
var unchanged = State{Kind: Unchanged, Keeps: true}

// NamesPart tells whether the part of the item is not in the request, and is the text of the reply: the id of a stream's entry.
func (s State) NamesPart() bool { return s.reading == namesPart }

// Settle returns the state by the reply as well: what is Unchanged because the condition of a SET NX was not met, or the value that
// an INCR arrived at. The reply is no error.
func (s State) Settle(r Reply, seed maphash.Seed) State {
	how := s.reading
	s.reading = asSaid
	null := r.Kind == resp.Null
	switch how {
	case unlessNull, namesPart:
		if null {
			return unchanged
		}
	case ifNull:
		if !null {
			return unchanged
		}
	case ifOne:
		if r.Int == 0 {
			return unchanged
		}
	case presentUnlessOne:
		if r.Int == 0 {
			s.Kind, s.Digest = Present, 0
		}
	case integerIs:
		if r.Kind == resp.Integer {
			s.Kind, s.Digest = Is, numberDigest(r.Int, seed)
		}
	case textIs:
		if r.textual() {
			s.Kind, s.Digest = Is, r.Sum(seed)
		}
	case scoreIs:
		if null {
			return unchanged
		}
		if digest, ok := scoreDigest(r.Text, seed); ok {
			s.Kind, s.Digest = Is, digest
		}
	}
	return s
}

// Agrees tells whether what was found in an item is what a command had left there, as far as both are known. Unknown and Unchanged
// agree with nothing.
func (s State) Agrees(found State) bool {
	switch {
	case s.Kind <= Unchanged || found.Kind <= Unchanged:
		return false
	case s.Kind == Absent || found.Kind == Absent:
		return s.Kind == found.Kind
	case s.Kind == Is && found.Kind == Is:
		return s.Digest == found.Digest
	}
	return true
}
