package probe

import (
	"fmt"
	"time"
)

// state is all that is known: it reduces observations, in the order in which they come, and the passing of time. It has
// no goroutine and reads no clock; one goroutine owns it.
type state struct {
	config   *Config
	policy   *Policy
	topology *Topology
	// Whether the sharding of all regions is known, and is the same.
	covered, symmetric bool
	observer           string
	clock              clock

	regions  []region
	channels []*channel         // by source region, then by place in the cover; nil where the source has no shard for the slot
	indexed  map[int32]*channel // the same by index
	retired  map[int32]uint64   // of channels that are no more, by index: the number that the next message would have had
	links    []link             // by source, then by target; loops included
	cells    []*cell            // of all channels
	dues     []instant          // when each of cells is to be looked at again: see look
	same     map[Pair]bool

	now     instant
	contact instant       // when the newest thing was sent that any region is known to have got
	blind   instant       // evidence from before is void
	late    time.Duration // that the observer was, all told, without the pauses
	paused  instant       // until when the observer was not running, or could not keep up
	cut     instant       // since when no region can be reached, 0 while one can
	dropped uint64
	verdict Verdict
	turned  instant // since when the verdict is what it is
	told    Verdict // what was last told of it
	waiting bool    // what was last told is that something is not proven yet
	ending  bool    // nothing waits any more to be told
	sure    bool    // a verdict about the regions was given once
	changed bool    // something that is shown has changed since the last snapshot
	urgent  bool    // something was observed that may change what is shown
	pending []Event
}

// region is what is known of one region.
type region struct {
	name       string
	generation uint16 // how often its endpoint was replaced: what an earlier one tells is not believed
	shards     []shard
	derived    RegionState // by its shards
	from       instant     // since when derived
	state      RegionState // as it is shown: the same, unless the observer is cut off
	since      instant
	told       RegionState // what was last told of it
	held       instant     // since when something else could be told, 0 for nothing
	cause      Cause
	detail     string
	forged     repeated // messages on its channels that nobody sent who may
	elsewhere  elsewhere
	writes     writes
}

// link is what is known of one link or loop.
type link struct {
	from, to int
	cells    []*cell // by slot
	deadline deadline
	state    LinkState
	since    instant
	told     LinkState     // what was last told of it
	held     instant       // since when something else could be told, 0 for nothing
	before   time.Time     // when an earlier run last saw it up
	echoes   repeated      // messages that came twice
	retired  Counts        // of cells that are no more
	fates    [fates]uint64 // how often a message of it met each; waiting: was sent
	rtt      histograms    // of those
	touched  bool          // what a cell is shown as, or whether it is awaited, may have changed
	rounds   *rounds       // not in here, where it would be copied with the link
}

// newState returns the state before anything was observed. The Config must pass Check; start has a monotonic reading.
func newState(c *Config, observer string, start time.Time) *state {
	t := c.Topology()
	s := &state{
		config: c, policy: &c.Policy, observer: observer, clock: clock{start},
		verdict: Unobservable, told: Unobservable, now: 1, turned: 1, changed: true,
		retired: map[int32]uint64{}, topology: &Topology{}, links: make([]link, len(t.Maps)*len(t.Maps)),
	}
	for _, m := range t.Maps {
		s.regions = append(s.regions, region{name: m.Region, derived: RegionUnobservable, from: 1,
			state: RegionUnobservable, told: RegionUnobservable, since: 1})
	}
	for i := range s.links {
		from, to := i/len(t.Maps), i%len(t.Maps)
		s.links[i] = link{from: from, to: to, state: LinkUnknown, told: LinkUnknown, since: 1, deadline: deadline{now: c.Policy.Deadline},
			rounds: &rounds{interval: c.Policy.Interval}, before: c.LastUp[Pair{t.Maps[from].Region, t.Maps[to].Region}]}
	}
	s.arrange(&t, nil, 1)
	return s
}

func (s *state) link(from, to int) *link { return &s.links[from*len(s.regions)+to] }

// pause says that the observer itself was not running, or lost observations, until now: whatever is under way is
// evidence of nothing.
func (s *state) pause(now instant, why string) {
	s.now, s.blind, s.paused = max(s.now, now), now, now
	s.eachShard(func(_, _ int, h *shard) { h.resumed = now })
	s.eachCell(func(c *cell) {
		c.awaited.begin(s.now)
		s.touch(c)
	})
	s.event(Event{Kind: EventObserver, Detail: why})
}

// awake returns a moment on the clock that stops while the observer is late. The connections have clocks of their own, so
// that the one moment may be a little before another one that it follows; it is never negative.
func (s *state) awake(at instant) instant { return max(at-instant(s.late), 1) }

// advance brings everything up to date with the time.
func (s *state) advance(now instant) {
	s.now = max(s.now, now)
	for i := range s.links {
		l := &s.links[i]
		was := l.deadline.now
		another := l.deadline.adapt(s.policy, s.now)
		if l.deadline.now != was {
			s.touchLink(l)
		}
		if another {
			for _, c := range l.cells {
				c.counted = max(c.counted, c.newest)
			}
		}
	}
	s.settleDue()
	s.judgeShards()
	s.showRegions()
	s.showLinks()
	s.urgent = false
}

// judgeShards finds out which shards can be used, and whether the observer is cut off: when all have failed, and nobody
// has answered to anything that was sent after the last of them should have answered. From then on only an answer to something
// that is sent later ends that, or a shard that has not failed: what is learned meanwhile about how they failed does not.
func (s *state) judgeShards() {
	all, due := true, instant(0)
	s.eachShard(func(_, _ int, h *shard) {
		h.pass(s.policy, s.now, s.blind)
		h.examine(s.policy, s.now, s.blind)
		all = all && h.failed
		due = max(due, h.found.due)
	})
	switch cut := all && s.contact <= max(due, s.cut); {
	case cut && s.cut == 0:
		s.cut, s.changed = s.now, true
		s.eachCell(s.touch)
	case !cut && s.cut != 0:
		s.reconnected()
	}
	s.eachShard(func(region, index int, h *shard) {
		was := h.state
		back := h.judge(s.policy, s.now, s.contact)
		if h.state != was {
			h.eachCell(s.touch)
		}
		if back {
			s.renew(region, index)
		}
	})
}

// await says that a connection of a shard was made: what is not known can begin to become known only now. Of one that is lost
// again and again nothing more is expected.
func (s *state) await(region, shard int, role Role, at instant) {
	h := &s.regions[region].shards[shard]
	h.back.renew(at)
	lasting := !h.links[role].flapping(s.policy, at)
	h.eachCell(func(c *cell) {
		switch {
		case c.awaited.on():
			c.awaited.renew(at)
		case c.shown == LinkUnknown && lasting:
			c.awaited.begin(at)
			s.touch(c)
		}
	})
}

// reconnected says that the observer is not cut off any more. What was not answered, and which connections could not be made,
// while it was, says nothing of a region.
func (s *state) reconnected() {
	s.cut, s.changed, s.blind = 0, true, s.now
	s.eachShard(func(_, _ int, h *shard) {
		h.excuse(s.now)
		h.examine(s.policy, s.now, s.blind)
	})
	s.eachCell(func(c *cell) {
		c.renew(s.now)
		s.touch(c)
	})
}

// renew says that a shard is back.
func (s *state) renew(region, shard int) {
	s.regions[region].shards[shard].eachCell(func(c *cell) {
		c.renew(s.now)
		s.touch(c)
	})
}

// eachShard calls do for every shard.
func (s *state) eachShard(do func(region, index int, h *shard)) {
	for r := range s.regions {
		shards := s.regions[r].shards
		for i := range shards {
			do(r, i, &shards[i])
		}
	}
}

// eachCell calls do for every cell.
func (s *state) eachCell(do func(*cell)) {
	for _, c := range s.cells {
		do(c)
	}
}

// event keeps what has happened until it is told.
func (s *state) event(e Event) {
	e.At = s.clock.time(s.now)
	if e.Kind != EventShard {
		e.Shard = -1
	}
	if e.Kind != EventCell {
		e.Slot = -1
	}
	s.pending = append(s.pending, e)
	s.changed = true
}

// events returns what has happened since the last call.
func (s *state) events() []Event {
	events := s.pending
	s.pending = nil
	return events
}

// started tells that the run begins.
func (s *state) started() {
	s.event(Event{Kind: EventStart, Detail: fmt.Sprintf("%s, %s, a message each every %v, deadline %v",
		counted(len(s.regions), "region"), counted(len(s.topology.Cover), "slot"), s.policy.Interval, s.policy.Deadline)})
}
