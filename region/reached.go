package region

import (
	"context"
	"net"
	"sync"
)

// reached is the addresses to which a connection could be made at some time. One
// that was reached before is right, and down; one that never was may be wrong.
// Its size is bounded by the number of shards that a region has had.
type reached struct {
	mu  sync.Mutex
	all map[string]struct{}
}

func (r *reached) has(address string) bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	_, ok := r.all[address]
	return ok
}

func (r *reached) add(address string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.all == nil {
		r.all = make(map[string]struct{})
	}
	r.all[address] = struct{}{}
}

// noting is dial, and remembers where it led to a connection.
func (r *reached) noting(dial Dial) Dial {
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		c, err := dial(ctx, network, address)
		if err == nil {
			r.add(address)
		}
		return c, err
	}
}
