package process

import (
	"context"
	"net"
	"strconv"

	"github.com/aafailover/aafailover/internal/heldport"
)

// port is one that a server has for as long as it exists, be it up or down. Where it can be held nobody else gets it
// meanwhile; elsewhere it was free when it was chosen.
type port struct {
	number int
	held   *heldport.Port
}

// choosePort takes a port of a host: the one that is wanted, or, for 0, a free one up to a highest.
func choosePort(ctx context.Context, host string, wanted, upTo int) (port, error) {
	var ln net.Listener
	var err error
	if wanted == 0 {
		ln, err = heldport.Listen(ctx, host, upTo)
	} else {
		ln, err = (&net.ListenConfig{}).Listen(ctx, "tcp", net.JoinHostPort(host, strconv.Itoa(wanted)))
	}
	if err != nil {
		return port{}, err
	}
	return port{ln.Addr().(*net.TCPAddr).Port, heldport.Hold(ln)}, nil
}

// busDistance is how far above its port the bus of a node is, before Redis 7.0 let it be set.
const busDistance = 10_000

// choosePorts takes the ports of a server: of its clients and, where it needs one, of its cluster bus.
func choosePorts(ctx context.Context, b Binary, c Config) (clients, bus port, err error) {
	if !c.Settings.Enabled(clusterMode) {
		clients, err = choosePort(ctx, c.Host, c.Port, heldport.Highest)
		return clients, port{}, err
	}
	if b.AtLeast(7, 0) {
		if clients, err = choosePort(ctx, c.Host, c.Port, heldport.Highest); err != nil {
			return port{}, port{}, err
		}
		if bus, err = choosePort(ctx, c.Host, c.Bus, heldport.Highest); err != nil {
			clients.held.Release()
		}
		return clients, bus, err
	}
	for range 20 {
		if clients, err = choosePort(ctx, c.Host, c.Port, heldport.Highest-busDistance); err != nil {
			return port{}, port{}, err
		}
		if bus, err = choosePort(ctx, c.Host, clients.number+busDistance, 0); err == nil {
			return clients, bus, nil
		}
		clients.held.Release()
	}
	return port{}, port{}, err
}
