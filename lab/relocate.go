package lab

import (
	"slices"

	"github.com/aafailover/aafailover/lab/engine"
	"github.com/aafailover/aafailover/slots"
)

// relocate puts a region into another layout, while the world stands still: no command is executed, and nothing is shipped or
// delivered. The keys of a slot move to its new owner at once, and with them whatever must become of its effects:
//
//	in the backlog of the old owner  ──> the old streams ship what was published, and end; the new owner's wait for that
//	executed from now on             ──> the new owner's streams, which begin with a copy of the keys
//	on the way to the old owner      ──> a part of each stream is split off, as it is, and leads to the new owner
//
// So every published message arrives exactly once, and those of a channel in their order. That a copy of the keys is shipped,
// as Redis does when a slot moves, is why no key is lost by having moved, whatever becomes of the old owner. All shards whose
// disk is a second behind save what they have.
//
// The shards of the present layout that own slots which move are up, and those that get them. The caller holds faults.
func (r *region) relocate(next *layout) {
	resume := r.lab.stopWorld(next.shards)
	for sh := range r.lab.shards {
		sh.prune()
		sh.merge()
	}
	last := r.layout.Load()
	var made []*stream
	for _, m := range last.moves(next) {
		made = append(made, m.run()...)
	}
	for s := range r.lab.streams {
		if len(s.carried) == 0 {
			s.abandon()
		}
	}
	r.layout.Store(next)
	r.channels.evict(next)
	for sh := range r.lab.shards {
		sh.prune()
		sh.keys.settle()
	}
	resume()
	for _, s := range made {
		r.lab.running.Go(s.run)
	}
	for s := range r.lab.streams {
		s.signal()
	}
}

// stopWorld takes all locks of all streams and shards, those given included, and returns what releases them. The caller holds
// faults, so that no stream is made or forgotten meanwhile.
func (l *Lab) stopWorld(more []*shard) (resume func()) {
	streams := slices.Collect(l.streams)
	shards := slices.Collect(l.shards)
	known := make(map[*shard]bool)
	for _, sh := range shards {
		known[sh] = true
	}
	add := func(sh *shard) {
		if !known[sh] {
			known[sh] = true
			shards = append(shards, sh)
		}
	}
	for _, s := range streams {
		add(s.from) // which may have left its region
	}
	for _, sh := range more {
		add(sh)
	}
	for _, s := range streams {
		s.mu.Lock()
	}
	for _, sh := range shards {
		sh.mu.Lock()
	}
	return func() {
		for _, sh := range shards {
			sh.mu.Unlock()
		}
		for _, s := range streams {
			s.mu.Unlock()
		}
	}
}

// merge makes one of the inbound streams that have got equally far in the effects of one shard: so there are not more and
// more of them, however often slots move.
func (sh *shard) merge() {
	for i, s := range sh.inbound {
		for _, o := range sh.inbound[i+1:] {
			if s.alike(o) {
				s.carried = union(s.carried, o.carried)
				s.whole = false
				s.resumes, s.copies = s.resumes+o.resumes, s.copies+o.copies
				o.abandon()
				o.carried = nil
			}
		}
	}
}

// alike says whether nothing but the slots is different between two streams to the same shard.
func (s *stream) alike(o *stream) bool {
	steady := func(s *stream) bool {
		return !s.ended.Load() && s.until == endless && s.connected && s.copying == nil && !s.waits()
	}
	return s.from == o.from && steady(s) && steady(o) && s.receipt == o.receipt && s.cursor == o.cursor &&
		s.caughtUp == o.caughtUp && s.mode == o.mode && s.slow == o.slow && s.loss == o.loss && s.echoes == o.echoes
}

// prune forgets the streams that have ended.
func (sh *shard) prune() {
	over := func(s *stream) bool { return s.ended.Load() }
	sh.outbound = slices.DeleteFunc(slices.Clone(sh.outbound), over)
	sh.inbound = slices.DeleteFunc(slices.Clone(sh.inbound), over)
	sh.stale = sh.stale && len(sh.inbound) > 0 && !sh.hasPeer() // without slots there is nothing to catch up with
}

// relocation is what one shard gives to another.
type relocation struct {
	from, to *shard
	slots    []slots.Range
}

// moves returns what changes hands on the way to another layout.
func (lay *layout) moves(next *layout) []*relocation {
	var all []*relocation
	of := make(map[[2]*shard]*relocation)
	for slot := range slots.Count {
		pair := [2]*shard{lay.shardOf(slot), next.shardOf(slot)}
		if pair[0] == pair[1] {
			continue
		}
		m := of[pair]
		if m == nil {
			m = &relocation{from: pair[0], to: pair[1]}
			of[pair] = m
			all = append(all, m)
		}
		m.slots = withSlot(m.slots, slot)
	}
	return all
}

// run moves the slots with all that belongs to them and returns the streams that it has made.
func (m *relocation) run() (made []*stream) {
	for _, s := range slices.Clone(m.from.inbound) {
		if part := s.split(m.slots, m.to); part != nil {
			made = append(made, part)
		}
	}
	var successors []*stream
	for _, s := range slices.Clone(m.from.outbound) {
		if s.until == endless && len(common(s.carried, m.slots)) > 0 {
			rest, next := s.succeed(m)
			made = append(made, rest, next)
			successors = append(successors, next)
		}
	}
	for _, s := range m.to.outbound {
		s.whole = false
	}
	for _, x := range m.from.engine.Move(m.to.engine, func(slot int) bool { return contains(m.slots, slot) }) {
		m.to.ship(x)
		m.to.moved = true
		m.from.keys.learnt(x.Key)
		m.to.keys.learnt(x.Key)
	}
	for _, s := range successors {
		s.target = m.to.log.next
		s.caughtUp = s.caughtUp || s.connected && s.position.offset == s.target
	}
	m.to.written = m.to.written || m.from.written
	m.to.stale = m.to.stale || m.from.stale
	m.to.copied = max(m.to.copied, m.from.copied)
	m.to.changed = m.to.region.lab.now()
	return made
}

// split lets a part of a stream, that of some slots, go on as another stream with another receiver. It returns nil when the
// stream carries none of the slots.
func (s *stream) split(moved []slots.Range, to *shard) *stream {
	part := s.clone(moved, to)
	if part == nil {
		return nil
	}
	part.after = slices.Clone(s.after)
	for _, a := range part.after {
		a.waiting = append(a.waiting, part)
	}
	part.waiting = slices.Clone(s.waiting)
	for _, w := range part.waiting {
		w.after = append(w.after, part)
	}
	return part
}

// succeed leaves a stream's part of the slots that move with what the old owner has executed, which may have arrived already,
// and makes the one that ships what the new owner will.
func (s *stream) succeed(m *relocation) (rest, next *stream) {
	rest = s.split(m.slots, s.to)
	rest.until, rest.of = m.from.log.next, m.from.history.incarnation
	rest.caughtUp = true
	if rest.copying != nil { // of keys
		rest.copying, rest.receipt = nil, receipt{position: rest.copied}
	}
	if s.settled() && !s.waits() {
		rest.abandon()
	}
	next = newStream(m.to, s.to, rest.carried, s.usual)
	next.mode, next.slow, next.loss, next.echoes = s.mode, s.slow, s.loss, s.echoes
	next.cursor = m.to.log.next
	next.position = position{m.to.history.incarnation, next.cursor}
	next.connected, next.since, next.holding = s.connected, s.since, s.connected
	next.mustCopy = s.mustCopy && !s.connected // while it is connected, a copy is on its way, and another is shipped
	next.caughtUp = s.caughtUp
	next.after = []*stream{rest}
	rest.waiting = append(rest.waiting, next)
	next.join()
	return rest, next
}

// clone makes a stream that carries some of the slots of this one instead of it, has got as far, and is in the same state. It
// returns nil when there are no such slots.
func (s *stream) clone(moved []slots.Range, to *shard) *stream {
	carried := common(s.carried, moved)
	if len(carried) == 0 {
		return nil
	}
	c := newStream(s.from, to, carried, s.usual)
	c.until, c.of, c.mode, c.slow, c.loss, c.echoes = s.until, s.of, s.mode, s.slow, s.loss, s.echoes
	c.connected, c.asking, c.asked, c.since, c.target = s.connected, s.asking, s.asked, s.since, s.target
	c.copied, c.recovers = s.copied, s.recovers
	if s.copying != nil {
		all := s.copying
		s.copying, c.copying = make([]engine.Effect, 0, 1), make([]engine.Effect, 0, 1)
		for _, x := range all {
			if c.carries(x.Slot()) {
				c.copying = append(c.copying, x)
			} else {
				s.copying = append(s.copying, x)
			}
		}
	}
	c.cursor, c.holding = s.cursor, s.holding
	c.receipt, c.caughtUp = s.receipt, s.caughtUp
	c.join()

	s.whole = false
	s.carried = without(s.carried, moved)
	return c
}

// abandon ends a stream that has nothing to ship. The world stands still.
func (s *stream) abandon() {
	s.ended.Store(true)
	s.connected, s.holding = false, false
}

// union returns the slots that are in either.
func union(as, bs []slots.Range) []slots.Range {
	var both []slots.Range
	for slot := range slots.Count {
		if contains(as, slot) || contains(bs, slot) {
			both = withSlot(both, slot)
		}
	}
	return both
}

// without returns the slots of some ranges that are not in others.
func without(ranges, taken []slots.Range) []slots.Range {
	var left []slots.Range
	for _, r := range ranges {
		for slot := r.First; slot <= r.Last; slot++ {
			if !contains(taken, slot) {
				left = withSlot(left, slot)
			}
		}
	}
	return left
}
