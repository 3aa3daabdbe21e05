package probe

// published says that a message is about to be handed to the source region, and returns its number.
func (s *state) published(ch *channel, nonce uint64, at instant) uint64 {
	return ch.publish(s.policy, nonce, at, s.awake(at))
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
	r := &s.regions[o.region]
	if o.generation != r.generation {
		return // of connections that are being ended
	}
	h := &r.shards[o.shard]
	switch o.what {
	case opened:
		h.connected(o)
		s.await(int(o.region), int(o.shard), o.role, o.at)
		s.urgent = true
	case closed:
		if o.cause.proves() {
			s.heard(o.at)
		}
		lost := o.role == Subscribing && h.links[Subscribing].open
		h.disconnected(s.policy, o)
		if lost {
			lasting := !h.links[Subscribing].flapping(s.policy, o.at)
			for _, c := range h.loops {
				c.acquit(o.at, lasting)
				s.touch(c)
			}
		}
		s.urgent = true
	case accepted, refused:
		s.answered(h, o)
	case received:
		s.received(o)
	case foreign, forged:
		s.notOurs(o)
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
	ch := s.indexed[int32(index)]
	if ch == nil {
		return
	}
	if replied {
		h.replied(toPublish, o.cause, o.err, o.at)
	}
	r := ch.record(seq)
	if r == nil || *ch.answer(seq) != unanswered {
		return
	}
	if replied && h.links[Publishing].carried(r.sent) {
		s.heard(r.sent)
	}
	answer := rejected
	if o.what == accepted {
		answer = taken
	}
	*ch.answer(seq) = answer
}

// received reduces the arrival of a message.
func (s *state) received(o *observation) {
	c := s.cellOf(o)
	if c == nil {
		return
	}
	if listening := c.listening; !listening.open {
		// Its opening did not fit into the queue: what arrives proves it, from now on.
		listening.becameOpen(o.at)
	}
	c.listening.barren = false
	was, forged := c.detector.state, c.forged
	if c.receive(s.policy, o.id, o.nonce, o.at, s.awake(o.at), s.blind) {
		s.heard(c.channel.record(o.id).sent)
	}
	if c.forged > forged {
		s.regions[c.channel.region].forged.add(o.at)
	}
	if c.detector.state != was {
		s.urgent = true
		s.touch(c)
	} else if c.shown == LinkUnknown {
		s.touch(c) // which it may have been for lack of evidence alone
	}
}

// cellOf returns the cell that a message has arrived in, nil when there is none (any more).
func (s *state) cellOf(o *observation) *cell {
	ch := s.indexed[o.channel]
	if ch == nil {
		return nil
	}
	return ch.cells[o.region]
}

// notOurs counts a message that this observer did not publish.
func (s *state) notOurs(o *observation) {
	c := s.cellOf(o)
	switch {
	case c == nil:
	case o.what == foreign:
		c.foreign++
		if int(o.region) != c.channel.region {
			s.regions[c.channel.region].elsewhere.heard(s.policy, o.at)
		}
	default:
		c.forged++
		s.regions[c.channel.region].forged.add(o.at)
	}
}
