// Package faultnet is the network between an observer and the regions, with faults in it. It stands around a dialer, in
// memory or over TCP, and changes only what this observer sees: servers, and their links to each other, are not touched.
//
//	observer ──> Network.Dial ──> rules ──> dialer ──> region
//	    │                           │ refuse, drop, reset, redirect …
//	    └──> conn.Read, Write ──────┘ hold, silence, reset
//
// A fault is for the connections to some addresses, and for one role if it says so: the connections of one observer to one
// shard differ in nothing but what is sent over them. What is encrypted above this package has no role.
//
// It is for tests: it never delays or loses single bytes, since a TCP connection does not either.
package faultnet

import (
	"context"
	"net"
	"sync"
	"syscall"
)

// Dial opens a connection, as net.Dialer.DialContext does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Network dials, and brings faults about. It is safe for concurrent use.
type Network struct {
	dial Dial

	mu     sync.Mutex
	rules  []Fault
	conns  map[*conn]struct{}
	paused chan struct{} // closed when the pause ends; nil while there is none
}

// New returns a network without faults.
func New(dial Dial) *Network {
	return &Network{dial: dial, conns: make(map[*conn]struct{})}
}

// Dial connects, as far as the faults in force allow it. The last fault that is about the address counts.
func (n *Network) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	n.Awake()
	rule := n.rule(address)
	fail := func(err error) (net.Conn, error) {
		return nil, &net.OpError{Op: "dial", Net: network, Addr: place(address), Err: err}
	}
	to := address
	switch rule.Kind {
	case Refuse:
		return fail(syscall.ECONNREFUSED)
	case Unreachable:
		return fail(syscall.EHOSTUNREACH)
	case NameNotFound:
		host, _, _ := net.SplitHostPort(address)
		return fail(&net.DNSError{Err: "no such host", Name: host, IsNotFound: true})
	case Drop:
		<-ctx.Done()
		return fail(ctx.Err())
	case Redirect:
		to = rule.Instead
	}
	inner, err := n.dial(ctx, network, to)
	n.Awake()
	if err != nil {
		return nil, err
	}
	return n.add(inner, address, rule.Kind), nil
}

// add keeps a new connection, as it is under the fault that it was made in.
func (n *Network) add(inner net.Conn, address string, kind Kind) *conn {
	c := newConn(n, inner, address)
	c.held = kind == Ignore
	c.doomed = kind == Reset
	n.mu.Lock()
	n.conns[c] = struct{}{}
	n.mu.Unlock()
	return c
}

// rule returns the fault in force for new connections to an address, the zero Fault when there is none.
func (n *Network) rule(address string) Fault {
	n.mu.Lock()
	defer n.mu.Unlock()
	for i := len(n.rules) - 1; i >= 0; i-- {
		if n.rules[i].about(address) {
			return n.rules[i]
		}
	}
	return Fault{}
}

// forget is for a connection that was closed.
func (n *Network) forget(c *conn) {
	n.mu.Lock()
	delete(n.conns, c)
	n.mu.Unlock()
}

// place is a net.Addr.
type place string

func (place) Network() string  { return "tcp" }
func (p place) String() string { return string(p) }
