package probe

import (
	"slices"

	"github.com/aafailover/aafailover/slots"
)

// What becomes of the state when the topology changes: shards and cells that stay keep what is known of them. Only the
// evidence of connections that are made anew begins again, so that nobody is charged with the gap; and what is new is
// awaited: for a while it is no bad news that nothing is known of it.

// change replaces the topology. The connections of the regions that are anew are given up, and made anew.
func (s *state) change(t *Topology, anew []int, now instant) {
	s.now = max(s.now, now)
	s.arrange(t, anew, s.now)
	s.event(Event{Kind: EventTopology, Detail: t.Detail})
	s.urgent = true
}

// ignored tells that a topology was refused.
func (s *state) ignored(err error) {
	s.event(Event{Kind: EventTopology, Detail: "not used: " + err.Error()})
}

// arrange makes regions, channels, cells and links fit a topology; those that it shares with the one before stay.
func (s *state) arrange(t *Topology, anew []int, at instant) {
	before, channels := s.topology, s.indexed
	s.topology = t
	s.covered = !slices.ContainsFunc(t.Maps, func(m slots.Map) bool { return !m.Proven() })
	s.symmetric = slots.Equal(t.Maps...)
	for i := range s.regions {
		switch r := &s.regions[i]; {
		case len(r.shards) == 0:
			r.shards = newShards(len(t.Maps[i].Shards), at)
		case slices.Contains(anew, i):
			r.reshard(before.Maps[i].Shards, t.Maps[i].Shards, at)
		}
		for k := range s.regions[i].shards {
			h := &s.regions[i].shards[k]
			h.loops, h.cells, h.channels = nil, nil, nil
		}
	}
	s.same = map[Pair]bool{}
	for _, pair := range t.SameServers {
		s.same[Pair{pair[0], pair[1]}] = true
		s.same[Pair{pair[1], pair[0]}] = true
	}
	s.arrangeChannels(channels, anew)
	s.arrangeCells(at)
	for _, ch := range channels {
		s.retire(ch)
	}
}

// arrangeChannels fills in the channels of the topology. What it takes over from the ones before it takes away from them.
func (s *state) arrangeChannels(before map[int32]*channel, anew []int) {
	t := s.topology
	s.channels, s.indexed = make([]*channel, 0, len(t.Maps)*len(t.Cover)), map[int32]*channel{}
	for from, m := range t.Maps {
		for place, shard := range owners(m, t.Cover) {
			if shard < 0 {
				s.channels = append(s.channels, nil)
				continue
			}
			index := int32(channelIndex(from, t.Cover[place]))
			ch := before[index]
			if ch == nil {
				ch = newChannel(s.config, m, t.Cover[place])
				ch.index, ch.region = int(index), from
				ch.first, ch.next = s.retired[index], s.retired[index]
			} else if slices.Contains(anew, from) {
				ch.abandon()
			}
			ch.place, ch.shard = place, shard
			h := &s.regions[from].shards[shard]
			h.channels = append(h.channels, ch)
			s.channels, s.indexed[index] = append(s.channels, ch), ch
		}
	}
}

// arrangeCells fills in the cells of all channels and links.
func (s *state) arrangeCells(at instant) {
	t := s.topology
	for i := range s.links {
		s.links[i].cells = nil
	}
	for to, m := range t.Maps {
		for place, shard := range owners(m, t.Cover) {
			for from := range t.Maps {
				if ch := s.channels[from*len(t.Cover)+place]; ch != nil {
					s.arrangeCell(ch, to, shard, at)
				}
			}
		}
	}
	for _, ch := range s.channels {
		if ch == nil {
			continue
		}
		for to, c := range ch.cells {
			if c != nil && to != ch.region {
				c.loop = s.channels[to*len(t.Cover)+ch.place].cells[to]
			}
		}
	}
	s.enumerate()
}

// arrangeCell makes the cell of a channel in a region, or keeps the one that is there; a shard below 0 is none.
func (s *state) arrangeCell(ch *channel, to, shard int, at instant) {
	if ch.cells == nil {
		ch.cells = make([]*cell, len(s.regions))
	}
	c, l := ch.cells[to], s.link(ch.region, to)
	switch {
	case shard < 0 && c != nil:
		s.retireCell(c)
		ch.cells[to] = nil
		return
	case shard < 0:
		return
	case c == nil:
		c = newCell(ch, to, l, at)
		ch.cells[to] = c
	}
	h := &s.regions[to].shards[shard]
	if c.shown == LinkUnknown {
		c.awaited.begin(at) // the reason for which nothing was known may be gone
	}
	c.shard, c.listening = shard, &h.links[Subscribing]
	l.cells, h.cells = append(l.cells, c), append(h.cells, c)
	if ch.region == to {
		h.loops = append(h.loops, c)
	}
}

// retire gives up a channel that is no longer among those in use.
func (s *state) retire(ch *channel) {
	if s.indexed[int32(ch.index)] == ch {
		return
	}
	s.retired[int32(ch.index)] = ch.next
	for ch.first < ch.next {
		ch.drop()
	}
	for _, c := range ch.cells {
		if c != nil {
			s.retireCell(c)
		}
	}
}

// retireCell adds what a cell has counted to its link.
func (s *state) retireCell(c *cell) {
	for seq := max(c.channel.first, c.begun); seq < c.channel.next; seq++ {
		c.giveUp(seq)
	}
	l := s.link(c.channel.region, c.to)
	l.retired = l.retired.Plus(c.sums())
	merge(&l.rtt, &c.rtt)
}

// reshard makes the shards of a region anew. One that has the same id, or else the same address, stays what it is as far
// as is known, and must prove it again.
func (r *region) reshard(before, after []slots.Shard, at instant) {
	r.generation++
	was := r.shards
	r.shards = newShards(len(after), at)
	for i, of := range after {
		h := &r.shards[i]
		h.awaited.begin(at)
		if k := predecessor(before, was, of); k >= 0 {
			o := &was[k]
			h.state, h.told, h.since, h.trouble, h.answer = o.state, o.told, o.since, o.trouble, o.answer
		}
	}
}

// predecessor returns the index of the shard that another one is the same as, or takes over from since that is down; -1
// for none.
func predecessor(before []slots.Shard, was []shard, of slots.Shard) int {
	k := slices.IndexFunc(before, func(b slots.Shard) bool { return b.ID != "" && b.ID == of.ID })
	if k < 0 {
		k = slices.IndexFunc(before, func(b slots.Shard) bool { return b.Address != "" && b.Address == of.Address })
	}
	for i := 0; k < 0 && i < len(before); i++ {
		if was[i].state == RegionDown && len(common(before[i].Slots, of.Slots)) > 0 {
			return i
		}
	}
	return k
}

// abandon says that nothing more will be heard about the messages that were not answered.
func (c *channel) abandon() {
	for seq := c.first; seq < c.next; seq++ {
		if a := c.answer(seq); *a == unanswered {
			*a = rejected
		}
	}
}
