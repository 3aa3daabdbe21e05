package recorder

import (
	"errors"
	"net"
	"sync"
	"time"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/proxy"
)

// entries is what a conn enters into; a [Session] in all but tests.
type entries interface {
	Reached(at drill.Moment)
	Begin(c commands.Command, args []commands.Argument, at drill.Moment) Operation
	Answered(o Operation, r commands.Reply, at drill.Moment)
	Refused(o Operation, at drill.Moment)
	Delivered(o Operation, at drill.Moment)
	Abandoned(o Operation, at drill.Moment)
	NotRecorded()
	NotUnderstood(harmless bool)
	Ended(e proxy.End, at drill.Moment)
}

// conn is both directions of one connection: a [proxy.Tap].
//
//	Sent ──> requests ──> command ──> exchanges (in flight) ──> Delivered
//	                                     ^
//	Answered ──> replies ──> pair ───────┘
//	     └─────> outgoing (rewritten)
//
// It takes no goroutine, and no memory for a command in the steady state: what it knows of one is the Operation of the Log. Of
// requests and replies it keeps what has come of the one that is under way.
type conn struct {
	recorder *Recorder
	region   *Region
	host     string // of the node that it leads to, which a node may call itself
	session  entries
	moment   func(time.Time) drill.Moment

	mu       sync.Mutex
	lost     bool // not understood: bytes go through as they are
	requests requests
	muting   muting
	inFlight exchanges
	replies  replies
	pushing  pushing
	outgoing outgoing
	locating bool // the reply that is under way names addresses, and is held back as a whole
}

func newConn(r *Recorder, region int, c proxy.Connection) *conn {
	return r.conn(region, c.Address, r.log.Open(region, r.log.Moment(c.At)), r.log.Moment)
}

func (r *Recorder) conn(region int, address string, into entries, moment func(time.Time) drill.Moment) *conn {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		host = address
	}
	c := &conn{recorder: r, region: &r.regions[region], host: host, session: into, moment: moment}
	c.requests.room.of, c.inFlight.room.of, c.replies.room.of, c.outgoing.room.of = &r.room, &r.room, &r.room, &r.room
	return c
}

// Reached implements [proxy.Tap].
func (c *conn) Reached(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.session.Reached(c.moment(at))
}

// Sent implements [proxy.Tap].
func (c *conn) Sent(b []byte, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.moment(at)
	for len(b) > 0 && !c.lost {
		n, whole, err := c.requests.take(b, c.recorder.seed)
		b = b[n:]
		switch {
		case err != nil:
			c.lose(now, !errors.Is(err, errTooManyWords)) // the server closes the connection
		case whole:
			c.command(now)
			c.requests.reset()
		}
	}
	if !c.lost {
		c.requests.keep()
	}
}

// command enters a request that has come as a whole, and says what reply is to come.
func (c *conn) command(now drill.Moment) {
	args := c.requests.args
	var known commands.Command
	if known, _ = c.region.Commands.Lookup(args); c.requests.tooMuch {
		c.session.NotRecorded()
		known, args = commands.Command{Name: known.Name, Everything: known.Writes || known.Name == ""}, nil
	}
	x := exchange{op: c.session.Begin(known, args, now), kind: kindOf(c.requests.args), left: 1}
	if x.kind.confirmed() && len(c.requests.args) > 1 {
		x.left = c.requests.count - 1
	}
	switch c.muting.silence(x.kind, c.requests.args) {
	case heard:
		if x.kind == replication || !c.inFlight.add(x) {
			c.session.Abandoned(x.op, now)
			c.lose(now, x.kind == replication)
		}
	case unheard:
		c.session.Abandoned(x.op, now)
	case muted: // the command itself asked for silence; an error would come all the same
		c.session.Abandoned(x.op, now)
		if !c.inFlight.add(exchange{op: none, kind: silence}) {
			c.lose(now, false)
		}
	case unclear:
		c.session.Abandoned(x.op, now)
		c.lose(now, false)
	}
}

// Answered implements [proxy.Tap].
func (c *conn) Answered(dst, b []byte, at time.Time) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outgoing.begin(dst)
	now := c.moment(at)
	for len(b) > 0 && !c.lost {
		p, n, err := c.replies.scanner.Next(b)
		if err != nil {
			c.lose(now, false)
			break
		}
		c.part(p, b[:n], now)
		b = b[n:]
	}
	if b == nil || c.lost {
		c.outgoing.release()
	}
	c.outgoing.pass(b)
	return c.outgoing.end()
}

// Delivered implements [proxy.Tap].
func (c *conn) Delivered(n int, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.outgoing.delivered += int64(n)
	now := c.moment(at)
	for x := c.inFlight.delivered(c.outgoing.delivered); x != nil; x = c.inFlight.delivered(c.outgoing.delivered) {
		for range x.queued {
			c.session.Delivered(c.inFlight.unqueue(), now)
		}
		if x.op != none {
			c.session.Delivered(x.op, now)
		}
	}
}

// Ended implements [proxy.Tap].
func (c *conn) Ended(e proxy.End, at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	now := c.moment(at)
	for op := range c.inFlight.all() {
		c.session.Abandoned(op, now)
	}
	c.inFlight.clear()
	c.requests.clear()
	c.replies.clear()
	c.outgoing.forget()
	c.session.Ended(e, now)
}

// lose gives the connection up: it is passed through from here on. Harmless says that it writes no more. What was answered before will still be delivered. What is held
// back goes out with the next thing that the region sends, since a request may be what cannot be understood.
func (c *conn) lose(now drill.Moment, harmless bool) {
	if c.lost {
		return
	}
	c.lost, c.locating = true, false
	c.session.NotUnderstood(harmless)
	for op := range c.inFlight.unanswered() {
		c.session.Abandoned(op, now)
	}
	c.inFlight.forgetUnanswered()
	c.requests.clear()
	c.replies.clear()
}
