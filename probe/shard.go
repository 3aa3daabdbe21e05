package probe

import "slices"

// shard is what is known of one shard of a region: its two connections, its answers to PING and PUBLISH, and whether it
// delivers its own messages.
type shard struct {
	links [2]connection // by Role
	loops []*cell       // of the slots it owns
	cells []*cell       // all that deliver in it, its loops included
	// channels are those that are published in it.
	channels []*channel

	pings      []ping // not answered yet, in the order in which they were sent
	pingNumber uint64

	unanswered int     // PINGs in a row
	answered   int     // PINGs in a row, in time, over one connection
	proven     instant // when Policy.Answered were last answered like that
	slow       int     // PINGs in a row answered after the deadline
	resumed    instant // when it answered again after it had failed to, or the observer ran again: what was asked before is late
	failing    instant // when the first of what is unanswered now was sent
	answer     instant // the last answer of any kind, error replies included
	replies    [2]replies

	failed    bool    // cannot be used, as far as is seen from here
	found     trouble // why it failed
	awaited   wait    // for it to be heard of
	back      wait    // for it to be proven, since it answers again after it was down
	hesitant  instant // since when it answers, but is not proven by that; 0 when it does not, or is
	returning bool    // it was down and answers again, and not everything is proven yet
	proving   bool    // something that leads to or from it is awaited
	trouble   trouble
	state     RegionState
	since     instant
	told      RegionState // what was last told of it
}

// ping is one PING under way.
type ping struct {
	number uint64
	sent   instant
	missed bool // its deadline has passed
}

// replies counts the error replies in a row to one command.
type replies struct {
	errors int
	cause  Cause
	err    error
}

// The commands whose error replies are counted.
const (
	toPing = iota
	toPublish
)

// maxPings bounds the PINGs that are remembered though their deadline has passed: they were counted then. Those whose deadline
// has not passed are as many as there are intervals in it.
const maxPings = 256

// newShards returns so many shards of which nothing is known.
func newShards(n int, at instant) []shard {
	shards := make([]shard, n)
	for i := range shards {
		shards[i] = shard{state: RegionUnobservable, told: RegionUnobservable, since: at}
	}
	return shards
}

// pinged says that a PING is about to be sent, and returns its number.
func (h *shard) pinged(at instant) uint64 {
	if len(h.pings) >= maxPings && h.pings[0].missed {
		h.pings = slices.Delete(h.pings, 0, 1)
	}
	h.pingNumber++
	h.pings = append(h.pings, ping{number: h.pingNumber, sent: at})
	return h.pingNumber
}

// take removes a PING from those that are under way.
func (h *shard) take(number uint64) (ping, bool) {
	for i, g := range h.pings {
		if g.number == number {
			h.pings = slices.Delete(h.pings, i, i+1)
			return g, true
		}
	}
	return ping{}, false
}

// connected reduces that a connection is ready.
func (h *shard) connected(o *observation) {
	h.links[o.role].becameOpen(o.at)
	h.links[Subscribing].barren = h.links[Subscribing].barren || o.role == Subscribing
	if o.role == Publishing {
		// What failed while nothing at all could be reached says nothing of subscribing.
		h.links[Subscribing].attempts = 0
	}
}

// connectedSince returns since when both connections have been open; 0 while one is not.
func (h *shard) connectedSince() instant {
	publishing, subscribing := &h.links[Publishing], &h.links[Subscribing]
	if !publishing.open || !subscribing.open {
		return 0
	}
	return max(publishing.opened, subscribing.opened)
}

// disconnected reduces the loss of a connection, or an attempt to make one that failed.
func (h *shard) disconnected(p *Policy, o *observation) {
	if o.role == Publishing {
		h.answered = 0
	}
	h.links[o.role].becameClosed(p, o.role == Subscribing && h.useless(), o.cause, o.err, o.at)
}

// useless tells whether nothing was delivered over the subscription though something should have been: what was published in
// the shard itself was taken, and did not come.
func (h *shard) useless() bool {
	return h.links[Subscribing].barren && slices.ContainsFunc(h.loops, func(c *cell) bool { return c.detector.silence > 0 })
}

// answeredPing reduces what became of a PING, and returns when it was sent.
func (h *shard) answeredPing(p *Policy, number uint64, replied bool, o *observation) (sent instant) {
	g, ok := h.take(number)
	c := &h.links[Publishing]
	switch {
	case replied:
		if ok && o.what == accepted && !c.open && !c.carried(g.sent) {
			// Its opening did not fit into the queue: what is answered proves it.
			c.becameOpen(g.sent)
		}
		if h.unanswered >= p.Unanswered || h.state == RegionDown && h.answer < max(h.since, c.opened) {
			h.resumed = o.at
		}
		h.replied(toPing, o.cause, o.err, o.at)
		h.timed(ok && o.cause == NoCause, o.at.since(g.sent) <= p.Deadline, g.sent >= h.resumed)
		if h.answered >= p.Answered {
			h.proven = o.at
		}
	case ok && !g.missed && c.carried(g.sent):
		// One that was never sent, since the connection is being made, says nothing.
		h.miss(g.sent)
	}
	return g.sent
}

// timed counts a PING that was answered, or answered with an error. It is fresh when it was sent since shard and observer were
// last found to run.
func (h *shard) timed(well, inTime, fresh bool) {
	switch {
	case !well:
		h.answered = 0
	case inTime:
		h.answered++
		h.slow = 0
	default:
		h.answered = 0
		if fresh {
			h.slow++
		}
	}
}

// replied says that the server answered a command; with an error when there is a cause.
func (h *shard) replied(command int, cause Cause, err error, at instant) {
	h.unanswered, h.failing = 0, 0
	h.answer = max(h.answer, at)
	if cause == NoCause {
		h.replies[command] = replies{}
		return
	}
	r := &h.replies[command]
	r.errors++
	r.cause, r.err = cause, err
}

// miss counts a PING that was not answered.
func (h *shard) miss(sent instant) {
	if h.unanswered == 0 {
		h.failing = sent
	}
	h.unanswered++
	h.answered = 0
}

// pass counts the PINGs whose deadline has passed. What was sent before the instant blind is evidence of nothing.
func (h *shard) pass(p *Policy, now, blind instant) {
	h.pings = slices.DeleteFunc(h.pings, func(g ping) bool { return g.sent <= blind })
	for i := range h.pings {
		g := &h.pings[i]
		if now.since(g.sent) <= p.Deadline {
			return
		}
		if !g.missed {
			g.missed = true
			h.miss(g.sent)
		}
	}
}

// excuse forgets all signs of failure that may be the observer's own: the shard must fail anew to be called down.
func (h *shard) excuse(now instant) {
	h.pings, h.unanswered, h.failing, h.slow = h.pings[:0], 0, 0, 0
	for i := range h.links {
		h.links[i].excuse(now)
	}
}

// eachCell calls do for every cell to and from the shard, for its loops perhaps twice.
func (h *shard) eachCell(do func(*cell)) {
	for _, c := range h.cells {
		do(c)
	}
	for _, ch := range h.channels {
		for _, c := range ch.cells {
			if c != nil {
				do(c)
			}
		}
	}
}
