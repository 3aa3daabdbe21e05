package hosts

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"syscall"
)

// subnet is where the addresses of a network are: a host's last byte is first plus its index.
type subnet struct {
	prefix  [3]byte
	first   int
	apart   bool         // hosts have addresses of their own; else all have that of index 0
	filters bool         // the kernel chooses sockets by the source address
	claim   net.Listener // keeps other networks out of it; nil where it is not ours alone
}

// claimByte and claimPort are an address that no host has: who listens there has the subnet. Port 1 would need privileges on most
// machines, so it is one that hardly anybody listens on at all addresses.
const (
	claimByte = 254
	claimPort = 29999
)

// attempts bounds the search for a subnet that nobody uses, and for a port.
const attempts = 16

func (s subnet) ip(index int) string {
	if !s.apart {
		index = 0
	}
	return s.address(s.first + index)
}

func (s subnet) address(last int) string {
	return fmt.Sprintf("%d.%d.%d.%d", s.prefix[0], s.prefix[1], s.prefix[2], last)
}

// base is the address of the first host as a number.
func (s subnet) base() uint32 {
	return uint32(s.prefix[0])<<24 | uint32(s.prefix[1])<<16 | uint32(s.prefix[2])<<8 | uint32(s.first)
}

// dialer connects from the address of a host. With port 0 given the kernel chooses it.
func (s subnet) dialer(index int) *net.Dialer {
	if !s.apart {
		return new(net.Dialer)
	}
	return &net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(s.ip(index))}}
}

func (s subnet) release() {
	if s.claim != nil {
		_ = s.claim.Close()
	}
}

// findSubnet takes 127.A.B.0/24 with A and B at random, so that networks of this machine do not meet; where the machine has no such
// addresses 127.0.0.2 and so on, which somebody may have added to the loopback interface; else 127.0.0.1 for all.
func findSubnet(hosts int) (subnet, error) {
	for range attempts {
		s := subnet{prefix: [3]byte{127, byte(16 + rand.IntN(200)), byte(rand.IntN(256))}, first: 1, apart: true}
		l, err := listen(net.JoinHostPort(s.address(claimByte), strconv.Itoa(claimPort)))
		if errors.Is(err, syscall.EADDRINUSE) {
			continue // by another network
		}
		if err != nil {
			break
		}
		s.claim, s.filters = l, canFilter(s)
		return s, nil
	}
	s := subnet{prefix: [3]byte{127, 0, 0}, first: 2, apart: true}
	for i := range hosts {
		l, err := listen(net.JoinHostPort(s.ip(i), "0"))
		if err != nil {
			return together, nil //nolint:nilerr // a machine without these addresses is no failure: Limits tells of it
		}
		_ = l.Close()
	}
	s.filters = canFilter(s)
	return s, nil
}

// together is one address for all hosts.
var together = subnet{prefix: [3]byte{127, 0, 0}, first: 1}

// listen opens a plain listener. Not one of multipath TCP, which Go prefers and which has none of the options that fronts need.
func listen(at string) (net.Listener, error) {
	var c net.ListenConfig
	c.SetMultipathTCP(false)
	return c.Listen(context.Background(), "tcp4", at)
}

// index tells which host an address belongs to; hosts: none.
func (s subnet) index(a net.Addr, hosts int) int {
	tcp, ok := a.(*net.TCPAddr)
	if !ok || !s.apart {
		return hosts
	}
	ip := tcp.IP.To4()
	if ip == nil || [3]byte(ip[:3]) != s.prefix || int(ip[3]) < s.first || int(ip[3]) >= s.first+hosts {
		return hosts
	}
	return int(ip[3]) - s.first
}
