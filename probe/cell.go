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
	link      *link
	loop      *cell // the target's own on the same slot; nil for a loop
	index     int32 // in state.cells

	fates  []fate // parallel to channel.records
	counts [fates]uint64
	begun  uint64 // the first message since there is this cell
	// Every message before settled is decided on, except those whose fate is overdue, of which none is before pending.
	settled, pending uint64
	newest           uint64 // the newest message received, plus one; 0 when none was
	newestSent       instant
	newestAwake      instant // the same as record.awake
	newestAt         instant
	inTime, late     instant // the last arrival in time and the last after the deadline
	evidence         instant // the last time that something was learned
	resumed          instant // when the last silence, or time without evidence, ended
	renewed          instant // when an end was last found to be back: what was published before shows nothing
	counted          uint64  // messages from this one on make the window

	duplicate, foreign, forged, tooLate uint64

	detector detector
	shown    LinkState
	since    instant // since when shown
	awaited  wait    // for something to become known
	told     LinkState
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

// newCell returns the cell of a channel in a region, of which nothing is known.
func newCell(c *channel, to int, l *link, at instant) *cell {
	made := &cell{
		channel: c, to: to, link: l, fates: make([]fate, len(c.records)), detector: newDetector(),
		begun: c.next, settled: c.next, pending: c.next, counted: c.next,
		shown: LinkUnknown, told: LinkUnknown, since: at,
	}
	made.awaited.begin(at)
	return made
}

// published says that the channel has a new message.
func (c *cell) published(seq uint64) {
	at := c.channel.at(seq)
	c.fates[at] = waiting
	c.counts[waiting]++
	c.link.fates[waiting]++
	c.link.rounds.published(c.channel.records[at].sent)
}

// decide changes the fate of a message.
func (c *cell) decide(seq uint64, f fate) {
	at := c.channel.at(seq)
	c.counts[c.fates[at]]--
	c.counts[f]++
	c.link.fates[f]++
	c.link.rounds.decided(c.channel.records[at].sent, c.fates[at], f)
	c.fates[at] = f
}

// arrival is a message of this observer that arrived and was waited for.
type arrival struct {
	seq    uint64
	record *record
	was    fate
	inTime bool
	at     instant
	blind  instant // until when the observer saw nothing
}

// receive says that a message of this observer arrived, with this number and nonce; awake is at without the time in which the
// observer was late, and until blind it saw nothing. It tells whether it was one that was waited for.
func (c *cell) receive(p *Policy, seq, nonce uint64, at, awake, blind instant) bool {
	r := c.channel.record(seq)
	switch {
	case seq < max(c.channel.first, c.begun):
		c.tooLate++
		return false
	case r == nil || r.nonce != nonce:
		c.forged++
		return false
	}
	a := arrival{seq: seq, record: r, was: c.fates[c.channel.at(seq)], at: at, blind: blind}
	if a.was == delivered || a.was == delayed || a.was == excused {
		c.duplicate++
		c.link.echoes.add(at)
		return false
	}
	// What was charged by a shorter deadline than the present one stays late.
	a.inTime = !r.overdue(c.link.deadline.now, awake) && (a.was == waiting || r.sent >= c.link.deadline.raised)
	c.count(&a)
	if c.evidentFrom(&a) {
		c.learn(p, &a)
	} else {
		c.detector.ever = true
	}
	return true
}

// count decides on a message that has arrived.
func (c *cell) count(a *arrival) {
	switch {
	case a.inTime:
		c.decide(a.seq, delivered)
		c.inTime = max(c.inTime, a.at)
	case c.evidentFrom(a):
		c.decide(a.seq, delayed)
		c.late = max(c.late, a.at)
	default:
		c.decide(a.seq, excused)
		c.late = max(c.late, a.at)
	}
	if a.seq >= c.newest {
		c.newest, c.newestSent, c.newestAwake, c.newestAt = a.seq+1, a.record.sent, a.record.awake, a.at
		c.overtake(a.seq)
	}
}

// evidentFrom tells whether a message that has arrived says something of the link: not when it was kept for an end that was
// away, nor when it is late and could not be charged when its deadline passed; most of all, since it was published before
// the present subscription was opened. What was charged already stays charged.
func (c *cell) evidentFrom(a *arrival) bool {
	switch sent := a.record.sent; {
	case sent <= c.renewed:
		return false
	case a.inTime:
		return true
	case a.was == waiting:
		return sent > a.blind && *c.channel.answer(a.seq) != rejected && c.listening.openSince(sent)
	}
	return a.was != withoutEvidence
}

// learn concludes from a message that has arrived.
func (c *cell) learn(p *Policy, a *arrival) {
	if c.listening.openSince(a.record.sent) {
		took := a.at.since(a.record.sent)
		c.rtt.add(took)
		c.link.rounds.arrived(a.record.sent, took)
		c.link.deadline.learn(took)
	}
	if c.detector.state.Silent() || c.stale(p, a.at) {
		c.resumed = a.at
	}
	c.evidence = max(c.evidence, a.at)
	c.detector.arrived(a.inTime, a.record.sent >= c.resumed)
	c.judge(p)
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
// Awake is now without the time in which the observer was late. Evidence from before the instant blind is void.
func (c *cell) settle(p *Policy, now, awake, blind instant) {
	blind = max(blind, c.renewed)
	for c.settled = max(c.settled, c.channel.first); c.settled < c.channel.next; c.settled++ {
		if c.fates[c.channel.at(c.settled)] != waiting {
			continue
		}
		r := c.channel.record(c.settled)
		if !r.overdue(c.link.deadline.now, awake) {
			return
		}
		switch {
		case r.sent <= blind, *c.channel.answer(c.settled) == rejected, !c.listening.openSince(r.sent):
			c.decide(c.settled, withoutEvidence)
		case *c.channel.answer(c.settled) == unanswered:
			return
		case c.newest > c.settled: // overtaken, which proves the connection as well
			c.decide(c.settled, lost)
			c.evidence = now
			c.detector.lost(r.sent >= c.resumed)
			c.judge(p)
		case c.loop == nil || c.loop.newestAwake >= r.due(c.link.deadline.now):
			before := c.tally(p.Window)
			c.decide(c.settled, overdue)
			c.evidence = now
			c.detector.missed(p, before, r.sent >= c.resumed)
			c.judge(p)
		default:
			return // a loop message may prove it yet
		}
	}
}

// giveUp decides on a message that is about to be forgotten.
func (c *cell) giveUp(seq uint64) {
	if seq < c.begun {
		return
	}
	switch c.fates[c.channel.at(seq)] {
	case waiting:
		c.decide(seq, withoutEvidence)
	case overdue:
		c.decide(seq, lost)
	}
}

// renew says that an end is back: what was known before it went away must be proven again, by what is published from now
// on.
func (c *cell) renew(at instant) {
	c.renewed, c.resumed, c.counted = at, at, c.channel.next
	c.awaited.end()
	c.awaited.begin(at)
	c.detector.forget()
}

// acquit says that the connection on which a loop was listened to has turned out to be dead: what was published since it last
// delivered something, and was charged because it looked alive, is evidence of nothing. Another connection will tell more, if it is
// expected to last.
func (c *cell) acquit(at instant, lasting bool) {
	for seq := max(c.newest, c.pending, c.channel.first); seq < c.settled; seq++ {
		if c.fates[c.channel.at(seq)] == overdue {
			c.decide(seq, withoutEvidence)
		}
	}
	if c.detector.silence > 0 {
		c.detector.silence = 0
		if c.detector.state.Silent() {
			c.detector.forget()
			if lasting {
				c.awaited.begin(at)
			}
		}
	}
}

// judge lets the detector decide.
func (c *cell) judge(p *Policy) {
	last := c.tally(p.Window)
	calm := last
	if c.detector.poor() {
		calm = c.tally(calmWindows * p.Window)
	}
	if c.detector.judge(p, last, calm) {
		c.counted = max(c.counted, c.newest-min(c.newest, uint64(p.Up)))
	}
}

// calmWindows is how many windows must be well for a cell that was late or degraded to be up again. Of a link that loses
// every twentieth message, one window of 32 holds at most one lost message half of the time, four of them in one of ninety cases.
const calmWindows = 4

// tally counts the last messages, at most so many, from the newest that was decided on backwards.
func (c *cell) tally(most int) tally {
	var t tally
	well := true
	from := max(c.counted, c.channel.first)
	for seq := max(c.settled, c.newest); seq > from && t.charged < most; seq-- {
		f := c.fates[c.channel.at(seq-1)]
		switch f {
		case delivered:
		case delayed:
			t.late++
		case lost:
			t.lost++
		case overdue:
			t.overdue++
		default:
			continue
		}
		t.charged++
		if well && f != delivered {
			t.runs++
		}
		well = f == delivered
	}
	return t
}

// stale tells whether nothing was learned for too long to say anything.
func (c *cell) stale(p *Policy, now instant) bool {
	return now.since(c.evidence) > p.patience()
}
