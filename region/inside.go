package region

import (
	"context"
	"net"

	"github.com/aafailover/aafailover/internal/config"
)

// InsideDial opens connections to the single servers of a region, for a drill of a
// failover inside it: encrypted, guarded, authenticated and proven to answer. They
// send what ToFailOver, ToDrill and ToInspect allow. An address is that which the
// region announces, and is replaced by the rules of Options.Addresses. Make one only
// where the command line allows writes.
func InsideDial(r config.Region, o Options) Dial {
	door, may := insideDoor(r, o)
	return func(ctx context.Context, _, address string) (net.Conn, error) {
		c, _, err := door.openRaw(ctx, o.Addresses.Used(address, r.Address), may)
		if err != nil {
			return nil, err
		}
		return c, nil
	}
}

// ClientDial is InsideDial for clients that keep a pool of connections, and does not
// hold them up: it returns when TCP, and TLS where it is used, has connected them, and
// they authenticate when they are first written to.
//
// A hung server still accepts connections. A client that is told meanwhile of another
// primary closes all of its pool to the old one, and cannot close what is still being
// dialled: that would be used when the server goes on, which believes to be the primary
// yet.
func ClientDial(r config.Region, o Options) Dial {
	door, may := insideDoor(r, o)
	return func(ctx context.Context, _, address string) (net.Conn, error) {
		wanted := o.Addresses.Used(address, r.Address)
		limited, cancel := context.WithTimeout(ctx, door.timeout)
		defer cancel()
		located, err := door.locate(limited, wanted)
		if err != nil {
			return nil, err
		}
		password, err := door.password(ctx, located)
		if err != nil {
			return nil, err
		}
		to := target{located, door.serverName(wanted, located)}
		c, asked, err := door.reach(limited, to)
		if err != nil {
			return nil, err
		}
		return &reserved{guard: newGuard(c, may), door: door, to: to, password: password, asked: asked}, nil
	}
}

// insideDoor opens to the single servers of a region for what a drill inside it sends.
func insideDoor(r config.Region, o Options) (*door, *list) {
	door := newDoor(r, o)
	door.uses |= ToDrill | ToInspect | ToFailOver
	return door, newList(door.prefix, rulesFor(ToDrill|ToInspect|ToFailOver))
}

// SentinelDial opens connections to the sentinels of a region, in plain text and
// without a password, as they are asked for an address everywhere. They send what
// sentinels are asked in a drill of a failover, and nothing that changes them.
func SentinelDial(r config.Region, o Options) Dial {
	door := newDoor(r, o)
	may := newList(door.prefix, rulesFor(toDiscover|toGuard))
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		ctx, cancel := context.WithTimeout(ctx, door.timeout)
		defer cancel()
		c, err := door.dial(ctx, network, address)
		if err != nil {
			return nil, door.fail(address, locating, timely(ctx, err))
		}
		return newGuard(c, may), nil
	}
}
