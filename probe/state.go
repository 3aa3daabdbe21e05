package probe

import (
	"fmt"
	"time"

	"github.com/aafailover/aafailover/slots"
)

// state is all that is known: it reduces observations, in the order in which they come, and the passing of time. It has
// no goroutine and reads no clock; one goroutine owns it.
type state struct {
	config   *Config
	policy   *Policy
	observer string
	clock    clock

	regions  []region
	channels []*channel // by source region, then by place in the cover; nil where the source has no shard for the slot
	links    []link     // by source, then by target; loops included
	same     map[Pair]bool

	now     instant
	contact instant // when the newest thing was sent that any region is known to have got
	blind   instant // evidence from before is void
	cut     instant // since when no region can be reached, 0 while one can
	dropped uint64
	verdict Verdict
	turned  instant // since when the verdict is what it is
	told    Verdict // what was last told of it
	sure    bool    // a verdict about the regions was given once
	changed bool    // something that is shown has changed since the last snapshot
	urgent  bool    // something was observed that may change what is shown
	pending []Event
}

// region is what is known of one region.
type region struct {
	name   string
	shards []shard
	state  RegionState
	since  instant
	cause  Cause
	detail string
}

// link is what is known of one link or loop.
type link struct {
	cells  []*cell
	state  LinkState
	since  instant
	told   LinkState // what was last told of it
	held   instant   // since when something else could be told, 0 for nothing
	before time.Time // when an earlier run last saw it up
}

// newState returns the state before anything was observed. The Config must pass Check; start has a monotonic reading.
func newState(c *Config, observer string, start time.Time) *state {
	s := &state{
		config: c, policy: &c.Policy, observer: observer, clock: clock{start},
		same: map[Pair]bool{}, verdict: Unobservable, told: Unobservable, now: 1, turned: 1, changed: true,
	}
	for _, m := range c.Maps {
		r := region{name: m.Region, state: RegionUnobservable, since: 1, shards: make([]shard, len(m.Shards))}
		for i := range r.shards {
			r.shards[i] = newShard()
		}
		s.regions = append(s.regions, r)
	}
	for _, pair := range c.SameServers {
		s.same[Pair{pair[0], pair[1]}] = true
		s.same[Pair{pair[1], pair[0]}] = true
	}
	s.links = make([]link, len(c.Maps)*len(c.Maps))
	for i := range s.links {
		from, to := c.Maps[i/len(c.Maps)].Region, c.Maps[i%len(c.Maps)].Region
		s.links[i] = link{state: LinkUnknown, told: LinkUnknown, since: 1, before: c.LastUp[Pair{from, to}]}
	}
	for from, m := range c.Maps {
		for place, slot := range c.Cover {
			s.channels = append(s.channels, s.addChannel(from, place, slot, m))
		}
	}
	for _, ch := range s.channels {
		if ch == nil {
			continue
		}
		for to, cell := range ch.cells {
			if cell != nil && to != ch.region {
				cell.loop = s.channels[to*len(c.Cover)+ch.place].cells[to]
			}
		}
	}
	return s
}

// addChannel makes the channel of a region on a slot, and its cells; nil where the region has no shard for the slot.
func (s *state) addChannel(from, place, slot int, m slots.Map) *channel {
	shard, ok := m.ShardOf(slot)
	if !ok {
		return nil
	}
	ch := newChannel(s.policy, m, s.config.Prefix, slot)
	ch.index, ch.region, ch.place, ch.shard = from*len(s.config.Cover)+place, from, place, shard
	ch.cells = make([]*cell, len(s.regions))
	for to, target := range s.config.Maps {
		if shard, ok := target.ShardOf(slot); ok {
			cell := newCell(ch, to, shard, &s.regions[to].shards[shard].links[Subscribing])
			cell.since = 1
			ch.cells[to] = cell
			l := s.link(from, to)
			l.cells = append(l.cells, cell)
			if from == to {
				h := &s.regions[to].shards[shard]
				h.loops = append(h.loops, cell)
			}
		}
	}
	return ch
}

func (s *state) link(from, to int) *link { return &s.links[from*len(s.regions)+to] }

// published says that a message is about to be handed to the source region, and returns its number.
func (s *state) published(ch *channel, nonce uint64, at instant) uint64 {
	return ch.publish(s.policy, nonce, at)
}

// pinged says that a PING is about to be handed to a shard, and returns its id.
func (s *state) pinged(region, shard int, at instant) uint64 {
	return pingMark | s.regions[region].shards[shard].pinged(at)
}

// heardOf tells whether a shard's connection to publish on was ever made, or attempted.
func (s *state) heardOf(region, shard int) bool {
	return s.regions[region].shards[shard].links[Publishing].heard
}

// observe reduces one observation.
func (s *state) observe(o *observation) {
	h := &s.regions[o.region].shards[o.shard]
	switch o.what {
	case opened:
		h.links[o.role].becameOpen(o.at)
		s.urgent = true
	case closed:
		if o.cause.proves() {
			s.heard(o.at)
		}
		h.disconnected(s.policy, o)
		s.urgent = true
	case accepted, refused:
		s.answered(h, o)
	case received:
		s.received(o)
	case foreign, forged:
		if c := s.channels[o.channel].cells[o.region]; c != nil {
			if o.what == foreign {
				c.foreign++
			} else {
				c.forged++
			}
		}
	}
}

// heard says that a region got what was sent then.
func (s *state) heard(sent instant) { s.contact = max(s.contact, sent) }

// answered reduces what a server said, or did not, to a PING or a PUBLISH.
func (s *state) answered(h *shard, o *observation) {
	replied := o.what == accepted || o.cause.proves()
	if o.id&pingMark != 0 {
		sent := h.answeredPing(s.policy, o.id&^pingMark, replied, o)
		if replied && h.links[Publishing].carried(sent) {
			s.heard(sent)
		}
		return
	}
	index, seq := splitID(o.id)
	if index >= len(s.channels) || s.channels[index] == nil {
		return
	}
	if replied {
		h.replied(toPublish, o.cause, o.err, o.at)
	}
	r := s.channels[index].record(seq)
	if r == nil || r.answer != unanswered {
		return
	}
	if replied && h.links[Publishing].carried(r.sent) {
		s.heard(r.sent)
	}
	r.answer = rejected
	if o.what == accepted {
		r.answer = taken
	}
}

// received reduces the arrival of a message.
func (s *state) received(o *observation) {
	ch := s.channels[o.channel]
	c := ch.cells[o.region]
	if c == nil {
		return
	}
	if listening := c.listening; !listening.open {
		// Its opening did not fit into the queue: what arrives proves it, from now on.
		listening.becameOpen(o.at)
	}
	was := c.detector.state
	if c.receive(s.policy, o.id, o.nonce, o.at) {
		s.heard(ch.record(o.id).sent)
	}
	s.urgent = s.urgent || c.detector.state != was
}

// paused says that the observer itself was not running, or lost observations, until now: whatever is under way is
// evidence of nothing.
func (s *state) paused(now instant, why string) {
	s.now, s.blind = max(s.now, now), now
	s.event(Event{Kind: EventObserver, Detail: why})
}

// advance brings everything up to date with the time.
func (s *state) advance(now instant) {
	s.now = max(s.now, now)
	for _, ch := range s.channels {
		if ch == nil {
			continue
		}
		for _, c := range ch.cells {
			if c != nil {
				c.settle(s.policy, s.now, s.blind)
			}
		}
	}
	s.judgeShards()
	s.showRegions()
	s.showLinks()
	s.urgent = false
}

// judgeShards finds out which shards can be used, and whether the observer is cut off: when all have failed, and nobody
// has answered to anything that was sent after the last of them began to. From then on only an answer to something that is
// sent later ends that, or a shard that has not failed: what is learned meanwhile about how they failed does not.
func (s *state) judgeShards() {
	all, last := true, instant(0)
	for r := range s.regions {
		for i := range s.regions[r].shards {
			h := &s.regions[r].shards[i]
			h.pass(s.policy, s.now, s.blind)
			h.judge(s.policy, s.now, s.blind, s.contact)
			all = all && h.failed
			last = max(last, h.trouble.since)
		}
	}
	switch cut := all && s.contact <= max(last, s.cut); {
	case cut && s.cut == 0:
		s.cut, s.changed = s.now, true
	case !cut && s.cut != 0:
		s.cut, s.changed = 0, true
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

// start tells that the run begins.
func (s *state) started() {
	s.event(Event{Kind: EventStart, Detail: fmt.Sprintf("%s, %s, a message each every %v, deadline %v",
		counted(len(s.regions), "region"), counted(len(s.config.Cover), "slot"), s.policy.Interval, s.policy.Deadline)})
}
