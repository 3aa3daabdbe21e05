package recorder

import (
	"math"
	"time"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/drill"
)

// none stands for no record, and for no item, of a stripe.
const unset = math.MaxUint32

// record is a write as it is kept: 56 bytes without a pointer, which the garbage collector passes over.
type record struct {
	sent        drill.Moment
	digest      commands.Digest
	took        uint32 // µs until its outcome was known, rounded up: it must not look acknowledged before it was
	item        uint32 // of the stripe; unset for an entry of a stream whose id is not known
	previous    uint32 // write of the same item, of the stripe; for an entry whose id the reply tells, of the same stream
	repeats     uint32 // write, of the stripe
	operation   uint32
	connection  uint32
	fingerprint uint32 // of the command and all its arguments
	expires     lifetime
	command     uint16 // name
	region      uint8
	outcome     drill.Outcome
	kind        commands.StateKind
	facts       facts
}

// facts are what else is known of a write.
type facts uint8

const (
	keeps      facts = 1 << iota // State.Keeps
	trims                        // State.Trims
	answered                     // by the region
	doubtful                     // carried out twice it would make a difference
	repeated                     // another write repeats it
	redirected                   // it was rejected by a node that does not have the key
	fromReply                    // an entry of a stream whose id the reply tells
	alone                        // nothing else of its item was in flight when it was sent
)

func (r *record) has(f facts) bool { return r.facts&f != 0 }

func (r *record) ended() drill.Moment { return r.sent + drill.Moment(r.took)*time.Microsecond }

// setEnded enters when the outcome was known.
func (r *record) setEnded(at drill.Moment) {
	took := (at - r.sent + time.Microsecond - 1) / time.Microsecond
	r.took = uint32(max(0, min(took, math.MaxUint32)))
}

// setState enters what the write leaves behind; the rest of the state stands in other fields.
func (r *record) setState(s commands.State, until func(ms int64) time.Duration) {
	r.kind, r.digest = s.Kind, s.Digest
	r.facts &^= keeps | trims
	if s.Keeps {
		r.facts |= keeps
	}
	if s.Trims {
		r.facts |= trims
	}
	r.expires = lifetimeOf(s.Expires)
	if s.Until != 0 {
		r.expires = lifetimeOf(max(time.Millisecond, until(s.Until)))
	}
}

func (r *record) state() commands.State {
	return commands.State{Kind: r.kind, Digest: r.digest, Keeps: r.has(keeps), Trims: r.has(trims), Expires: r.expires.duration()}
}

// wrote tells whether the write left another value behind, or may have.
func (r *record) wrote() bool { return r.kind != commands.Unchanged && r.outcome != drill.Rejected }

// closed tells whether the write was carried out before it ended, if it was at all.
func (r *record) closed() bool {
	return r.outcome == drill.Acknowledged || r.outcome == drill.Indeterminate && r.has(answered)
}

// lifetime is a time until something expires in 32 bits: milliseconds, or, where these are more than 24 days, seconds with the
// highest bit set. Zero: it does not.
type lifetime uint32

const inSeconds lifetime = 1 << 31

func lifetimeOf(d time.Duration) lifetime {
	switch {
	case d <= 0:
		return 0
	case d < time.Duration(inSeconds)*time.Millisecond:
		return lifetime(max(1, d.Milliseconds()))
	}
	return inSeconds | lifetime(min(d/time.Second, time.Duration(inSeconds-1)))
}

func (l lifetime) duration() time.Duration {
	if l&inSeconds != 0 {
		return time.Duration(l&^inSeconds) * time.Second
	}
	return time.Duration(l) * time.Millisecond
}
