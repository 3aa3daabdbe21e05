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
	door := newDoor(r, o)
	door.uses |= ToDrill | ToInspect | ToFailOver
	may := newList(door.prefix, rulesFor(ToDrill|ToInspect|ToFailOver))
	return func(ctx context.Context, _, address string) (net.Conn, error) {
		c, _, err := door.openRaw(ctx, o.Addresses.Used(address, r.Address), may, nil)
		return c, err
	}
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
		return newGuard(c, may, nil), nil
	}
}
