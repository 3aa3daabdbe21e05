package hosts

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"
)

// Network is some hosts, and the ways between them. It is safe for concurrent use.
type Network struct {
	names []string
	net   subnet

	strangers atomic.Int64   // connections from none of the hosts
	owned     sync.WaitGroup // every goroutine of the network

	mu     sync.Mutex
	closed bool
	fronts []*Front
	group  []int                    // of each host; those of different groups are cut off from each other
	delays map[[2]int]time.Duration // between two hosts, the lower index first
}

// ErrTogether is in the errors of what needs hosts with addresses of their own, on a machine that has but one.
var ErrTogether = errors.New("all hosts share one address here")

// ErrClosed is in the errors of a network that was closed.
var ErrClosed = errors.New("the network is closed")

// mostHosts keeps the addresses of all hosts within one byte, and the sockets of a front within reason.
const mostHosts = 64

// Open makes a network of hosts with these names. On a machine where they cannot have addresses of their own they share 127.0.0.1,
// and [Network.Limits] says what cannot be had then. Close ends it.
func Open(names ...string) (*Network, error) { return open(findSubnet, names) }

// OpenTogether makes a network of hosts that share 127.0.0.1: what Open makes where there are no other addresses.
func OpenTogether(names ...string) (*Network, error) {
	return open(func(int) (subnet, error) { return together, nil }, names)
}

func open(find func(hosts int) (subnet, error), names []string) (*Network, error) {
	if len(names) == 0 || len(names) > mostHosts {
		return nil, fmt.Errorf("network of hosts: %d hosts, not 1 to %d", len(names), mostHosts)
	}
	for i, name := range names {
		if name == "" || slices.Contains(names[:i], name) {
			return nil, fmt.Errorf("network of hosts: two hosts are called %q, or it has no name", name)
		}
	}
	at, err := find(len(names))
	if err != nil {
		return nil, fmt.Errorf("network of hosts: %w", err)
	}
	n := &Network{names: slices.Clone(names), net: at, group: make([]int, len(names)), delays: make(map[[2]int]time.Duration)}
	return n, nil
}

// Names are the hosts, in the order in which they were given.
func (n *Network) Names() []string { return slices.Clone(n.names) }

// IP is the address of a host, the one that its server has to listen on and to connect from. Of a name that is none it is "".
func (n *Network) IP(host string) string {
	if i := slices.Index(n.names, host); i >= 0 {
		return n.net.ip(i)
	}
	return ""
}

// Apart tells whether the hosts have addresses of their own.
func (n *Network) Apart() bool { return n.net.apart }

// Limits says in sentences what this machine does not allow; none: everything can be had.
func (n *Network) Limits() []string {
	switch {
	case !n.net.apart:
		return []string{"this machine has no loopback addresses but 127.0.0.1, so hosts cannot be cut off from each other " +
			"(where 127.0.0.2 and so on can be added to the loopback interface, as with ifconfig lo0 alias 127.0.0.2, one for each host, they can)"}
	case !n.net.filters:
		return []string{"this kernel cannot choose a socket by the address of the client, so a host that is cut off accepts new connections " +
			"and says nothing: connects succeed where a real partition would let them time out, and go on at once when it is healed"}
	}
	return nil
}

// Strangers is how many connections came from none of the hosts. Where nobody but servers of the network could have made them, those do
// not connect from the addresses of their hosts, and are not cut off with them.
func (n *Network) Strangers() int64 { return n.strangers.Load() }

// Dialer returns what connects as that host does: from its address, and cut off with it.
func (n *Network) Dialer(host string) (func(ctx context.Context, network, address string) (net.Conn, error), error) {
	i, err := n.index(host)
	if err != nil {
		return nil, err
	}
	return n.net.dialer(i).DialContext, nil
}

func (n *Network) index(host string) (int, error) {
	i := slices.Index(n.names, host)
	if i < 0 {
		return 0, fmt.Errorf("no host is called %q", host)
	}
	return i, nil
}

// Close ends all fronts and the connections through them, and returns when nothing of the network runs any more. It may be called
// again.
func (n *Network) Close() error {
	n.mu.Lock()
	if n.closed {
		n.mu.Unlock()
		return nil
	}
	n.closed = true
	for _, f := range n.fronts {
		f.close()
	}
	n.net.release()
	n.mu.Unlock()
	n.owned.Wait()
	return nil
}
