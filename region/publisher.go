package region

import (
	"context"
	"errors"
	"net"
	"strconv"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/probe"
)

// Bounds of what waits in a publisher. A probe sends a shard some ten messages
// of 150 bytes a second, and none waits longer than Options.Timeout: what is
// over these bounds comes from a peer that has stopped reading.
const (
	mostUnsent     = 64 << 10 // bytes
	mostUnanswered = 1024     // messages and PINGs
)

// mostDirect bounds the unanswered bytes of a connection over which whoever
// publishes still writes by itself. No more than them can be in the buffers
// between here and the server's reading, each of which holds four times as much at
// the least, so such a write does not wait. What is over it is left to a goroutine
// of the publisher's own, which may.
const mostDirect = 4 << 10

// publisher sends messages to one shard and matches the replies to them.
//
//	publish, ping -> waiting (ids) -> socket, or out (bytes) -> writer -> socket
//	socket -> reader -> the oldest of waiting -> sink.Accepted | Refused
type publisher struct {
	*line
	command string         // PUBLISH or SPUBLISH
	writer  sync.WaitGroup // the goroutine that writes what was gathered, while there is any

	queue      sync.Mutex // of all below
	sink       probe.Sink // nil while not running
	open       *conn      // nil while nothing can be sent
	cause      probe.Cause
	err        error     // why nothing can be sent
	direct     []byte    // the command that is being written
	out        []byte    // gathered for the writer
	writing    bool      // the writer runs, and what is sent comes after what it has in its hands
	broken     error     // why a write failed
	writeBy    time.Time // the deadline of writes
	spoke      time.Time // when something was last sent
	waiting    []sent    // for a reply, the oldest first
	next       int       // index of the oldest in waiting
	unanswered int       // bytes of what waits
	overdue    *time.Timer
	watched    bool // overdue runs
}

// sent is a message or PING that waits for its reply.
type sent struct {
	id   uint64
	at   time.Time // when it was handed over
	size int       // bytes
	what purpose
}

// purpose is what a command is for.
type purpose uint8

const (
	publishing purpose = iota
	asking             // a PING, of which the sink wants to know
	keeping            // a PING, for proxies not to close the connection
)

var (
	errNotYet  = errors.New("no connection yet")
	errFull    = errors.New("the server does not answer, and no more is queued for it")
	errUnasked = &resp.ProtocolError{Detail: "a reply to nothing that was asked"}
)

func newPublisher(l *line) *publisher {
	return &publisher{line: l, command: l.door.pubsub.words().publish, err: errNotYet}
}

func (p *publisher) publish(id uint64, channel string, payload []byte) {
	p.send(sent{id: id, at: time.Now()}, func(out []byte) []byte {
		out = resp.AppendArrayLen(out, 3)
		out = resp.AppendBulk(out, p.command)
		out = resp.AppendBulk(out, channel)
		return resp.AppendBulk(out, payload)
	})
}

func (p *publisher) ping(id uint64) {
	p.send(sent{id: id, at: time.Now(), what: asking}, appendPing)
}

// keepAlive sends a PING if the connection is up and nothing was sent for a
// while.
func (p *publisher) keepAlive(now time.Time) {
	p.queue.Lock()
	idle := p.open != nil && now.Sub(p.spoke) >= pingEvery/4
	p.queue.Unlock()
	if idle {
		p.send(sent{at: now, what: keeping}, appendPing)
	}
}

var pingCommand = resp.AppendCommand(nil, "PING")

func appendPing(out []byte) []byte { return append(out, pingCommand...) }

// send queues a command, or refuses it at once.
func (p *publisher) send(s sent, command func([]byte) []byte) {
	p.queue.Lock()
	sink, cause, err := p.sink, p.cause, p.err
	queued := false
	if p.open != nil {
		queued = len(p.waiting)-p.next < mostUnanswered && len(p.out) < mostUnsent
		cause, err = probe.Timeout, errFull
	}
	if queued {
		p.commit(s, command)
	}
	p.queue.Unlock()
	if !queued && sink != nil && s.what != keeping {
		sink.Refused(p.shard, s.id, cause, p.door.fail(p.address, s.action(), err), s.at)
	}
}

// commit writes a command, or leaves it to the writer. The caller holds queue.
func (p *publisher) commit(s sent, command func([]byte) []byte) {
	p.spoke = s.at
	if !p.watched {
		p.watched = true
		p.overdue.Reset(p.door.timeout)
	}
	if !p.writing && p.unanswered < mostDirect {
		p.direct = command(p.direct[:0])
		s.size = len(p.direct)
		p.await(s)
		p.renewWriteBy(s.at)
		if _, err := p.open.Write(p.direct); err != nil {
			p.broken = err
			_ = p.open.Close() // which the reader will notice
		}
		return
	}
	before := len(p.out)
	p.out = command(p.out)
	s.size = len(p.out) - before
	p.await(s)
	if !p.writing {
		p.writing = true
		c := p.open
		p.writer.Go(func() { p.write(c) })
	}
}

func (p *publisher) await(s sent) {
	p.waiting = append(p.waiting, s)
	p.unanswered += s.size
}

// renewWriteBy keeps the deadline of writes between one and two timeouts ahead:
// to set it for each would cost as much as the write. The caller holds queue.
func (p *publisher) renewWriteBy(now time.Time) {
	if p.writeBy.Sub(now) < p.door.timeout {
		p.writeBy = now.Add(2 * p.door.timeout)
		_ = p.open.SetWriteDeadline(p.writeBy)
	}
}

// checkOverdue breaks off the reading when the oldest reply is overdue, and
// otherwise looks again when it may be. One look in a timeout takes the place of a
// deadline for every reply.
func (p *publisher) checkOverdue(c *conn) {
	p.queue.Lock()
	defer p.queue.Unlock()
	if p.open != c {
		return
	}
	if p.next == len(p.waiting) {
		p.watched = false
		return
	}
	now := time.Now()
	if left := p.waiting[p.next].at.Add(p.door.timeout).Sub(now); left > 0 {
		p.overdue.Reset(left)
		return
	}
	_ = c.SetReadDeadline(now)
}

// run keeps the connection up and publishes over it until ctx ends, and then calls ended; see upkeep.run.
func (p *publisher) run(ctx context.Context, sink probe.Sink, n *intake, tried, ended func()) {
	p.queue.Lock()
	p.sink, p.cause, p.err = sink, probe.NoCause, errNotYet
	p.queue.Unlock()
	u := &upkeep{line: p.line, party: p, sink: sink, intake: n, buffer: publisherBuffer, tried: tried, ended: func() {
		p.queue.Lock()
		p.sink = nil
		p.clear()
		p.queue.Unlock()
		p.writer.Wait()
		ended()
	}}
	u.run(ctx)
}

func (p *publisher) role() probe.Role { return probe.Publishing }

// greet has nothing to say.
func (p *publisher) greet(*conn) error { return nil }

// down refuses all that waits for a reply, for the reason for which the
// connection was lost, and from then on whatever is to be sent.
func (p *publisher) down(cause probe.Cause, err error) {
	p.queue.Lock()
	p.cause, p.err = cause, err
	sink, lost := p.sink, p.clear()
	p.queue.Unlock()
	p.writer.Wait()
	at := time.Now()
	for _, s := range lost {
		if s.what != keeping {
			sink.Refused(p.shard, s.id, cause, err, at)
		}
	}
}

// clear ends the use of the connection and returns what waits for a reply. The
// caller holds queue.
func (p *publisher) clear() []sent {
	lost := p.waiting[p.next:]
	p.open, p.out, p.waiting, p.next, p.unanswered = nil, nil, nil, 0, 0
	return lost
}

// begin publishes over c from now on.
func (p *publisher) begin(c *conn) {
	p.queue.Lock()
	p.open, p.spoke, p.writeBy = c, time.Now(), time.Time{}
	p.writing, p.broken, p.watched = false, nil, true
	p.overdue = time.AfterFunc(p.door.timeout, func() { p.checkOverdue(c) })
	sink := p.sink
	p.queue.Unlock()
	sink.Opened(p.shard, probe.Publishing, time.Now())
}

// end closes c, which is lost for this reason or for that for which a write failed.
func (p *publisher) end(c *conn, err error) error {
	_ = c.Close()
	p.queue.Lock()
	defer p.queue.Unlock()
	p.overdue.Stop()
	if errors.Is(err, net.ErrClosed) && p.broken != nil {
		return p.broken // it is why the connection was closed
	}
	return err
}

// write sends what was gathered, and what gathers meanwhile, all of it at a time,
// until there is no more or the connection fails, which it then closes.
func (p *publisher) write(c *conn) {
	var batch []byte
	for {
		if batch = p.gathered(c, batch); len(batch) == 0 {
			return
		}
		if _, err := c.Write(batch); err != nil {
			p.queue.Lock()
			p.broken = err
			p.queue.Unlock()
			_ = c.Close()
			return
		}
	}
}

// gathered returns what is to be written over c, and keeps the room of the batch
// before it for what will be. When it returns nothing, the writer has to end.
func (p *publisher) gathered(c *conn, before []byte) []byte {
	p.queue.Lock()
	defer p.queue.Unlock()
	if p.open != c {
		return nil
	}
	batch := p.out
	p.out = before[:0]
	p.writing = len(batch) > 0
	p.renewWriteBy(time.Now())
	return batch
}

// take takes the reply to the oldest of what waits for one.
func (p *publisher) take(c *conn, kind resp.Kind, parts [][]byte, at time.Time) error {
	s, sink, ok := p.answered()
	if !ok {
		if kind == resp.Error {
			return resp.ServerError(parts[0]) // the server's last words
		}
		return errUnasked
	}
	receivers, err := s.judge(kind, parts)
	switch {
	case s.what == keeping:
	case err != nil:
		err = p.door.fail(c.address, s.action(), err)
		sink.Refused(p.shard, s.id, CauseOf(err), err, at)
	default:
		sink.Accepted(p.shard, s.id, receivers, at)
	}
	if errors.Is(err, errUnasked) {
		return err
	}
	return nil
}

// judge returns the receivers of a message from its reply, -1 for a PING; the
// error that the server answered with; or errUnasked for a reply to something else.
func (s sent) judge(kind resp.Kind, parts [][]byte) (receivers int, err error) {
	switch {
	case kind == resp.Error:
		return 0, resp.ServerError(parts[0])
	case s.what != publishing && kind != resp.Integer:
		return -1, nil
	case s.what == publishing && kind == resp.Integer:
		if n, err := strconv.Atoi(string(parts[0])); err == nil {
			return n, nil
		}
	}
	return 0, errUnasked
}

func (s sent) action() string {
	if s.what == publishing {
		return probe.Publishing.String()
	}
	return greeting
}

// answered takes the oldest of what waits for a reply, and returns who is told of it.
func (p *publisher) answered() (sent, probe.Sink, bool) {
	p.queue.Lock()
	defer p.queue.Unlock()
	if p.next == len(p.waiting) || p.open == nil {
		return sent{}, nil, false
	}
	s := p.waiting[p.next]
	p.unanswered -= s.size
	p.next++
	// The answered half makes room for new ones: each is moved once at the most.
	if p.next*2 >= len(p.waiting) {
		p.waiting = p.waiting[:copy(p.waiting, p.waiting[p.next:])]
		p.next = 0
	}
	return s, p.sink, true
}
