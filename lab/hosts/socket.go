package hosts

import (
	"errors"
	"net"
	"sync"
	"time"
)

// queueLength is how many connections wait at a socket before they are accepted: what Redis asks for (tcp-backlog 511).
const queueLength = 511

// acceptPause is the time between two attempts to accept when the process has no file descriptor left.
const acceptPause = 10 * time.Millisecond

// fillTimeout bounds the connect that fills a queue. It takes microseconds, unless somebody else has filled it before.
const fillTimeout = 100 * time.Millisecond

// socket is a listening socket of a front. While it is blocked nothing is accepted, and its queue is as short as the kernel allows,
// one, and full: the kernel drops every SYN.
type socket struct {
	way      *way // whose connections the kernel leads here; nil: everybody's
	listener *net.TCPListener
	closed   chan struct{}
	permit   sync.Mutex // held while accepting

	mu     sync.Mutex
	open   chan struct{} // closed while it is not blocked
	filler net.Conn      // what fills the queue
}

// accept takes connections and hands them over until the socket is closed.
func (s *socket) accept(enter func(*net.TCPConn)) {
	for s.await() {
		s.permit.Lock()
		c, err := s.listener.AcceptTCP()
		s.permit.Unlock()
		var timeout net.Error
		switch {
		case err == nil && s.fills(c):
			_ = c.Close()
		case err == nil:
			enter(c)
		case errors.As(err, &timeout) && timeout.Timeout(): // block says to look again
		default:
			select {
			case <-s.closed:
			case <-time.After(acceptPause):
			}
		}
	}
}

// await waits until the socket is not blocked. It returns false when it is closed.
func (s *socket) await() bool {
	s.mu.Lock()
	open := s.open
	s.mu.Unlock()
	select {
	case <-s.closed:
		return false
	case <-open:
	}
	select {
	case <-s.closed:
		return false
	default:
		return true
	}
}

// fills tells whether a connection is the one that has filled the queue, and lets go of that.
func (s *socket) fills(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.filler == nil || s.filler.LocalAddr().String() != c.RemoteAddr().String() {
		return false
	}
	_ = s.filler.Close()
	s.filler = nil
	return true
}

// block makes the kernel drop new connections.
func (s *socket) block() error {
	s.mu.Lock()
	select {
	case <-s.open:
	default:
		s.mu.Unlock()
		return nil // it is
	}
	s.open = make(chan struct{})
	s.mu.Unlock()
	_ = s.listener.SetDeadline(time.Unix(1, 0))
	s.permit.Lock() // nobody accepts any more
	defer s.permit.Unlock()
	if err := setQueue(s.listener, 0); err != nil {
		return err
	}
	from := s.way.front.network.net.dialer(s.way.from)
	from.Timeout = fillTimeout
	c, err := from.Dial("tcp4", s.listener.Addr().String())
	s.mu.Lock()
	defer s.mu.Unlock()
	if err == nil { // else the queue is full already
		s.filler = c
	}
	return nil
}

// unblock lets new connections in.
func (s *socket) unblock() error {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.open:
		return nil // it is not blocked
	default:
	}
	_ = s.listener.SetDeadline(time.Time{})
	close(s.open)
	return setQueue(s.listener, queueLength)
}

// close ends the socket, and with it the connections that wait to be accepted.
func (s *socket) close() {
	s.mu.Lock()
	defer s.mu.Unlock()
	close(s.closed)
	_ = s.listener.Close()
	if s.filler != nil {
		_ = s.filler.Close()
	}
}

func closedChannel() chan struct{} {
	c := make(chan struct{})
	close(c)
	return c
}
