package application

import (
	"bytes"
	"context"
	"net"
	"strconv"
	"sync"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/region"
)

// Dial opens a connection.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// notes are the attempts of the writes that are under way, by the number of the write.
type notes struct {
	mark []byte // what stands before the number of a write in its key

	mu    sync.Mutex
	under map[int]*trip
}

// trip is what became of one write on the network.
type trip struct{ attempts []*attempt }

// attempt is one time that a write was sent.
type attempt struct {
	to    string // the address that was dialled
	reply []byte // the first line of what came back, without its end; as far as it came
	whole bool   // the line came to its end
}

// longestReply bounds what is kept of a reply: the code of an error stands at its begin.
const longestReply = 64

func newNotes(run string) *notes {
	return &notes{mark: []byte(":" + run + ":"), under: make(map[int]*trip)}
}

// begin takes notes of a write from now on.
func (ns *notes) begin(n int) {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	ns.under[n] = new(trip)
}

// end returns what was noted.
func (ns *notes) end(n int) trip {
	ns.mu.Lock()
	defer ns.mu.Unlock()
	t := ns.under[n]
	delete(ns.under, n)
	return *t
}

// numberIn is the number of the write in what is sent; false where it is none. Without a
// pipeline go-redis sends one command at a time, and in one piece where that is smaller than its buffer.
func (ns *notes) numberIn(sent []byte) (n int, ok bool) {
	at := bytes.Index(sent, ns.mark)
	if at < 0 {
		return 0, false
	}
	rest := sent[at+len(ns.mark):]
	end := bytes.IndexByte(rest, '\r')
	if end < 0 {
		return 0, false
	}
	n, err := strconv.Atoi(string(rest[:end]))
	return n, err == nil
}

// dial is Dial with notes.
func (ns *notes) dial(dial Dial) Dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &noted{Conn: c, notes: ns, to: address}, nil
	}
}

// noted is a connection that takes notes. One command is under way over it at a time.
type noted struct {
	net.Conn
	notes *notes
	to    string
	last  *attempt // nil: what is under way is no write
}

// Write notes the write before a byte of it is sent: what is noted and was not sent is
// open, what was sent and is not noted would be believed not to be.
func (c *noted) Write(b []byte) (int, error) {
	n, ok := c.notes.numberIn(b)
	c.notes.mu.Lock()
	c.last = nil
	if t := c.notes.under[n]; ok && t != nil {
		c.last = &attempt{to: c.to}
		t.attempts = append(t.attempts, c.last)
	}
	c.notes.mu.Unlock()
	return c.Conn.Write(b)
}

// Read notes the first line of the reply.
func (c *noted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.notes.mu.Lock()
	defer c.notes.mu.Unlock()
	if a := c.last; a != nil && !a.whole {
		a.take(b[:n])
	}
	return n, err
}

func (a *attempt) take(b []byte) {
	line, _, whole := bytes.Cut(b, []byte("\r"))
	a.whole = whole
	a.reply = append(a.reply, line[:min(len(line), longestReply-len(a.reply))]...)
}

// outcome is what one attempt came to.
func (a *attempt) outcome() drill.Outcome {
	switch {
	case len(a.reply) == 0 || !a.whole && len(a.reply) < longestReply:
		return drill.Indeterminate
	case a.reply[0] == '+':
		return drill.Acknowledged
	case a.reply[0] == '-' && region.NotApplied(string(a.reply[1:])):
		return drill.Rejected
	}
	return drill.Indeterminate
}

// outcome is what a write came to that the client says has failed, and the address that its last attempt went to. One
// attempt that was left open leaves the write open, whatever the others came to.
func (t trip) outcome() (o drill.Outcome, to string) {
	o = drill.Unsent
	for _, a := range t.attempts {
		to = a.to
		switch of := a.outcome(); {
		case of == drill.Acknowledged: // the application was not told: it cannot rely on it
			o = drill.Indeterminate
		case of == drill.Indeterminate:
			o = drill.Indeterminate
		case o == drill.Unsent:
			o = of
		}
	}
	return o, to
}

// acknowledger is the address that acknowledged a write of which the client says so.
func (t trip) acknowledger() string {
	for _, a := range t.attempts {
		if a.outcome() == drill.Acknowledged {
			return a.to
		}
	}
	return ""
}
