package proxy

import (
	"context"
	"errors"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/aafailover/aafailover/internal/memnet"
)

// loopback is where fronts listen: on a port that the kernel chooses.
const loopback = "127.0.0.1:0"

// acceptPause is the time between two attempts to accept when the process has no file descriptor left.
const acceptPause = 10 * time.Millisecond

// front is the listener that stands for one address of the region, and the connections through it.
type front struct {
	proxy      *Proxy
	address    string // of the region
	handshakes handshakes
	free       chan struct{} // holds a token for each connection

	mu       sync.Mutex
	now      terms
	changed  chan struct{} // closed when now has changed
	at       string        // where it listens, or listened last
	listener net.Listener  // nil while nothing listens
	gone     chan struct{} // closed when listener is
	sessions map[*session]struct{}
}

func openFront(p *Proxy, address string, c Condition) (*front, error) {
	f := &front{proxy: p, address: address, free: make(chan struct{}, p.connections),
		now: c.terms(), changed: make(chan struct{}), sessions: make(map[*session]struct{})}
	if err := f.open(loopback); err != nil {
		return nil, err
	}
	if f.now.deaf {
		f.shut() // its port is known from the start
	}
	return f, nil
}

// open begins to listen.
func (f *front) open(at string) error {
	l, err := f.proxy.listen(f.proxy.ctx, "tcp", at)
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	gone := make(chan struct{})
	f.listener, f.gone, f.at = l, gone, l.Addr().String()
	f.proxy.owned.Go(func() { f.accept(l, gone) })
	return nil
}

// shut ends the listener, and with it the connections that nobody has accepted.
func (f *front) shut() {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.listener != nil {
		_ = f.listener.Close()
		close(f.gone)
		f.listener = nil
	}
}

// set puts terms in force. The proxy lets nobody else call it, open or close meanwhile.
func (f *front) set(t terms) error {
	f.mu.Lock()
	f.now = t
	close(f.changed)
	f.changed = make(chan struct{})
	f.mu.Unlock()
	if t.deaf {
		f.shut()
	}
	for _, s := range f.all() {
		if t.end != goOn {
			s.end(t.end)
		}
		if t.still {
			s.halt()
		}
	}
	if t.deaf || f.listener != nil {
		return nil
	}
	err := f.open(f.at)
	if errors.Is(err, syscall.EADDRINUSE) {
		err = f.open(loopback) // somebody has taken the port meanwhile: Dial and Addr know the new one
	}
	return err
}

func (f *front) all() []*session {
	f.mu.Lock()
	defer f.mu.Unlock()
	all := make([]*session, 0, len(f.sessions))
	for s := range f.sessions {
		all = append(all, s)
	}
	return all
}

func (f *front) close() {
	f.shut()
	for _, s := range f.all() {
		s.end(hangUp)
	}
}

// terms returns what is in force, and a channel that is closed when it is not any more.
func (f *front) terms() (terms, <-chan struct{}) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.now, f.changed
}

// moving waits until bytes may move. It returns false when ctx ended first.
func (f *front) moving(ctx context.Context) bool {
	for {
		t, changed := f.terms()
		if !t.still {
			return ctx.Err() == nil
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return false
		}
	}
}

// connect connects to the listener as a client does, and waits for the connection behind it.
func (f *front) connect(ctx context.Context, network string) (net.Conn, error) {
	f.mu.Lock()
	at, gone, deaf := f.at, f.gone, f.listener == nil
	f.mu.Unlock()
	if deaf {
		return nil, refused(network, f.address) // the kernel is not asked: another process may listen on the port by now
	}
	f.handshakes.begin()
	defer f.handshakes.end()
	c, err := f.proxy.join(ctx, "tcp", at)
	if err != nil {
		if inner := new(net.OpError); errors.As(err, &inner) {
			err = inner.Err
		}
		return nil, dialError(network, f.address, err)
	}
	if err := f.handshakes.wait(ctx, c.LocalAddr().String(), gone); err != nil {
		_ = c.Close()
		if inner := new(net.OpError); !errors.As(err, &inner) {
			err = dialError(network, f.address, err)
		}
		return nil, err
	}
	return c, nil
}

// accept takes connections from a listener until it is gone, and no more at a time than there are tokens.
func (f *front) accept(l net.Listener, gone <-chan struct{}) {
	for {
		select {
		case f.free <- struct{}{}:
		case <-gone:
			return
		}
		c, err := l.Accept()
		if err == nil {
			f.admit(l, c)
			continue
		}
		<-f.free
		select {
		case <-gone:
			return
		case <-time.After(acceptPause):
		}
	}
}

// admit takes a connection in as the terms in force have it.
func (f *front) admit(l net.Listener, c net.Conn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	client := c.RemoteAddr().String()
	switch {
	case f.listener != l:
		finish(c, hangUp)
		f.handshakes.settle(client, syscall.ECONNRESET)
	case f.now.end != goOn:
		finish(c, f.now.end)
		f.handshakes.settle(client, nil) // the kernel had made it
	default:
		s := newSession(f, c)
		f.sessions[s] = struct{}{}
		f.proxy.owned.Go(s.run)
		return
	}
	<-f.free
}

// leave is for a session that is over.
func (f *front) leave(s *session) {
	f.mu.Lock()
	delete(f.sessions, s)
	f.mu.Unlock()
	<-f.free
}

// finish ends one end of a connection.
func finish(c net.Conn, how ending) {
	if how == cutDown {
		memnet.Reset(c)
		return
	}
	_ = c.Close()
}
