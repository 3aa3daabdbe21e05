package proxy

import (
	"context"
	"errors"
	"io"
	"net"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// lingering is how long a connection of which one direction has ended may go on in the other: as long as a kernel waits for
// the second half of a close.
const lingering = time.Minute

// session is one connection of the application, and the one to the region that carries it on.
type session struct {
	front    *front
	tap      Tap // nil: nobody reads along
	client   *peer
	region   *peer // has no gate before it was reached
	up, down *way
	ctx      context.Context // ended by end
	cancel   context.CancelFunc
	owned    sync.WaitGroup // every goroutine of the session but run
	deaf     atomic.Bool    // the application has closed, at least its half: nobody knows whether it still reads

	mu      sync.Mutex
	over    bool
	through int // directions that have ended
	cause   End // By is "" before there is any
	endedAt time.Time
	limit   *time.Timer
}

func newSession(f *front, client net.Conn) *session {
	s := &session{front: f, region: &peer{side: ByRegion}}
	s.ctx, s.cancel = context.WithCancel(f.proxy.ctx)
	s.client = newPeer(ByApplication, &gate{Conn: client, front: f, ctx: s.ctx})
	s.up, s.down = newWay(s, s.client, s.region), newWay(s, s.region, s.client)
	return s
}

// run carries the connection until both directions have ended.
func (s *session) run(one Connection) {
	defer s.front.leave(s)
	s.tap = s.front.proxy.tap(one)
	if s.front.proxy.serve == nil {
		s.up.free = time.Now().Add(2 * s.front.terms().delay) // it goes on when the handshake has, which takes a round trip
		s.owned.Go(s.up.collect)                              // what the application sends before the region is reached was sent before
	}
	err := s.reach()
	settled := err
	if s.ctx.Err() != nil {
		settled = syscall.ECONNRESET // that is what happened to the client
	}
	s.front.handshakes.settle(s.client.gate.RemoteAddr().String(), settled)
	if err == nil {
		err = s.greet()
	}
	if err != nil {
		s.end(cutDown) // a client of another process was accepted: it can only be told so
	} else {
		s.carry()
	}
	s.owned.Wait()
	if s.tap != nil {
		s.tap.Ended(s.cause, s.endedAt)
	}
}

// reach connects to the region. A connection that hangs is made as far as its client can tell, and one over a slow way takes
// the round trip that a handshake does, and another one for the handshake of TLS.
func (s *session) reach() error {
	f := s.front
	t := f.terms()
	if t.still {
		f.handshakes.settle(s.client.gate.RemoteAddr().String(), nil)
		if !f.moving(s.ctx) {
			return s.ctx.Err()
		}
	}
	trips := time.Duration(2)
	if f.proxy.serve != nil {
		trips = 4
	}
	if !s.until(time.Now().Add(trips * t.delay)) {
		return s.ctx.Err()
	}
	ctx, cancel := context.WithTimeout(s.ctx, f.proxy.dialTimeout)
	defer cancel()
	conn, err := f.proxy.dial(ctx, "tcp", f.address)
	if err == nil {
		err = s.join(conn)
	}
	if err != nil {
		s.notice(ByRegion, err, time.Now())
		return err
	}
	if s.tap != nil {
		s.tap.Reached(time.Now())
	}
	return nil
}

// join takes the connection to the region, and makes it secure.
func (s *session) join(conn net.Conn) error {
	s.mu.Lock()
	if s.over {
		s.mu.Unlock()
		_ = conn.Close()
		return net.ErrClosed
	}
	s.region.gate = &gate{Conn: conn, front: s.front, ctx: s.ctx}
	s.mu.Unlock()
	s.region.conn = s.region.gate
	secure := s.front.proxy.secure
	if secure == nil {
		return nil
	}
	return s.region.shake(s, func(ctx context.Context, c net.Conn) (net.Conn, error) { return secure(ctx, c, s.front.address) })
}

// greet makes the connection of the application secure.
func (s *session) greet() error {
	serve := s.front.proxy.serve
	if serve == nil {
		return nil
	}
	if err := s.client.shake(s, served(serve)); err != nil {
		s.notice(ByApplication, err, time.Now())
		return err
	}
	s.owned.Go(s.up.collect)
	return nil
}

// carry starts what moves bytes, and waits for its end.
func (s *session) carry() {
	s.up.line.begin()
	s.down.line.begin()
	s.owned.Go(s.up.deliver)
	s.owned.Go(s.down.collect)
	s.owned.Go(s.down.deliver)
	<-s.ctx.Done()
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
	if s.limit != nil {
		s.limit.Stop()
	}
	finish(s.client.gate.Conn, how)
	if s.region.gate != nil {
		finish(s.region.gate.Conn, how)
	}
	s.up.line.drop()
	s.down.line.drop()
}

// cut ends the session for the proxy's own reasons.
func (s *session) cut(how ending, err error) {
	s.notice(ByProxy, err, time.Now())
	s.end(how)
}

// notice keeps what ended the connection: what is noticed first. Many close a connection without TLS' farewell, and have closed it.
func (s *session) notice(by Side, err error, at time.Time) {
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.cause.By == "" {
		s.cause, s.endedAt = End{By: by, Err: err}, at
	}
}

// fail ends the session as one of its connections ended.
func (s *session) fail(err error) {
	if err == nil || errors.Is(err, net.ErrClosed) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		s.end(hangUp) // the last of these is the end of a connection without TLS' farewell
		return
	}
	s.end(cutDown)
}

// linger bounds what is left of the session now that one direction has ended.
func (s *session) linger() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.over && s.limit == nil {
		s.limit = time.AfterFunc(lingering, func() { s.end(hangUp) })
	}
}

// done counts a direction that has ended, and ends the session with the second.
func (s *session) done() {
	s.mu.Lock()
	s.through++
	both, cause := s.through == 2, s.cause
	s.mu.Unlock()
	if both {
		s.fail(cause.Err)
	}
}

// halt returns when no byte moves that the terms in force forbid.
func (s *session) halt() {
	s.mu.Lock()
	gates := []*gate{s.client.gate, s.region.gate}
	s.mu.Unlock()
	for _, g := range gates {
		if g != nil {
			g.halt()
		}
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
