// Package heldport keeps the port of a server that is down: whoever dials it is refused, and no other process gets it, which
// would answer in the server's place, or keep it from coming back.
//
//	Listen ──> listener ──> Hold: bound, not listening ──> Lend ──> the server listens there again ──> Release
//	                                                         └─ it cannot: TakeBack
//
// That takes a network of the operating system, and Linux; elsewhere the port is free while the server is down.
package heldport

import (
	"context"
	"math/rand/v2"
	"net"
	"strconv"
)

// The ports that Listen tries: above those of well-known services, below those from which Linux and others take the ports of
// outgoing connections. A client that dials a refusing port of that range could otherwise meet itself.
const (
	Lowest  = 20_000
	Highest = 31_999
	tries   = 200
)

// Listen listens at a free TCP port of a host, between Lowest and upTo; where it finds none, at one that the system chooses.
func Listen(ctx context.Context, host string, upTo int) (net.Listener, error) {
	listen := func(port int) (net.Listener, error) {
		return (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(port)))
	}
	for range tries {
		if ln, err := listen(Lowest + rand.IntN(upTo-Lowest+1)); err == nil {
			return ln, nil
		}
	}
	return listen(0)
}

// Hold closes a listener and returns its port, or nil where that cannot be held.
func Hold(ln net.Listener) *Port {
	held := open(ln)
	_ = ln.Close()
	if held == nil || held.silence() == nil {
		return held
	}
	held.Release()
	return nil
}
