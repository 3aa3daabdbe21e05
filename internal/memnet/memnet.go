// Package memnet is a network in memory: listeners, connections with buffers
// and deadlines, and nothing else. Under testing/synctest everything on it runs
// in simulated time, so that whole drills take milliseconds.
//
//	Network.Dial -> pipe (bounded buffer) -> Listener.Accept
//
// net.Pipe does not serve: it has no buffer, so that two sides that both write
// before they read, as pipelines do, wait for each other for ever. Delay and
// loss are not made here: whoever wants them makes them above a connection.
package memnet

import (
	"context"
	"net"
	"strconv"
	"sync"
	"syscall"
)

// bufferSize bounds what one direction of a connection holds, in bytes. It is
// of the order of a socket's send and receive buffers together.
const bufferSize = 256 << 10

// backlog bounds the connections that wait for Accept at one listener.
const backlog = 128

// Network is a set of listeners. Its zero value is an empty network. It is safe
// for concurrent use.
type Network struct {
	mu        sync.Mutex
	listeners map[string]*listener
	nextPort  int
}

// Listen opens a listener at host:port. Port 0 chooses a free one. The network
// name is not looked at. Errors: syscall.EADDRINUSE in a *net.OpError.
func (n *Network) Listen(_ context.Context, network, address string) (net.Listener, error) {
	host, port, err := net.SplitHostPort(address)
	if err != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Err: err}
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.listeners == nil {
		n.listeners = make(map[string]*listener)
		n.nextPort = 20000
	}
	if port == "0" {
		n.nextPort++
		port = strconv.Itoa(n.nextPort)
	}
	at := addr(net.JoinHostPort(host, port))
	if n.listeners[string(at)] != nil {
		return nil, &net.OpError{Op: "listen", Net: network, Addr: at, Err: syscall.EADDRINUSE}
	}
	l := &listener{network: n, at: at, queue: make(chan net.Conn, backlog), closed: make(chan struct{})}
	n.listeners[string(at)] = l
	return l, nil
}

// Dial connects to a listener. Where there is none the error is
// syscall.ECONNREFUSED in a *net.OpError, as from a kernel.
func (n *Network) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	n.mu.Lock()
	l := n.listeners[address]
	n.nextPort++
	from := addr("memory:" + strconv.Itoa(n.nextPort))
	n.mu.Unlock()
	fail := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: addr(address), Err: err}
	}
	if err := ctx.Err(); err != nil {
		return fail(err)
	}
	if l == nil {
		return fail(syscall.ECONNREFUSED)
	}
	client, server := newPair(from, l.at)
	select {
	case l.queue <- server:
		select {
		case <-l.closed: // perhaps after Close had emptied the queue
			Reset(server)
			return fail(syscall.ECONNREFUSED)
		default:
			return client, nil
		}
	case <-l.closed:
		return fail(syscall.ECONNREFUSED)
	case <-ctx.Done():
		return fail(ctx.Err())
	}
}

type listener struct {
	network *Network
	at      addr
	queue   chan net.Conn
	closed  chan struct{}
	once    sync.Once
}

func (l *listener) Accept() (net.Conn, error) {
	select {
	case c := <-l.queue:
		return c, nil
	case <-l.closed:
		return nil, &net.OpError{Op: "accept", Net: "tcp", Addr: l.at, Err: net.ErrClosed}
	}
}

// Close ends the listener and resets the connections that nobody accepted.
func (l *listener) Close() error {
	err := error(&net.OpError{Op: "close", Net: "tcp", Addr: l.at, Err: net.ErrClosed})
	l.once.Do(func() {
		err = nil
		l.network.mu.Lock()
		delete(l.network.listeners, string(l.at))
		l.network.mu.Unlock()
		close(l.closed)
		for {
			select {
			case c := <-l.queue:
				Reset(c)
			default:
				return
			}
		}
	})
	return err
}

func (l *listener) Addr() net.Addr { return l.at }

type addr string

func (addr) Network() string  { return "tcp" }
func (a addr) String() string { return string(a) }

// Reset closes a connection of this package so that the peer reads and writes
// syscall.ECONNRESET, as after a TCP reset. Any other connection is closed
// with linger 0 if it is TCP, which has the same effect, and plainly otherwise.
func Reset(c net.Conn) {
	switch c := c.(type) {
	case *conn:
		c.in.fail(syscall.ECONNRESET)
		c.out.fail(syscall.ECONNRESET)
		_ = c.Close()
	case *net.TCPConn:
		_ = c.SetLinger(0)
		_ = c.Close()
	default:
		_ = c.Close()
	}
}
