package probe

// cell is one link, or loop, on one slot: what became of every message of its channel in one target region.
//
// The evidence rule stands in settle. A message that did not come in time is charged only when the source took it, and the
// target's subscription was one live connection for the whole time: open before the message was published, and proven
// alive by a loop message of the target on the same slot, published after the deadline and received on it. A loop has
// nothing to be proven by: there, that the server took the message and the connection looks open must do.
type cell struct {
	channel   *channel
	to        int // the target region
	shard     int // of the target region
	listening *connection
	loop      *cell // the target's own on the same slot; nil for a loop

	fates  []fate // parallel to channel.records
	counts [fates]uint64
	// Every message before settled is decided on, except those whose fate is overdue, of which none is before pending.
	settled, pending uint64
	newest           uint64 // the newest message received, plus one; 0 when none was
	newestSent       instant
	newestAt         instant
	inTime, late     instant // the last arrival in time and the last after the deadline
	evidence         instant // the last time that something was learned
	resumed          instant // when the last silence, or time without evidence, ended
	counted          uint64  // messages from this one on make the window

	duplicate, foreign, forged, tooLate uint64

	detector detector
	shown    LinkState
	since    instant // since when shown
	rtt      histogram
}

// fate is what became of a message in a cell.
type fate uint8

const (
	waiting fate = iota
	delivered
	delayed // late
	excused // late, and without evidence: nobody can be charged with that
	lost
	withoutEvidence
	overdue
	fates // how many there are
)

func newCell(c *channel, to, shard int, listening *connection) *cell {
	return &cell{
		channel: c, to: to, shard: shard, listening: listening,
		fates: make([]fate, len(c.records)), detector: newDetector(), shown: LinkUnknown,
	}
}

// published says that the channel has a new message.
func (c *cell) published(seq uint64) {
	c.fates[c.channel.at(seq)] = waiting
	c.counts[waiting]++
}

// decide changes the fate of a message.
func (c *cell) decide(seq uint64, f fate) {
	at := c.channel.at(seq)
	c.counts[c.fates[at]]--
	c.counts[f]++
	c.fates[at] = f
}

// receive says that a message of this observer arrived, with this number and nonce. It tells whether it was one that was
// waited for.
func (c *cell) receive(p *Policy, seq, nonce uint64, at instant) bool {
	r := c.channel.record(seq)
	switch {
	case r == nil && seq < c.channel.first:
		c.tooLate++
		return false
	case r == nil || r.nonce != nonce:
		c.forged++
		return false
	}
	was := c.fates[c.channel.at(seq)]
	if was == delivered || was == delayed || was == excused {
		c.duplicate++
		return false
	}
	inTime := !r.overdue(p, at)
	if inTime {
		c.decide(seq, delivered)
		c.inTime = max(c.inTime, at)
	} else {
		c.decide(seq, delayed)
		c.late = max(c.late, at)
	}
	c.rtt.add(at.since(r.sent))
	if seq >= c.newest {
		c.newest, c.newestSent, c.newestAt = seq+1, r.sent, at
		c.overtake(seq)
	}
	if !inTime && c.unheard(was, r) {
		c.decide(seq, excused)
		c.detector.ever = true
		return true
	}
	if c.detector.state.Silent() || c.stale(p, at) {
		c.resumed = at
	}
	c.evidence = max(c.evidence, at)
	c.detector.arrived(inTime, r.sent >= c.resumed)
	c.judge(p)
	return true
}

// unheard tells whether a message that comes late could not be charged when its deadline passed: most of all, since it was
// published before the present subscription was opened. So it is with what a link had kept for a region that was down. What
// was charged already stays charged.
func (c *cell) unheard(was fate, r *record) bool {
	return was == withoutEvidence || was == waiting && (r.answer == rejected || !c.listening.openSince(r.sent))
}

// overtake gives up what was published before a message that has arrived: a cell is in order. Of a message that is not
// overdue, and was perhaps not even taken, settle decides in its time.
func (c *cell) overtake(seq uint64) {
	if c.counts[overdue] > 0 {
		for i := max(c.pending, c.channel.first); i < seq; i++ {
			if c.fates[c.channel.at(i)] == overdue {
				c.decide(i, lost)
			}
		}
	}
	c.pending = max(c.pending, seq)
}

// settle decides on the messages whose deadline has passed, in their order, as far as there is something to decide by.
// Evidence from before the instant blind is void.
func (c *cell) settle(p *Policy, now, blind instant) {
	for c.settled = max(c.settled, c.channel.first); c.settled < c.channel.next; c.settled++ {
		r := c.channel.record(c.settled)
		if !r.overdue(p, now) {
			return
		}
		if c.fates[c.channel.at(c.settled)] != waiting {
			continue
		}
		switch {
		case r.sent <= blind, r.answer == rejected, !c.listening.openSince(r.sent):
			c.decide(c.settled, withoutEvidence)
		case r.answer == unanswered:
			return
		case c.newest > c.settled: // overtaken, which proves the connection as well
			c.decide(c.settled, lost)
			c.evidence = now
			c.detector.lost()
			c.judge(p)
		case c.loop == nil || c.loop.newestSent >= r.due(p.Deadline):
			before := c.tally(p)
			c.decide(c.settled, overdue)
			c.evidence = now
			c.detector.missed(p, before)
			c.judge(p)
		default:
			return // a loop message may prove it yet
		}
	}
}

// giveUp decides on a message that is about to be forgotten.
func (c *cell) giveUp(seq uint64) {
	switch c.fates[c.channel.at(seq)] {
	case waiting:
		c.decide(seq, withoutEvidence)
	case overdue:
		c.decide(seq, lost)
	}
}

// judge lets the detector decide.
func (c *cell) judge(p *Policy) {
	if c.detector.judge(p, c.tally(p)) {
		c.counted = c.newest - min(c.newest, uint64(p.Up))
	}
}

// tally counts the last messages, from the newest that was decided on backwards.
func (c *cell) tally(p *Policy) tally {
	var t tally
	from := max(c.counted, c.channel.first)
	for seq := max(c.settled, c.newest); seq > from && t.charged < p.Window; seq-- {
		switch f := c.fates[c.channel.at(seq-1)]; f {
		case delivered:
			t.charged++
		case delayed:
			t.charged++
			t.late++
		case lost, overdue:
			t.charged++
			t.missing++
		}
	}
	return t
}

// stale tells whether nothing was learned for too long to say anything.
func (c *cell) stale(p *Policy, now instant) bool {
	return now.since(c.evidence) > p.patience()
}

// snapshot returns the cell as the world sees it.
func (c *cell) snapshot(k clock) Cell {
	var sent uint64
	for _, n := range c.counts {
		sent += n
	}
	return Cell{
		Slot: c.channel.slot, Channel: c.channel.name, FromShard: c.channel.shard, ToShard: c.shard,
		State: c.shown, Since: k.time(c.since),
		Sent: sent, Delivered: c.counts[delivered], Late: c.counts[delayed] + c.counts[excused], Lost: c.counts[lost],
		NoEvidence: c.counts[withoutEvidence], Overdue: c.counts[overdue], Waiting: c.counts[waiting],
		Duplicate: c.duplicate, Foreign: c.foreign, Forged: c.forged, TooLate: c.tooLate,
		RTT: c.rtt.summary(), LastUp: k.time(c.inTime), LastLate: k.time(c.late),
		LastDeliveredSent: k.time(c.newestSent), LastDelivered: k.time(c.newestAt),
	}
}
