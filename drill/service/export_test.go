package service

import (
	"iter"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/recorder"
	"github.com/aafailover/aafailover/slots"
)

// Seen is a history that a test makes up.
type Seen struct {
	Traffic            []recorder.Traffic
	ByWrites           bool
	Writes             []recorder.Write
	Connections        []recorder.Connection
	Errors, Before     []recorder.Errors
	Reads              []recorder.Reads
	Steady, Fault, End drill.Moment
}

func (s Seen) sight() sight { return sight{traffic: s.Traffic, byWrites: s.ByWrites} }

// Moves is sight.moves from the fault to a moment.
func (s Seen) Moves(until drill.Moment) []Move { return s.sight().moves(s.Fault, until) }

// Measure is measure.
func (s Seen) Measure() Measures {
	return measure(history{sight: s.sight(), writes: s.all(), write: func(n int) recorder.Write { return s.Writes[n] }, connections: s.Connections,
		errors: s.Errors, before: s.Before, reads: s.Reads, steady: s.Steady, fault: s.Fault, end: s.End, moves: s.Moves(s.End)})
}

func (s Seen) all() iter.Seq[recorder.Write] {
	return func(yield func(recorder.Write) bool) {
		for _, w := range s.Writes {
			if !yield(w) {
				return
			}
		}
	}
}

// Conclusion is run.verdict on a record.
func Conclusion(maps []slots.Map, r *Record) (drill.Verdict, string) {
	return (&run{Config: Config{Maps: maps}, record: r}).verdict(nil)
}

// FencesFor returns what messages prove for a slot.
func FencesFor(maps []slots.Map, cover []int, slot int, delivered []drill.Fence) []drill.Fence {
	return newWays(maps, cover).fences(slot, arrivedOf(delivered))
}

// StandIns returns, for each slot, the one that stands in for it.
func StandIns(maps []slots.Map, cover []int, all []int) []int {
	w := newWays(maps, cover)
	var in []int
	for _, slot := range all {
		in = append(in, w.standIn(slot))
	}
	return in
}

// Apart is apart.
const Apart time.Duration = apart

// VerdictOn is the verdict on what was found out of two regions.
func VerdictOn(found Record, err error) (drill.Verdict, string) {
	r := run{Config: Config{Maps: []slots.Map{{Region: "us"}, {Region: "eu"}}}, record: &found}
	return r.verdict(err)
}
