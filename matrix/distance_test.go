package matrix_test

import (
	"context"
	"errors"
	"net"
	"syscall"
	"time"

	"github.com/aafailover/aafailover/internal/memnet"
)

// distance is how long a byte is on its way between the observer and the region that has an address.
func (d *deployment) distance(address string) time.Duration {
	of := make(map[string]time.Duration)
	for _, r := range d.scenario.Regions {
		of[r.Name] = r.Distance
	}
	for _, given := range d.given {
		if given.Address == address {
			return of[given.Name]
		}
	}
	status, err := d.lab.Status(context.Background())
	if err != nil {
		return 0
	}
	for _, r := range status.Regions {
		for _, s := range r.Shards {
			if s.Address == address {
				return of[r.Name]
			}
		}
	}
	return 0
}

// farther makes a connection as long as a distance: it takes a round trip to be made, and every byte, the end, and a reset
// come after the distance.
func (d *deployment) farther(ctx context.Context, address string, distance time.Duration) (net.Conn, error) {
	if !rest(ctx, distance) {
		return nil, ctx.Err()
	}
	far, err := d.direct(ctx, "tcp", address)
	if !rest(ctx, distance) && err == nil {
		err = errors.Join(ctx.Err(), far.Close())
	}
	if err != nil {
		return nil, err
	}
	var between memnet.Network
	listener, err := between.Listen(ctx, "tcp", "127.0.0.1:1")
	if err != nil {
		return nil, errors.Join(err, far.Close())
	}
	near, err := between.Dial(ctx, "tcp", "127.0.0.1:1")
	if err != nil {
		return nil, errors.Join(err, far.Close(), listener.Close())
	}
	relay, err := listener.Accept()
	_ = listener.Close()
	if err != nil {
		return nil, errors.Join(err, far.Close(), near.Close())
	}
	d.relaying.Go(func() { pass(far, relay, distance) })
	d.relaying.Go(func() { pass(relay, far, distance) })
	return near, nil
}

// parcel is what arrives at a time: bytes, or the end.
type parcel struct {
	at    time.Time
	bytes []byte
	err   error
}

// mostOnTheWay bounds the parcels that are on their way in one direction.
const mostOnTheWay = 4096

// pass brings what one end sends to the other, each byte after a delay, until it ends. Both ends are closed then.
func pass(to, from net.Conn, delay time.Duration) {
	way := make(chan parcel, mostOnTheWay)
	go func() {
		for {
			b := make([]byte, 4096)
			n, err := from.Read(b)
			way <- parcel{time.Now().Add(delay), b[:n], err}
			if err != nil {
				close(way)
				return
			}
		}
	}()
	for p := range way {
		<-time.After(time.Until(p.at))
		if len(p.bytes) > 0 {
			if _, err := to.Write(p.bytes); err != nil {
				_ = from.Close() // the other goroutine comes to its end
			}
		}
		switch {
		case p.err == nil:
		case errors.Is(p.err, syscall.ECONNRESET):
			memnet.Reset(to)
		default:
			_ = to.Close()
		}
	}
	_ = from.Close()
}
