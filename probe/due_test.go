package probe

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/racetest"
)

// Cells are looked at when something can have changed. What is found by that is, at every moment, what is found by looking at all of
// them all the time.
func TestLookingOnlyWhenItIsDueFindsTheSame(t *testing.T) {
	for seed := range uint64(60 / racetest.Slowdown) {
		seldom, always := weather(t, seed, false), weather(t, seed, true)
		for i, want := range always {
			if seldom[i] != want {
				t.Fatalf("seed %d, tick %d:\nlooked at when due:  %v\nlooked at always:    %v", seed, i, seldom[i], want)
			}
		}
	}
}

// weather has three regions go through two minutes of all kinds of trouble, the same for a seed, and returns what was known after each
// tick. Thorough has all cells be looked at each time.
func weather(t *testing.T, seed uint64, thorough bool) (known []knowledge) {
	r := rand.New(rand.NewPCG(seed, 1))
	p := DefaultPolicy()
	p.Adapt = seed%2 == 0
	p.Horizon /= time.Duration(1 + seed%3)
	v := newVirtual(t, 3, p)
	links := [9]int{}
	mute := [3]bool{}
	v.arrives = func(from, to int, _ uint64) []time.Duration {
		took := virtualRoundTrip + time.Duration(r.IntN(10))*time.Millisecond
		switch links[from*3+to] {
		case 1: // cut
			return nil
		case 2: // loses a half
			if r.IntN(2) == 0 {
				return nil
			}
		case 3: // slow
			took += time.Duration(r.IntN(2500)) * time.Millisecond
		case 4: // echoes
			return []time.Duration{took, took + time.Millisecond}
		}
		return []time.Duration{took}
	}
	v.takes = func(from int) bool { return !mute[from] }
	v.pings = func(region int, id uint64) {
		if !mute[region] {
			v.after(time.Millisecond, func() {
				v.state.observe(&observation{what: accepted, region: uint16(region), id: id, at: v.now})
			})
		}
	}
	for range 24 {
		for range r.IntN(3) {
			links[r.IntN(9)] = r.IntN(5)
		}
		switch region := r.IntN(3); r.IntN(8) {
		case 0:
			mute[region] = !mute[region]
		case 1:
			v.connection(region, closed)
			v.after(time.Duration(r.IntN(9000))*time.Millisecond, func() { v.connection(region, opened) })
		case 2:
			v.state.pause(v.now, "a pause")
		case 3:
			v.state.late += time.Duration(r.IntN(300)) * time.Millisecond
		case 4:
			clear(links[:])
			clear(mute[:])
		case 5:
			all := r.IntN(2) == 0
			mute = [3]bool{all, all, all}
		}
		for range 200 {
			v.pass(longestTick)
			if thorough {
				v.state.eachCell(v.state.touch)
			}
			v.state.advance(v.now)
			dueInTime(t, v.state)
			known = append(known, v.state.known())
		}
	}
	return known
}

// dueInTime fails unless every cell is looked at when a message that it waits for is overdue, if the observer is not late again by then.
// Messages need not be overdue in the order in which they were sent: the observer may have been late between.
func dueInTime(t *testing.T, s *state) {
	t.Helper()
	for i, c := range s.cells {
		for seq := max(c.settled, c.channel.first); seq < c.channel.next; seq++ {
			if c.fates[c.channel.at(seq)] != waiting {
				continue
			}
			if at := c.channel.record(seq).due(c.link.deadline.now) + instant(s.late) + 1; s.dues[i] > max(at, s.now) {
				t.Fatalf("at %d: message %d of channel %s is overdue at %d, and the cell in region %d is not looked at before %d", s.now, seq, c.channel.name, at, c.to, s.dues[i])
			}
		}
	}
}

// knowledge is all that is shown of three regions, their links and cells, and what is awaited.
type knowledge struct {
	regions [3]struct{ state, told RegionState }
	links   [9]struct {
		state, told, shown     LinkState
		since, held, cellSince instant
		awaited                wait
		ever, counts           [fates]uint64
		detector               detector
	}
}

func (s *state) known() (k knowledge) {
	for i := range s.regions {
		k.regions[i].state, k.regions[i].told = s.regions[i].state, s.regions[i].told
	}
	for i := range s.links {
		l, shown := &s.links[i], &k.links[i]
		shown.state, shown.told, shown.since, shown.held, shown.ever = l.state, l.told, l.since, l.held, l.fates
		c := l.cells[0]
		shown.shown, shown.cellSince, shown.awaited, shown.counts, shown.detector = c.shown, c.since, c.awaited, c.counts, c.detector
	}
	return k
}
