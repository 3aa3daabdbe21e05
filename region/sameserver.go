package region

import (
	"context"
	"crypto/rand"
	"slices"
	"sync"

	"github.com/aafailover/aafailover/slots"
)

// SameServers finds regions that are in truth one server or one cluster, and
// returns the pairs of their names, in the order of the endpoints. Regions are the
// same if their slot maps share an address or the ID of a cluster node, or if the
// reply to a PUBLISH in one counts a subscriber that we have in the other: a
// server counts only those that are connected to itself.
//
// It connects for a moment to one shard of every region, and takes four times
// Options.Timeout at the most. A region that cannot be reached, or refuses, is in
// no pair for that reason and is no error; the only error is that of ctx.
func SameServers(ctx context.Context, endpoints []*Endpoint) ([][2]string, error) {
	same := make([][]bool, len(endpoints))
	for i, a := range endpoints {
		same[i] = make([]bool, len(endpoints))
		for j, b := range endpoints[:i] {
			same[j][i] = shareNode(a.sharding, b.sharding)
		}
	}
	var mu sync.Mutex
	var listening sync.WaitGroup
	for i, a := range endpoints {
		listening.Go(func() {
			for _, j := range a.heardFrom(ctx, i, endpoints) {
				mu.Lock()
				same[min(i, j)][max(i, j)] = true
				mu.Unlock()
			}
		})
	}
	listening.Wait()
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

// shareNode tells whether two slot maps name one server. IDs count only if they
// are those of cluster nodes, which are random: others are merely numbered.
func shareNode(a, b slots.Map) bool {
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

// heardFrom subscribes to a channel that nobody else knows, publishes to it in
// every other region, and returns the indexes of those that counted a subscriber.
func (e *Endpoint) heardFrom(ctx context.Context, own int, endpoints []*Endpoint) []int {
	slot, ok := e.anySlot()
	if !ok {
		return nil
	}
	channel := slots.Channel(e.door.prefix, slot, e.door.region.Name+":"+rand.Text())
	c, err := e.openAt(ctx, slot)
	if err != nil {
		return nil
	}
	defer c.Close() //nolint:errcheck // it has served
	if v, err := c.ask(ctx, "SUBSCRIBE", channel); err != nil || v.Err() != nil {
		return nil
	}
	var mu sync.Mutex
	var heard []int
	var publishing sync.WaitGroup
	for j, other := range endpoints {
		if j == own {
			continue
		}
		publishing.Go(func() {
			if other.countsSubscriber(ctx, slot, channel) {
				mu.Lock()
				heard = append(heard, j)
				mu.Unlock()
			}
		})
	}
	publishing.Wait()
	return heard
}

// countsSubscriber publishes to the channel and tells whether the reply counts
// anybody.
func (e *Endpoint) countsSubscriber(ctx context.Context, slot int, channel string) bool {
	c, err := e.openAt(ctx, slot)
	if err != nil {
		return false
	}
	defer c.Close() //nolint:errcheck // it has served
	v, err := c.ask(ctx, "PUBLISH", channel, "")
	return err == nil && v.Int > 0
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
