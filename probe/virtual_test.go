package probe

import (
	"cmp"
	"container/heap"
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/racetest"
	"github.com/aafailover/aafailover/slots"
)

// virtual drives a state through virtual time, without a clock, a goroutine or a connection: what happens when is a
// queue of functions.
type virtual struct {
	t     testing.TB
	state *state
	now   instant
	agenda
	order int
	// arrives says, for a message published now, after how long it arrives at a region: any number of times. Nothing
	// means that it is lost.
	arrives func(from, to int, seq uint64) []time.Duration
	// takes says whether the source takes the message.
	takes func(from int) bool
	every time.Duration // how often the state is told the time
	mute  bool          // no PING is answered
	// pings sends a PING to a region; nil answers it at once.
	pings func(region int, id uint64)
}

type agenda []entry

type entry struct {
	at    instant
	order int
	do    func()
}

func (a agenda) Len() int { return len(a) }
func (a agenda) Less(i, k int) bool {
	return cmp.Or(cmp.Compare(a[i].at, a[k].at), a[i].order-a[k].order) < 0
}
func (a agenda) Swap(i, k int) { a[i], a[k] = a[k], a[i] }
func (a *agenda) Push(x any)   { *a = append(*a, x.(entry)) }
func (a *agenda) Pop() any {
	last := (*a)[len(*a)-1]
	*a = (*a)[:len(*a)-1]
	return last
}

const virtualRoundTrip = 40 * time.Millisecond

// phases are how many moments of a quarter of a second something is tried at, so that it falls between rounds here and into one
// there.
const phases = max(5, 25/racetest.Slowdown)

// moment is when the quarter of a second is at a phase.
func moment(phase int) time.Duration { return time.Duration(phase) * 250 * time.Millisecond / phases }

// newVirtual returns a state of so many regions of one shard each, all connected, of which everything arrives.
func newVirtual(t testing.TB, regions int, p Policy) *virtual {
	c := &Config{Policy: p, Prefix: "p", Cover: []int{0}}
	for i := range regions {
		name := string(rune('a' + i))
		c.Maps = append(c.Maps, slots.Map{Region: name, Source: slots.ClusterSlots,
			Shards: []slots.Shard{{ID: name, Slots: slots.Even(1)[0]}}})
	}
	v := &virtual{t: t, now: 1, every: longestTick, state: newState(c, "me", time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC))}
	v.arrives = func(int, int, uint64) []time.Duration { return []time.Duration{virtualRoundTrip} }
	v.takes = func(int) bool { return true }
	for i := range regions {
		v.connection(i, opened)
	}
	v.round()
	v.tick()
	return v
}

func (v *virtual) after(d time.Duration, do func()) {
	v.order++
	heap.Push(&v.agenda, entry{v.now + instant(d), v.order, do})
}

// connection opens or closes both connections of a region.
func (v *virtual) connection(region int, what what) {
	for _, role := range []Role{Publishing, Subscribing} {
		v.state.observe(&observation{what: what, region: uint16(region), role: role, at: v.now, cause: Reset})
	}
}

// round publishes and pings in every region, and comes again after an interval.
func (v *virtual) round() {
	for i := range v.state.regions {
		v.publish(v.state.channels[i])
		id := v.state.pinged(i, 0, v.now)
		if v.mute {
			continue
		}
		if v.pings != nil {
			v.pings(i, id)
			continue
		}
		v.after(time.Millisecond, func() {
			v.state.observe(&observation{what: accepted, region: uint16(i), id: id, at: v.now})
		})
	}
	v.after(v.state.policy.Interval, v.round)
}

func (v *virtual) publish(ch *channel) {
	nonce := rand.Uint64()
	seq := v.state.published(ch, nonce, v.now)
	answer := observation{what: accepted, region: uint16(ch.region), id: messageID(ch.index, seq)}
	if !v.takes(ch.region) {
		answer.what, answer.cause = refused, Reset
	}
	v.after(time.Millisecond, func() {
		answer.at = v.now
		v.state.observe(&answer)
	})
	if answer.what == refused {
		return
	}
	for to := range v.state.regions {
		for _, delay := range v.arrives(ch.region, to, seq) {
			v.after(delay, func() {
				v.state.observe(&observation{what: received, region: uint16(to), channel: int32(ch.index), id: seq, nonce: nonce, at: v.now})
			})
		}
	}
}

// tick lets the state know of the time.
func (v *virtual) tick() {
	v.state.advance(v.now)
	v.after(v.every, v.tick)
}

// pass lets virtual time pass.
func (v *virtual) pass(d time.Duration) {
	end := v.now + instant(d)
	for v.agenda[0].at <= end {
		e := heap.Pop(&v.agenda).(entry)
		v.now = e.at
		e.do()
	}
	v.now = end
}

// cell returns the cell from one region to another.
func (v *virtual) cell(from, to int) *cell { return v.state.link(from, to).cells[0] }

// check fails the test unless every message of every cell has exactly one fate.
func (v *virtual) check() {
	v.t.Helper()
	for _, l := range v.state.links {
		for _, c := range l.cells {
			seen := [fates]uint64{}
			for seq := c.channel.first; seq < c.channel.next; seq++ {
				seen[c.fates[c.channel.at(seq)]]++
			}
			s := v.state.cellSnapshot(c)
			if s.Sent != c.channel.next || s.Waiting != seen[waiting] || s.Overdue != seen[overdue] {
				v.t.Fatalf("of %d messages %d are accounted for: %+v; remembered: %v", c.channel.next, s.Sent, s, seen)
			}
		}
	}
}
