package service

import (
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/recorder"
)

// apart is how long a region must not have been used for its next use to be an arrival: a pool whose connections are left one by
// one uses the old region a little longer than the new one has been used.
const apart = time.Second

// sight is what is seen of where a service is: the traffic with each region.
type sight struct {
	traffic  []recorder.Traffic // by region
	byWrites bool               // see Measures.ByWrites
}

// uses tells whether a region was used in a step.
func (s sight) uses(t recorder.Step) bool {
	if s.byWrites {
		return t.Writes > 0
	}
	return t.Succeeded > 0
}

// moves returns the moves between two moments of a service that is in the first region at the first of them. Their moments are those of
// the steps of the traffic; what begins earlier than the first moment is put there. With the time, moves are only ever added.
//
// The service has moved where it uses a region that it has not used lately; and where it has not used the region where it was
// lately, but another one: then it left when that one was used next, be it in use all the time.
func (s sight) moves(from, until drill.Moment) []Move {
	var moves []Move
	at := home
	last := make([]drill.Moment, len(s.traffic)) // when each region was used last
	for i := range last {
		last[i] = -apart
	}
	first := make([]drill.Moment, len(s.traffic)) // when each was used first since the one where it is was used last; -1: it was not
	forget := func() {
		for i := range first {
			first[i] = -1
		}
	}
	forget()
	move := func(to int, when drill.Moment) {
		moves = append(moves, Move{From: at, To: to, At: max(when, from), Missing: -1})
		at = to
		forget()
	}
	for now := range s.steps(until) {
		whole := now.end <= until
		for region, step := range now.by {
			if !s.uses(step) {
				continue
			}
			if region != at && now.end > from && step.At-last[region] >= apart {
				move(region, step.At)
			}
			last[region] = step.At
			if first[region] < 0 {
				first[region] = step.At
			}
		}
		if s.uses(now.by[at]) {
			forget()
		}
		if next := earliest(first); whole && next >= 0 && now.end > from && now.end-last[at] > apart {
			move(next, first[next])
		}
	}
	return moves
}

// earliest is the region that was used first, -1 where none was.
func earliest(first []drill.Moment) int {
	next := -1
	for region, at := range first {
		if at >= 0 && (next < 0 || at < first[next]) {
			next = region
		}
	}
	return next
}

// slice is the steps of all regions that begin together.
type slice struct {
	by  []recorder.Step
	end drill.Moment
}

// steps hands out the traffic of all regions, step by step, up to a moment. Regions whose steps are of different widths, since one
// of them was asked a moment before a long run made them wider, are brought to the widest.
func (s sight) steps(until drill.Moment) func(func(slice) bool) {
	width := time.Duration(0)
	for _, t := range s.traffic {
		width = max(width, t.Width)
	}
	return func(yield func(slice) bool) {
		if width <= 0 {
			return
		}
		next := make([]int, len(s.traffic))
		for at := drill.Moment(0); at <= until; at += width {
			all := slice{by: make([]recorder.Step, len(s.traffic)), end: at + width}
			for region, t := range s.traffic {
				sum := &all.by[region]
				sum.At = at
				for ; next[region] < len(t.Steps) && t.Steps[next[region]].At < all.end; next[region]++ {
					add(sum, t.Steps[next[region]])
				}
			}
			if !yield(all) {
				return
			}
		}
	}
}

// add adds the counts of a step to another.
func add(sum *recorder.Step, s recorder.Step) {
	sum.Commands += s.Commands
	sum.Succeeded += s.Succeeded
	sum.Failed += s.Failed
	sum.Writes += s.Writes
	sum.Opened += s.Opened
}
