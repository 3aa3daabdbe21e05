package region

import (
	"context"
	"crypto/rand"
	"slices"
	"sync"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/slots"
)

// SameServers finds regions that are in truth one server or one cluster, and
// returns the pairs of their names, in the order of the endpoints. Regions are the
// same if their slot maps share a node (SharesNode), or if the reply to a PUBLISH
// in one counts a subscriber that we have in the other (Endpoint.Compare).
//
// It connects for a moment to one shard of every region, and takes four times
// Options.Timeout at the most. A region that cannot be reached, or refuses, is in
// no pair for that reason and is no error; the only error is that of ctx.
func SameServers(ctx context.Context, endpoints []*Endpoint) ([][2]string, error) {
	same := make([][]bool, len(endpoints))
	for i, a := range endpoints {
		same[i] = make([]bool, len(endpoints))
		for j, b := range endpoints[:i] {
			same[j][i] = SharesNode(a.sharding, b.sharding)
		}
	}
	var mu sync.Mutex
	var comparing sync.WaitGroup
	for i, a := range endpoints {
		comparing.Go(func() {
			likenesses := a.Compare(ctx, endpoints)
			mu.Lock()
			defer mu.Unlock()
			for j, l := range likenesses {
				if l == One {
					same[min(i, j)][max(i, j)] = true
				}
			}
		})
	}
	comparing.Wait()
	var pairs [][2]string
	for i := range endpoints {
		for j := range endpoints {
			if same[i][j] {
				pairs = append(pairs, [2]string{endpoints[i].door.region.Name, endpoints[j].door.region.Name})
			}
		}
	}
	return pairs, ctx.Err()
}

// SharesNode tells whether two slot maps name one server: by its address, or by an
// ID, which counts only if it is that of a cluster node: those are random, others
// are merely numbered.
func SharesNode(a, b slots.Map) bool {
	return slices.ContainsFunc(a.Shards, func(x slots.Shard) bool {
		return slices.ContainsFunc(b.Shards, func(y slots.Shard) bool {
			return x.Address == y.Address || x.ID == y.ID && isNodeID(x.ID)
		})
	})
}

// isNodeID tells the 40 hexadecimal digits that a cluster node is called by.
func isNodeID(id string) bool {
	if len(id) != 40 {
		return false
	}
	for i := range len(id) {
		if c := id[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// Likeness is what is known of whether two regions are one server.
type Likeness uint8

const (
	// Undecided is that one of them cannot be reached, or refuses what is asked.
	Undecided Likeness = iota
	// Apart is that a server does not know of a subscriber that we have at the other.
	Apart
	// One is that it does.
	One
)

// Compare finds out whether other regions are the server that this one is. It
// subscribes here to a channel that nobody else knows, and publishes to it in each
// of the others: the reply counts a subscriber only if it is connected to the
// server that replies. The results are in the order of the others; of the endpoint
// itself, if it is among them, Undecided.
//
// It makes one connection to each region, and takes four times Options.Timeout at
// the most.
func (e *Endpoint) Compare(ctx context.Context, others []*Endpoint) []Likeness {
	likenesses := make([]Likeness, len(others))
	slot, ok := e.anySlot()
	if !ok {
		return likenesses
	}
	channel := slots.Channel(e.door.prefix, slot, e.door.region.Name+":"+rand.Text())
	c, err := e.openAt(ctx, slot)
	if err != nil {
		return likenesses
	}
	defer c.Close() //nolint:errcheck // it has served
	if v, err := c.ask(ctx, "SUBSCRIBE", channel); err != nil || v.Err() != nil {
		return likenesses
	}
	var publishing sync.WaitGroup
	for i, other := range others {
		if other != e {
			publishing.Go(func() { likenesses[i] = other.countsSubscriber(ctx, slot, channel) })
		}
	}
	publishing.Wait()
	return likenesses
}

// countsSubscriber publishes to the channel and tells whether the reply counts
// anybody.
func (e *Endpoint) countsSubscriber(ctx context.Context, slot int, channel string) Likeness {
	c, err := e.openAt(ctx, slot)
	if err != nil {
		return Undecided
	}
	defer c.Close() //nolint:errcheck // it has served
	v, err := c.ask(ctx, "PUBLISH", channel, "")
	switch {
	case err != nil || v.Kind != resp.Integer:
		return Undecided
	case v.Int > 0:
		return One
	}
	return Apart
}

// anySlot returns a slot that the region owns.
func (e *Endpoint) anySlot() (int, bool) {
	for _, shard := range e.sharding.Shards {
		if len(shard.Slots) > 0 {
			return shard.Slots[0].First, true
		}
	}
	return 0, false
}

// openAt connects to the shard that owns the slot.
func (e *Endpoint) openAt(ctx context.Context, slot int) (*conn, error) {
	address := e.door.region.Address
	if i, ok := e.sharding.ShardOf(slot); ok {
		address = e.sharding.Shards[i].Address
	}
	return e.door.open(ctx, address, observing(e.door.prefix), publisherBuffer)
}
