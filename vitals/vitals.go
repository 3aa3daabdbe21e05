// Package vitals is what servers say of themselves: INFO, ROLE, CONFIG GET of a few
// settings and LATENCY LATEST, read now and then beside what a probe finds out.
//
//	region.Reader ── replies ──> Parse ──> Server ──> Track ──┬─> Remarks, Copies, Rates: how it is, in words
//	     ^                                                    └─> Change: what has just begun or ended
//	     └── Watch asks every server of a deployment, again and again
//
//	probe.Snapshot + Shards ──> Beside: what the servers say of a link on which nothing arrives
//
// What a server says of itself never makes a region healthy or broken: a verdict is
// the probe's own, and this explains it. A replica that says that its link is up while
// nothing comes over it is the reason for that.
//
// Servers differ in what they tell, and users in what they may ask: each Field knows
// whether it was told. What was not told is unknown, and never zero.
//
// Everything here is pure but Watch, which owns goroutines and knows neither sockets
// nor a client library.
package vitals

// Standing is what is known of a field.
type Standing uint8

// The standings. The zero value is that nothing is known.
const (
	Unknown    Standing = iota // the server does not have it, or was not asked
	Told                       // the value is what the server said
	NotAllowed                 // the user may not send the command that would tell
)

// Field is something that a server may tell.
type Field[T any] struct {
	Value    T // zero unless it was told
	Standing Standing
}

// FieldOf is a field that was told, with what was.
func FieldOf[T any](value T) Field[T] { return Field[T]{value, Told} }

// Known tells whether the server has said it.
func (f Field[T]) Known() bool { return f.Standing == Told }

// Pointer returns the value, nil where it is not known.
func (f Field[T]) Pointer() *T {
	if f.Standing != Told {
		return nil
	}
	return &f.Value
}

// or returns the other field where this one was not told.
func (f Field[T]) or(other Field[T]) Field[T] {
	if f.Known() || !other.Known() {
		return f
	}
	return other
}

// is tells whether the value is known and is this one.
func is[T comparable](f Field[T], value T) bool { return f.Known() && f.Value == value }
