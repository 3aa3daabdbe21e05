package recorder

import (
	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/resp"
)

// part takes the next part of what the region answers; raw is what it was cut from.
func (c *conn) part(p resp.Part, raw []byte, now drill.Moment) {
	top := c.replies.between()
	c.forward(p, raw, top)
	if next := c.inFlight.awaited(); top && next != nil && next.kind == exec && p.Kind == resp.Array && p.N > 0 {
		if p.N != int64(c.inFlight.waiting()) {
			c.lose(now, false)
			return
		}
		c.replies.gather(p.N)
		return
	}
	switch c.replies.take(p, c.recorder.seed) {
	case element:
		c.executed(now)
	case whole:
		c.replied(now)
		c.replies.reset()
	case tooDeep:
		c.lose(now, false)
	}
}

// replied pairs a reply that is whole with its request.
func (c *conn) replied(now drill.Moment) {
	r := &c.replies.reply
	next := c.inFlight.awaited()
	c.located(next)
	switch {
	case c.pushing.unasked(r, next):
	case r.Failed() && c.inFlight.silenced() && refusesSilence(r.Text): // or is it the answer to the next one?
		c.lose(now, false)
	case next != nil:
		c.inFlight.skipSilence()
		c.pair(next, r, now)
	case r.Failed(): // a server says so before it closes: too many clients
		c.unexpected(r, now)
	default:
		c.lose(now, false)
	}
}

// pair enters a reply to the request that it belongs to, the next one in flight.
func (c *conn) pair(e *exchange, r *commands.Reply, now drill.Moment) {
	end := c.outgoing.position()
	switch queued := e.kind.queues() && r.Kind == resp.SimpleString && string(r.Text) == "QUEUED"; {
	case queued && e.kind.confirmed(): // EXEC counts it once, and answers once for each channel
		c.lose(now, false)
		return
	case queued:
		if e.kind.locates() {
			c.recorder.unreadable.Add(1) // what EXEC gathers is not rewritten
		}
		c.inFlight.enqueue()
		c.inFlight.settle(end)
		return
	case e.kind == exec:
		if !c.aborted(r, now) {
			c.lose(now, false)
			return
		}
	case r.Failed():
	case e.kind == discard:
		c.refuse(now)
	case e.kind == reset:
		c.refuse(now)
		c.pushing = pushing{}
	case e.kind == monitor:
		c.pushing.monitors = true
	case e.kind.confirmed():
		if e.left--; e.left > 0 {
			return
		}
	}
	c.session.Answered(e.op, *r, now)
	c.inFlight.settle(end)
}

// executed enters a reply that EXEC gathers.
func (c *conn) executed(now drill.Moment) {
	done := c.inFlight.waiting() - c.replies.gathering()
	c.session.Answered(c.inFlight.waits(done), c.replies.reply, now)
	c.replies.reset()
	if !c.replies.gathered() {
		return
	}
	c.inFlight.skipSilence()
	c.inFlight.settleQueued()
	c.session.Answered(c.inFlight.next().op, commands.Reply{Kind: resp.Array, Truncated: true}, now)
	c.inFlight.settle(c.outgoing.position())
}

// aborted enters that EXEC has carried out nothing. It is false where it cannot have answered so.
func (c *conn) aborted(r *commands.Reply, now drill.Moment) bool {
	switch {
	case r.Failed():
		for i := range c.inFlight.waiting() {
			c.session.Answered(c.inFlight.waits(i), *r, now)
		}
		c.inFlight.settleQueued()
	case r.Kind == resp.Null: // a key that was watched had changed
		c.refuse(now)
	default:
		return c.inFlight.waiting() == 0
	}
	return true
}

// refuse enters that the transaction is given up.
func (c *conn) refuse(now drill.Moment) {
	for i := range c.inFlight.waiting() {
		c.session.Refused(c.inFlight.waits(i), now)
	}
	c.inFlight.settleQueued()
}

// unexpected enters an error that answers no request.
func (c *conn) unexpected(r *commands.Reply, now drill.Moment) {
	c.inFlight.skipSilence()
	op := c.session.Begin(commands.Command{}, nil, now)
	c.session.Answered(op, *r, now)
	if !c.inFlight.add(exchange{op: op}) { // nothing else is waiting to be answered
		c.session.Abandoned(op, now)
		c.lose(now, false)
		return
	}
	c.inFlight.settle(c.outgoing.position())
}
