package proxy

import (
	"cmp"
	"context"
	"errors"
	"net"
	"sync"
	"sync/atomic"
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
	fixed      string // where it has to listen; "": where the kernel chooses
	handshakes handshakes
	free       chan struct{} // holds a token for each connection

	rule atomic.Pointer[rule] // in force; changed under mu

	mu       sync.Mutex
	at       string        // where it listens, or listened last
	listener net.Listener  // nil while nothing listens
	gone     chan struct{} // closed when listener is
	sessions map[*session]struct{}
}

// rule is terms for as long as they are in force.
type rule struct {
	terms
	over chan struct{} // closed when others are
}

func openFront(p *Proxy, address string, c Condition) (*front, error) {
	f := &front{proxy: p, address: address, free: make(chan struct{}, p.connections), sessions: make(map[*session]struct{})}
	f.rule.Store(&rule{c.terms(), make(chan struct{})})
	if p.at != nil {
		f.fixed = p.at(address)
	}
	if err := f.open(cmp.Or(f.fixed, loopback)); err != nil {
		return nil, err
	}
	if f.terms().deaf {
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
	close(f.rule.Swap(&rule{t, make(chan struct{})}).over)
	f.mu.Unlock()
	if t.deaf {
		f.shut()
	}
	for _, s := range f.all() {
		if t.end != goOn {
			s.cut(t.end, t.end.err())
		}
		if t.still {
			s.halt()
		}
	}
	if t.deaf || f.listener != nil {
		return nil
	}
	err := f.open(f.at)
	if f.fixed == "" && errors.Is(err, syscall.EADDRINUSE) {
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
		s.cut(hangUp, ErrClosed)
	}
}

// terms returns what is in force.
func (f *front) terms() terms { return f.rule.Load().terms }

// moving waits until bytes may move. It returns false when ctx ended first.
func (f *front) moving(ctx context.Context) bool {
	for {
		now := f.rule.Load()
		if !now.still {
			return ctx.Err() == nil
		}
		select {
		case <-now.over:
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
	one := Connection{Address: f.address, Client: c.RemoteAddr(), At: time.Now()}
	how := f.enter(l, c, one)
	if how == goOn {
		return
	}
	if tap := f.proxy.tap(one); tap != nil {
		tap.Ended(End{By: ByProxy, Err: how.err()}, one.At)
	}
	<-f.free
}

// enter begins a session, or ends the connection where there must be none, and returns how.
func (f *front) enter(l net.Listener, c net.Conn, one Connection) ending {
	f.mu.Lock()
	defer f.mu.Unlock()
	how := f.terms().end
	switch {
	case f.listener != l:
		finish(c, hangUp)
		f.handshakes.settle(one.Client.String(), syscall.ECONNRESET)
		return hangUp
	case how != goOn:
		finish(c, how)
		f.handshakes.settle(one.Client.String(), nil) // the kernel had made it
		return how
	}
	s := newSession(f, c)
	f.sessions[s] = struct{}{}
	f.proxy.owned.Go(func() { s.run(one) })
	return goOn
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
