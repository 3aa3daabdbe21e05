package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"syscall"
	"time"
)

// lingering is how long a connection of which one direction has ended may go on in the other: as long as a kernel waits for
// the second half of a close.
const lingering = time.Minute

// session is one connection of the application, and the one to the region that carries it on.
type session struct {
	front  *front
	client net.Conn
	ctx    context.Context // ended by end
	cancel context.CancelFunc

	mu     sync.Mutex
	over   bool
	server net.Conn // nil before it was reached
	ways   []*way   // none before
	linger *time.Timer
}

func newSession(f *front, client net.Conn) *session {
	s := &session{front: f, client: client}
	s.ctx, s.cancel = context.WithCancel(f.proxy.ctx)
	return s
}

// run carries the connection until both directions have ended.
func (s *session) run() {
	defer s.front.leave(s)
	server, err := s.reach()
	if s.ctx.Err() != nil {
		err = syscall.ECONNRESET // that is what happened to the client
	}
	s.front.handshakes.settle(s.client.RemoteAddr().String(), err)
	switch {
	case err == nil && s.connected(server):
		s.carry()
		s.end(hangUp)
	case server != nil:
		_ = server.Close()
		s.end(cutDown)
	default:
		s.end(cutDown) // a client of another process was accepted: it can only be told so
	}
}

// reach connects to the region. A connection that hangs is made as far as its client can tell, and one over a slow way takes
// the round trip that a handshake does.
func (s *session) reach() (net.Conn, error) {
	f := s.front
	t, _ := f.terms()
	if t.still {
		f.handshakes.settle(s.client.RemoteAddr().String(), nil)
		if !f.moving(s.ctx) {
			return nil, s.ctx.Err()
		}
	}
	if !s.until(time.Now().Add(2 * t.delay)) {
		return nil, s.ctx.Err()
	}
	ctx, cancel := context.WithTimeout(s.ctx, f.proxy.dialTimeout)
	defer cancel()
	return f.proxy.dial(ctx, "tcp", f.address)
}

// connected takes the connection to the region. It returns false when the session is over already.
func (s *session) connected(server net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return false
	}
	s.server = server
	s.ways = []*way{newWay(s, s.client, server), newWay(s, server, s.client)}
	return true
}

func (s *session) carry() {
	var both sync.WaitGroup
	for _, w := range s.ways {
		both.Go(w.collect)
		both.Go(w.deliver)
	}
	both.Wait()
}

// end ends the connections on both sides, and all that waits for them. Only the first call counts.
func (s *session) end(how ending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.over {
		return
	}
	s.over = true
	s.cancel()
	if s.linger != nil {
		s.linger.Stop()
	}
	finish(s.client, how)
	if s.server != nil {
		finish(s.server, how)
	}
	for _, w := range s.ways {
		w.line.drop()
	}
}

// fail ends the session as one of its connections ended.
func (s *session) fail(err error) {
	if errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) {
		s.end(hangUp)
		return
	}
	s.end(cutDown)
}

// half takes notice that one direction has ended in good order.
func (s *session) half() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over && s.linger == nil {
		s.linger = time.AfterFunc(lingering, func() { s.end(hangUp) })
	}
}

// halt returns when no byte moves that the terms in force forbid.
func (s *session) halt() {
	s.mu.Lock()
	ways := s.ways
	s.mu.Unlock()
	for _, w := range ways {
		w.halt()
	}
}

// until waits for a time. It returns false when the session is over first.
func (s *session) until(t time.Time) bool {
	wait := time.Until(t)
	if wait <= 0 {
		return s.ctx.Err() == nil
	}
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return true
	case <-s.ctx.Done():
		return false
	}
}
