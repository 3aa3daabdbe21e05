// Package proxy stands between an application and a region, on the application's own side of the network, and spoils the way:
// the servers, their links to each other and all other applications notice nothing.
//
//	application ──> Proxy.Dial ──> front, a listener on the loopback interface, one for each address of the region
//	                                 │
//	                                 ├── session: up    read ─> line ─> write ──> the real address
//	                                 └── session: down  write <─ line <─ read <──
//	                                                      ▲
//	                             Condition ───────────────┘ pass, refuse, hang, reset, slow: switched while it runs
//
// It carries bytes and knows no protocol: TLS passes through untouched, so whoever dials through it verifies the name and the
// certificate of the region itself, above the connection that Dial returns. An application in another process cannot do so: its
// TLS ends here, where Options say so, and begins anew towards the region; and a Tap reads along in between.
//
// It never changes, drops or reorders a byte in the midst of a connection, save as a Tap says. What it holds of a connection is
// bounded, and who sends more waits, as on a slow network. Its listeners are open to every process of this machine for as long as
// it is: they lead where that process could have gone itself, and ask for no password less.
package proxy

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"sync"
	"syscall"
	"time"

	"github.com/aafailover/aafailover/internal/hint"
)

// Dial opens a connection, as net.Dialer.DialContext does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Listen opens a listener, as net.ListenConfig.Listen does.
type Listen func(ctx context.Context, network, address string) (net.Listener, error)

// Defaults of Options.
const (
	DefaultDialTimeout = 10 * time.Second
	DefaultConnections = 1024
)

// mostFronts bounds the addresses that one proxy leads to: more than a region has shards.
const mostFronts = 4096

// Options is what a proxy needs. The zero value works on the network of this machine.
type Options struct {
	// Dial opens connections to the region, beneath TLS; nil: a net.Dialer, which resolves the name anew each time.
	Dial Dial
	// Secure shakes hands for TLS with the region over such a connection, as tls.Conn.HandshakeContext does; nil: what the application
	// sends goes on as it is. address is the region's, as Dial got it. Its errors are those of a dial.
	Secure func(ctx context.Context, c net.Conn, address string) (net.Conn, error)
	// Serve ends TLS with the application, as tls.Server does; nil: as above. The handshake is made by the proxy, after the region
	// was reached. Who sets one of Serve and Secure sets a protocol free of TLS between them, for Tap to read along with.
	Serve func(net.Conn) net.Conn
	// Tap returns what reads along with a connection that was accepted; nil, or a nil Tap: nobody does.
	Tap func(Connection) Tap
	// At says where to listen for an address of the region, host:port; nil, or "": on a port of the loopback interface that the
	// kernel chooses. It is asked once for each address. Port 0 is one that the kernel chooses.
	At func(address string) string
	// Listen opens the proxy's own listeners, and Join connections to them; nil: those of the loopback interface. Give both or
	// neither.
	Listen Listen
	Join   Dial
	// DialTimeout bounds a connection to the region, and each handshake of TLS; 0: DefaultDialTimeout. The time of a hang does not
	// count for a handshake.
	DialTimeout time.Duration
	// Connections bounds the connections to one address at a time; 0: DefaultConnections. Further ones wait to be accepted, as at
	// a server whose backlog fills up.
	Connections int
}

// Proxy is the way to one region. It is safe for concurrent use.
type Proxy struct {
	dial, join  Dial
	listen      Listen
	secure      func(context.Context, net.Conn, string) (net.Conn, error)
	serve       func(net.Conn) net.Conn
	tap         func(Connection) Tap
	at          func(address string) string
	dialTimeout time.Duration
	connections int

	ctx    context.Context // ended by Close
	cancel context.CancelFunc
	owned  sync.WaitGroup // every goroutine of the proxy

	mu      sync.Mutex
	closed  bool
	base    Condition            // of the addresses that are not in special
	special map[string]Condition // by address
	fronts  map[string]*front    // by address
}

// ErrClosed is in the errors of a proxy that was closed.
var ErrClosed = errors.New("the proxy is closed")

// New returns a proxy that lets everything pass. It listens nowhere before an address is asked for. Close ends it.
func New(o Options) *Proxy {
	p := &Proxy{
		dial: o.Dial, listen: o.Listen, join: o.Join, secure: o.Secure, serve: o.Serve, tap: o.Tap, at: o.At,
		dialTimeout: cmp.Or(o.DialTimeout, DefaultDialTimeout), connections: cmp.Or(o.Connections, DefaultConnections),
		base: Pass{}, special: make(map[string]Condition), fronts: make(map[string]*front),
	}
	if p.dial == nil {
		p.dial = new(net.Dialer).DialContext
	}
	if p.join == nil {
		p.join = new(net.Dialer).DialContext
	}
	if p.listen == nil {
		p.listen = new(net.ListenConfig).Listen
	}
	if p.tap == nil {
		p.tap = func(Connection) Tap { return nil }
	}
	p.ctx, p.cancel = context.WithCancel(context.Background())
	return p
}

// Dial connects to the address of a region through the proxy, and fails as a dial to that address would: when the region
// itself cannot be reached the error is that of the region, and under Refuse it is syscall.ECONNREFUSED.
func (p *Proxy) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	f, err := p.front(address)
	if err != nil {
		return nil, err
	}
	return f.connect(ctx, network)
}

// Addr returns where the proxy listens for an address of the region, host:port, for an application in another process. It
// opens the listener when there is none yet; a Tap may ask for it, too. While connections are refused nothing listens there.
func (p *Proxy) Addr(address string) (string, error) {
	f, err := p.front(address)
	if err != nil {
		return "", err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.at, nil
}

// front returns the front of an address, and opens it when it is asked for the first time.
func (p *Proxy) front(address string) (*front, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if f := p.fronts[address]; f != nil && !p.closed {
		return f, nil
	}
	fail := func(err error) (*front, error) { return nil, fmt.Errorf("proxy to %s: %w", address, err) }
	switch {
	case p.closed:
		return fail(ErrClosed)
	case len(p.fronts) >= mostFronts:
		return fail(fmt.Errorf("more than %d addresses", mostFronts))
	}
	f, err := openFront(p, address, p.conditionOf(address))
	if errors.Is(err, syscall.EADDRINUSE) {
		return fail(hint.Wrap(err, "something else listens there: end it, or choose another port"))
	}
	if err != nil {
		return fail(err)
	}
	p.fronts[address] = f
	return f, nil
}

// conditionOf is the condition that is in force for an address. The caller holds the lock.
func (p *Proxy) conditionOf(address string) Condition {
	if c, ok := p.special[address]; ok {
		return c
	}
	return p.base
}

// Set puts a condition in force for some addresses, or for all, present and future, when none is named; the latter forgets
// what was set for single ones. When it returns the condition is in force: no connection is made and no byte goes out that it
// forbids. Errors: a listener could not be opened, or the proxy is closed.
func (p *Proxy) Set(c Condition, addresses ...string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.closed {
		return ErrClosed
	}
	if len(addresses) == 0 {
		p.base = c
		clear(p.special)
	}
	for _, address := range addresses {
		p.special[address] = c
	}
	var errs []error
	for address, f := range p.fronts {
		if err := f.set(p.conditionOf(address).terms()); err != nil {
			errs = append(errs, fmt.Errorf("proxy to %s: %s: %w", address, c, err))
		}
	}
	return errors.Join(errs...)
}

// Close ends all listeners and connections and returns when nothing of the proxy runs any more. It may be called again.
func (p *Proxy) Close() error {
	p.mu.Lock()
	p.closed = true
	for _, f := range p.fronts {
		f.close()
	}
	p.cancel() // every session has been ended by now, as it should
	p.mu.Unlock()
	p.owned.Wait()
	return nil
}

// refused is the error of a dial to an address that refuses.
func refused(network, address string) error { return dialError(network, address, syscall.ECONNREFUSED) }

func dialError(network, address string, err error) error {
	return &net.OpError{Op: "dial", Net: network, Addr: place(address), Err: err}
}

// place is a net.Addr.
type place string

func (place) Network() string  { return "tcp" }
func (p place) String() string { return string(p) }
