package main

import (
	"context"
	"fmt"
	"slices"
)

// experiment is what is measured together: prepared once, then repeated. Each repetition gives a reading for every line.
type experiment struct {
	name  string // unique; "slots.keys" is of the section "slots" of the document
	title string // a sentence without its end, above the table
	long  bool   // takes more than a few seconds: left out of -quick
	lines []line
	// prepare makes what the repetitions need, and ends it by stand.later. Building, starting and warming up are done here.
	prepare func(ctx context.Context, s *stand) (repetition, error)
}

// repetition measures once: a reading for each line of the experiment, in their order. The number counts from 0; [inTurn] uses
// it to have ours and the peer take turns at being first.
type repetition func(ctx context.Context, number int) ([]reading, error)

// line is one figure.
type line struct {
	name string // unique in its experiment, and with no blank in it: the guard knows the figure by it
	what string // what is measured
	peer string // what it is set beside; "" where there is nothing, and the aim is about ours alone
	unit string // "ms", "ns", "MB", "/s", "allocations"
	aim  aim
}

// reading is what one repetition says of a line, in its unit.
type reading struct {
	ours, peer float64 // peer is 0 where the line has none
}

// alone are readings of lines that have no peer.
func alone(ours ...float64) []reading {
	all := make([]reading, len(ours))
	for i, v := range ours {
		all[i].ours = v
	}
	return all
}

// aim is what a line should reach. The zero value is no aim: the figure is shown.
type aim struct {
	of      quantity
	bound   float64
	atLeast bool // otherwise at most
}

// quantity is what of a line's readings an aim is about.
type quantity int

const (
	nothing quantity = iota
	ratio            // ours by the peer's
	amount           // ours, in the unit of the line
	excess           // ours less the peer's, in the unit of the line
)

func ratioAtMost(bound float64) aim  { return aim{ratio, bound, false} }
func ratioAtLeast(bound float64) aim { return aim{ratio, bound, true} }
func atMost(bound float64) aim       { return aim{amount, bound, false} }
func atLeast(bound float64) aim      { return aim{amount, bound, true} }
func excessAtMost(bound float64) aim { return aim{excess, bound, false} }

// text is the aim as people read it; "" for none.
func (a aim) text(unit string) string {
	way := "at most"
	if a.atLeast {
		way = "at least"
	}
	switch a.of {
	case ratio:
		return fmt.Sprintf("%s %s times", way, figure(a.bound))
	case amount:
		return fmt.Sprintf("%s %s", way, inUnit(a.bound, unit))
	case excess:
		return fmt.Sprintf("%s %s more", way, inUnit(a.bound, unit))
	}
	return ""
}

// reached tells whether the median of what the aim is about keeps to it.
func (a aim) reached(r result) bool {
	var v float64
	switch a.of {
	case ratio:
		v = r.Ratio.Median
	case amount:
		v = r.Ours.Median
	case excess:
		v = r.Excess.Median
	default:
		return true
	}
	if a.atLeast {
		return v >= a.bound
	}
	return v <= a.bound
}

// experiments are all there are, in the order of the document.
func experiments() []experiment {
	return slices.Concat(
		ofSlots(),
		ofCover(),
		ofRoundTrips(),
		ofScale(),
		ofWriter(),
		ofFronts(),
		ofApp(),
		ofStart(),
	)
}

// inTurn calls both, ours first in every other repetition, so that what drifts on the machine falls on both alike. It stops at
// the first error.
func inTurn(number int, ours, peer func() error) error {
	first, second := ours, peer
	if number%2 == 1 {
		first, second = peer, ours
	}
	if err := first(); err != nil {
		return err
	}
	return second()
}
