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

// publisher sends messages to one shard and matches the replies to them.
//
//	publish, ping -> out (bytes) and waiting (ids) -> writer -> socket
//	socket -> reader -> the oldest of waiting -> sink.Accepted | Refused
type publisher struct {
	*line
	wake chan struct{} // out is not empty

	queue   sync.Mutex // of all below
	sink    probe.Sink // nil while not running
	open    *conn      // nil while nothing can be sent
	cause   probe.Cause
	err     error  // why nothing can be sent
	out     []byte // gathered for the writer
	waiting []sent // for a reply, the oldest first
	next    int    // index of the oldest in waiting
}

// sent is a message or PING that waits for its reply.
type sent struct {
	id   uint64
	at   time.Time // when it was handed over
	ping bool
}

var (
	errNotYet  = errors.New("no connection yet")
	errFull    = errors.New("the server does not answer, and no more is queued for it")
	errUnasked = &resp.ProtocolError{Detail: "a reply to nothing that was asked"}
)

func newPublisher(l *line) *publisher {
	return &publisher{line: l, wake: make(chan struct{}, 1), err: errNotYet}
}

func (p *publisher) publish(id uint64, channel string, payload []byte) {
	p.send(sent{id: id, at: time.Now()}, func(out []byte) []byte {
		out = resp.AppendArrayLen(out, 3)
		out = resp.AppendBulk(out, "PUBLISH")
		out = resp.AppendBulk(out, channel)
		return resp.AppendBulk(out, payload)
	})
}

func (p *publisher) ping(id uint64) {
	p.send(sent{id: id, at: time.Now(), ping: true}, func(out []byte) []byte { return append(out, pingCommand...) })
}

var pingCommand = resp.AppendCommand(nil, "PING")

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
		p.out = command(p.out)
		p.waiting = append(p.waiting, s)
		if len(p.waiting)-p.next == 1 {
			p.expectReply()
		}
	}
	p.queue.Unlock()
	switch {
	case queued:
		select {
		case p.wake <- struct{}{}:
		default: // the writer has not looked since the last time
		}
	case sink != nil:
		sink.Refused(p.shard, s.id, cause, p.door.fail(p.address, probe.Publishing.String(), err), s.at)
	}
}

// expectReply sets the time by which the oldest reply must have come, if there
// is one to come. The caller holds queue.
func (p *publisher) expectReply() {
	var by time.Time
	if p.next < len(p.waiting) {
		by = p.waiting[p.next].at.Add(p.door.timeout)
	}
	_ = p.open.SetReadDeadline(by)
}

// run keeps the connection up and publishes over it until ctx ends.
func (p *publisher) run(ctx context.Context, sink probe.Sink) {
	p.queue.Lock()
	p.sink, p.cause, p.err = sink, probe.NoCause, errNotYet
	p.queue.Unlock()
	p.keepUp(ctx, probe.Publishing, sink, publisherBuffer,
		func(c *conn) error { return p.serve(c, sink) },
		func(cause probe.Cause, err error) { p.down(cause, err, sink) })
	p.queue.Lock()
	p.sink = nil
	p.clear()
	p.queue.Unlock()
}

// down refuses all that waits for a reply, for the reason for which the
// connection was lost, and from then on whatever is to be sent.
func (p *publisher) down(cause probe.Cause, err error, sink probe.Sink) {
	p.queue.Lock()
	p.cause, p.err = cause, err
	lost := p.clear()
	p.queue.Unlock()
	at := time.Now()
	for _, s := range lost {
		sink.Refused(p.shard, s.id, cause, err, at)
	}
}

// clear ends the use of the connection and returns what waits for a reply. The
// caller holds queue.
func (p *publisher) clear() []sent {
	lost := p.waiting[p.next:]
	p.open, p.out, p.waiting, p.next = nil, nil, nil, 0
	return lost
}

// serve publishes over c until it is lost, and returns why.
func (p *publisher) serve(c *conn, sink probe.Sink) error {
	p.queue.Lock()
	p.open = c
	p.queue.Unlock()
	sink.Opened(p.shard, probe.Publishing, time.Now())
	stop, wrote := make(chan struct{}), make(chan error, 1)
	go func() { wrote <- p.write(c, stop) }()
	err := p.read(c, sink)
	close(stop)
	_ = c.Close()
	if writeErr := <-wrote; errors.Is(err, net.ErrClosed) && writeErr != nil {
		return writeErr // it is why the writer closed the connection
	}
	return err
}

// write sends what gathers in out, all of it at a time, until stop is closed or
// the connection fails, which it then closes.
func (p *publisher) write(c *conn, stop <-chan struct{}) error {
	var batch []byte
	for {
		select {
		case <-stop:
			return nil
		case <-p.wake:
		}
		p.queue.Lock()
		if p.open != c {
			p.queue.Unlock()
			return nil
		}
		batch, p.out = p.out, batch[:0]
		p.queue.Unlock()
		err := c.SetWriteDeadline(time.Now().Add(p.door.timeout))
		if err == nil && len(batch) > 0 {
			_, err = c.Write(batch)
		}
		if err != nil {
			_ = c.Close()
			return err
		}
	}
}

// read takes the replies until the connection fails or the oldest one is overdue.
func (p *publisher) read(c *conn, sink probe.Sink) error {
	for {
		kind, parts, err := c.replies.ReadFlat()
		at := time.Now()
		if err != nil {
			return err
		}
		s, ok := p.answered()
		if !ok {
			if kind == resp.Error {
				return resp.ServerError(parts[0]) // the server's last words
			}
			return errUnasked
		}
		receivers, err := s.judge(kind, parts)
		if err != nil {
			err = p.door.fail(p.address, s.action(), err)
			sink.Refused(p.shard, s.id, CauseOf(err), err, at)
		} else {
			sink.Accepted(p.shard, s.id, receivers, at)
		}
		if errors.Is(err, errUnasked) {
			return err
		}
	}
}

// judge returns the receivers of a message from its reply, -1 for a PING; the
// error that the server answered with; or errUnasked for a reply to something else.
func (s sent) judge(kind resp.Kind, parts [][]byte) (receivers int, err error) {
	switch {
	case kind == resp.Error:
		return 0, resp.ServerError(parts[0])
	case s.ping && kind != resp.Integer:
		return -1, nil
	case !s.ping && kind == resp.Integer:
		if n, err := strconv.Atoi(string(parts[0])); err == nil {
			return n, nil
		}
	}
	return 0, errUnasked
}

func (s sent) action() string {
	if s.ping {
		return greeting
	}
	return probe.Publishing.String()
}

// answered takes the oldest of what waits for a reply.
func (p *publisher) answered() (sent, bool) {
	p.queue.Lock()
	defer p.queue.Unlock()
	if p.next == len(p.waiting) || p.open == nil {
		return sent{}, false
	}
	s := p.waiting[p.next]
	p.next++
	// The answered half makes room for new ones: each is moved once at the most.
	if p.next*2 >= len(p.waiting) {
		p.waiting = p.waiting[:copy(p.waiting, p.waiting[p.next:])]
		p.next = 0
	}
	p.expectReply()
	return s, true
}
