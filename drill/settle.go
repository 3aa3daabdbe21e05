package drill

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// settle writes a little longer where the application is, then stops and finds out
// what became of every write that is still missing or indeterminate, and which
// acknowledged ones each region holds.
func (r *run) settle(ctx context.Context) (bool, error) {
	r.followFor(ctx, r.Scenario.Settle)
	r.scout.rest()
	r.writer.drain()
	r.waitFor("for the regions that are on their way back", r.Limits.Fence)
	r.awaitReturned(ctx)
	r.waitFor("for proof that nothing is on its way any more", r.Limits.Fence*time.Duration(r.fenceRounds()))
	r.fenceOff(ctx)
	r.waitFor("for a look for every write", 0)
	r.search.end(ctx)
	r.readAtEnd(ctx)
	return true, nil
}

// awaitReturned waits for the regions that are on their way back, when all that was
// broken is healed: without them nothing can be told of what they may hold. A phase
// that waits for them is only there when the application has still to come home.
func (r *run) awaitReturned(ctx context.Context) {
	if r.agenda.InForce() {
		return
	}
	r.watch.Until(ctx, r.Limits.Fence, func(s *probe.Snapshot) bool {
		return !slices.ContainsFunc(s.Regions, func(one probe.Region) bool { return one.State == probe.RegionDown })
	})
}

// readAtEnd looks once more for every write in every region that is there. Only of
// those whose fate is open are the readings kept.
func (r *run) readAtEnd(ctx context.Context) {
	open, early := make(map[int]bool), make(map[int]bool)
	for _, n := range r.search.missing() {
		open[n] = true
	}
	all := r.ledger.selectWrites(func(e Entry, _ mark) bool {
		if e.Outcome != Acknowledged {
			open[e.N] = true
		}
		return true
	})
	for _, region := range r.reachable() {
		absent := 0 // acknowledged, and not readable here
		set := SetRead{Region: region, Began: r.now(), Found: new(Numbers)}
		r.search.tally.beginLook(region, len(all))
		unread := r.lookFor(ctx, region, all, func(reading Reading) {
			r.search.tally.looked()
			if reading.Found {
				set.Found.Add(reading.Write)
			}
			if open[reading.Write] {
				r.readings = append(r.readings, reading)
			}
			switch n := reading.Write; {
			case reading.Found && r.ledger.has(n, unreturned):
				early[n] = true
			case !reading.Found && r.ledger.Entry(n).Outcome == Acknowledged:
				absent++
			}
		})
		r.search.tally.endLook()
		if unread == 0 {
			r.record.AtEnd[region] = absent
		}
		set.Ended, set.Complete = r.now(), unread == 0
		r.sets = append(r.sets, set)
		r.lookForStrangers(ctx, region)
	}
	r.record.Early = len(early)
}

// reachable returns the regions that the probe does not say are down.
func (r *run) reachable() []int {
	var regions []int
	s := r.watch.Snapshot()
	for i := range r.Maps {
		if s.Region(r.name(i)).State != probe.RegionDown {
			regions = append(regions, i)
		}
	}
	return regions
}

// never is a moment that does not come.
const never = Moment(math.MaxInt64)

// fenceOff proves, slot by slot, that nothing is on its way any more between any
// two regions, and waits for what is. A region may hand on what it recovers from
// another, so that a write can come to the target over all the others: each step
// needs a round of fences of its own, sent after those of the round before had
// arrived. A slot for which a round does not come to its end is never quiet. (Of
// regions that are away nothing is proven: there are no readings of them.)
func (r *run) fenceOff(ctx context.Context) {
	present := r.reachable()
	waiting := r.Cover
	r.quiet = make(map[int]Moment, len(r.Cover))
	for range r.fenceRounds() {
		sent := r.now()
		waiting = r.fenced(ctx, waiting, sent, r.fencing(present), present)
		clear(r.quiet)
		for _, slot := range waiting {
			r.quiet[slot] = sent
		}
	}
	r.fences = r.watch.Fences(r.Maps)
}

func (r *run) fenceRounds() int {
	if r.wrong.oneRound {
		return 1
	}
	return max(1, len(r.Maps)-1)
}

// fenced waits until fences that were sent at or after a moment have arrived on
// every path between the regions, and returns the slots for which they did in
// time.
func (r *run) fenced(ctx context.Context, cover []int, sent Moment, from, to []int) []int {
	var done []int
	r.watch.Until(ctx, r.Limits.Fence, func(*probe.Snapshot) bool {
		fences := newFenceIndex(r.watch.Fences(r.Maps))
		done = nil
		for _, slot := range cover {
			if r.crossed(fences, slot, sent, from, to) {
				done = append(done, slot)
			}
		}
		return len(done) == len(cover)
	})
	return done
}

func (r *run) crossed(fences fenceIndex, slot int, sent Moment, from, to []int) bool {
	owners := r.owners[slot]
	for _, f := range from {
		for _, t := range to {
			if f != t && owners[f] && owners[t] && !fences.before(path{f, t, slot}, sent, never) {
				return false
			}
		}
	}
	return true
}

// ownersOf returns, for each slot of a cover, the regions that have a shard for
// it: only they can hold its keys.
func ownersOf(maps []slots.Map, cover []int) map[int]map[int]bool {
	owners := make(map[int]map[int]bool, len(cover))
	for _, slot := range cover {
		owners[slot] = make(map[int]bool, len(maps))
		for i, m := range maps {
			if _, ok := m.ShardOf(slot); ok {
				owners[slot][i] = true
			}
		}
	}
	return owners
}
