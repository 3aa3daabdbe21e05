package hosts

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"sync/atomic"
	"syscall"
	"time"
)

// Front is where others find the server of a host: an address to announce, and the ways from there to the server. Its methods are
// safe for concurrent use.
type Front struct {
	network *Network
	host    int
	addr    string
	ways    []*way                 // of each host that may connect, and last of those that are on none
	server  atomic.Pointer[string] // where the server itself listens

	// Under the lock of the network.
	up      bool
	sockets []*socket // in the order of ways where the kernel chooses between them, else one; none or some while it is down
}

// The ports that are tried when the one that was asked for is taken: below those that kernels give to connections.
const (
	lowestPort  = 10000
	highestPort = 29998
)

// Open makes a front of a host, at that port if it is free there, else at another. Nothing listens there before Up.
func (n *Network) Open(host string, port int) (*Front, error) {
	i, err := n.index(host)
	if err != nil {
		return nil, err
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.closed {
		return nil, fmt.Errorf("front of %s: %w", host, ErrClosed)
	}
	at, err := n.freeAddress(i, port)
	if err != nil {
		return nil, fmt.Errorf("front of %s: %w", host, err)
	}
	f := &Front{network: n, host: i, addr: at}
	for from := range len(n.names) + 1 {
		w, err := newWay(f, from)
		if err != nil {
			f.close()
			return nil, fmt.Errorf("front of %s (%s): %w", host, at, err)
		}
		f.ways = append(f.ways, w)
	}
	if err := f.condition(); err != nil {
		f.close()
		return nil, err
	}
	n.fronts = append(n.fronts, f)
	return f, nil
}

// freeAddress finds a port of a host at which nobody listens and that no other front has.
func (n *Network) freeAddress(host, port int) (string, error) {
	for range attempts {
		at := net.JoinHostPort(n.net.ip(host), strconv.Itoa(port))
		port = lowestPort + rand.IntN(highestPort-lowestPort)
		if slices.ContainsFunc(n.fronts, func(f *Front) bool { return f.addr == at }) {
			continue
		}
		l, err := listen(at)
		switch {
		case err == nil:
			return at, l.Close()
		case !errors.Is(err, syscall.EADDRINUSE) && !errors.Is(err, syscall.EACCES):
			return "", err
		}
	}
	return "", fmt.Errorf("no free port found at %s", n.net.ip(host))
}

// Addr is the address to announce, host:port. It stays.
func (f *Front) Addr() string { return f.addr }

// Lead says where the server itself listens, host:port. Connections that there are stay where they lead.
func (f *Front) Lead(server string) { f.server.Store(&server) }

// Up lets the front take connections.
func (f *Front) Up() error {
	f.network.mu.Lock()
	defer f.network.mu.Unlock()
	if f.network.closed {
		return ErrClosed
	}
	if f.up {
		return nil
	}
	f.shut(f.sockets...)
	sockets, err := f.listen()
	if err != nil {
		return fmt.Errorf("front of %s (%s): %w", f.network.names[f.host], f.addr, err)
	}
	f.up, f.sockets = true, sockets
	return f.arrange()
}

// Down ends listening, as when the process that listened is gone: the kernel refuses new connections. Those that there are go on: they
// end with the server that they lead to.
func (f *Front) Down() {
	f.network.mu.Lock()
	defer f.network.mu.Unlock()
	f.up = false
	_ = f.arrange()
}

// arrange puts the sockets into the state that their ways are in. The caller holds the lock of the network.
func (f *Front) arrange() error {
	if !f.network.net.filters {
		if !f.up {
			f.shut(f.sockets...)
		}
		return nil
	}
	for _, s := range slices.Clone(f.sockets) {
		switch {
		case s.way.cut:
			if err := s.block(); err != nil {
				return fmt.Errorf("cut %s off from %s: %w", f.addr, s.way.source(), err)
			}
		case !f.up:
			f.shut(s) // what the filter then leads nowhere gets to one of the blocked ones, if there are any
		default:
			if err := s.unblock(); err != nil {
				return fmt.Errorf("let %s to %s again: %w", s.way.source(), f.addr, err)
			}
		}
	}
	return nil
}

// condition lets the bytes of every way move as the network has it now. The caller holds the lock of the network.
func (f *Front) condition() error {
	for _, w := range f.ways {
		if err := w.condition(); err != nil {
			return err
		}
	}
	return nil
}

// shut closes sockets and waits for nothing.
func (f *Front) shut(sockets ...*socket) {
	for _, s := range slices.Clone(sockets) {
		s.close()
		f.sockets = slices.DeleteFunc(f.sockets, func(other *socket) bool { return other == s })
	}
}

// close ends everything of the front.
func (f *Front) close() {
	f.shut(f.sockets...)
	for _, w := range f.ways {
		w.close()
	}
}

// listen opens the sockets, all or none of them.
func (f *Front) listen() ([]*socket, error) {
	if !f.network.net.filters {
		l, err := listen(f.addr)
		if err != nil {
			return nil, err
		}
		return []*socket{f.serve(l.(*net.TCPListener), nil)}, nil
	}
	listeners, err := listenFiltered(f.addr, f.network.net.base(), len(f.network.names))
	if err != nil {
		return nil, err
	}
	var sockets []*socket
	for i, l := range listeners {
		sockets = append(sockets, f.serve(l, f.ways[i]))
	}
	return sockets, nil
}

// serve accepts what comes to a listener, until it is closed.
func (f *Front) serve(l *net.TCPListener, w *way) *socket {
	s := &socket{way: w, listener: l, closed: make(chan struct{}), open: closedChannel()}
	f.network.owned.Go(func() { s.accept(f.enter) })
	return s
}

// enter gives a connection to the way of whoever made it. The kernel's choice of the socket is not relied upon: while sockets are
// opened one after the other it can be another one.
func (f *Front) enter(c *net.TCPConn) {
	n := f.network
	from := n.net.index(c.RemoteAddr(), len(n.names))
	if from == len(n.names) {
		n.strangers.Add(1)
	}
	f.ways[from].door.enter(c)
}

// reach connects to the server as the host from.
func (f *Front) reach(ctx context.Context, from int) (net.Conn, error) {
	to := f.server.Load()
	if to == nil {
		return nil, syscall.ECONNREFUSED
	}
	d := new(net.Dialer)
	if from < len(f.network.names) {
		d = f.network.net.dialer(from)
	}
	d.Timeout = reachTimeout
	return d.DialContext(ctx, "tcp4", *to)
}

// reachTimeout bounds the connect to a server that is on this machine.
const reachTimeout = 10 * time.Second
