package cmd

import (
	"net"
	"net/http"
	"slices"
	"sync"
)

// limitedListener keeps no more connections open than a limit: for one more it closes the one on which nothing has begun or ended
// for longest. So whoever asks whether the process lives is answered, however many others connect and say nothing.
type limitedListener struct {
	net.Listener
	most int

	mu   sync.Mutex
	open []*limitedConn // by when a request last began or ended, the longest ago first
}

// limitedConn is a connection that leaves its listener when it is closed.
type limitedConn struct {
	net.Conn
	of *limitedListener
}

// Accept waits for a connection.
func (l *limitedListener) Accept() (net.Conn, error) {
	c, err := l.Listener.Accept()
	if err != nil {
		return nil, err
	}
	one := &limitedConn{c, l}
	if quiet := l.enter(one); quiet != nil {
		_ = quiet.Close()
	}
	return one, nil
}

// enter adds a connection, and returns the one that has to be closed for it; nil: none.
func (l *limitedListener) enter(c *limitedConn) (quiet *limitedConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if len(l.open) >= l.most {
		quiet, l.open = l.open[0], slices.Delete(l.open, 0, 1)
	}
	l.open = append(l.open, c)
	return quiet
}

// turn takes notice of a request that begins or ends.
func (l *limitedListener) turn(c net.Conn, state http.ConnState) {
	if state != http.StateActive && state != http.StateIdle {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if at := l.index(c); at >= 0 {
		one := l.open[at]
		l.open = append(slices.Delete(l.open, at, at+1), one)
	}
}

// index is where a connection is among those that are open; -1: it is not. The lock is held.
func (l *limitedListener) index(c net.Conn) int {
	return slices.IndexFunc(l.open, func(o *limitedConn) bool { return o == c })
}

// Close closes the connection.
func (c *limitedConn) Close() error {
	c.of.leave(c)
	return c.Conn.Close()
}

func (l *limitedListener) leave(c *limitedConn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if at := l.index(c); at >= 0 {
		l.open = slices.Delete(l.open, at, at+1)
	}
}
