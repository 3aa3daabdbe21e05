package survey_test

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/slots"
)

// cluster is a region that says of itself what a test wants, on a network in memory: servers that answer what a survey asks.
type cluster struct {
	t       *testing.T
	network *memnet.Network
	region  config.Region
	running sync.WaitGroup

	mu          sync.Mutex
	m           slots.Map
	mute        bool                    // it does not tell how it is sharded
	listeners   map[string]net.Listener // by address; closed: down
	conns       map[net.Conn]string     // with the addresses at which they were accepted
	subscribers map[string]int          // by channel
	hashes      int                     // added to the slot of every channel
	asked       []string                // the addresses that were asked for the slots
	published   int                     // messages
}

// newCluster starts a region whose endpoint is the first address.
func newCluster(t *testing.T, network *memnet.Network, name string, shards ...slots.Shard) *cluster {
	t.Helper()
	c := &cluster{
		t: t, network: network, listeners: make(map[string]net.Listener), conns: make(map[net.Conn]string), subscribers: make(map[string]int),
		m: slots.Map{Region: name, Shards: shards},
	}
	c.region = config.Region{Name: name, Address: shards[0].Address}
	for _, s := range shards {
		c.start(s.Address)
	}
	return c
}

// start makes a server listen.
func (c *cluster) start(address string) {
	c.t.Helper()
	l, err := c.network.Listen(context.Background(), "tcp", address)
	if err != nil {
		c.t.Fatal(err)
	}
	c.mu.Lock()
	c.listeners[address] = l
	c.mu.Unlock()
	c.running.Go(func() {
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			c.mu.Lock()
			c.conns[conn] = address
			c.mu.Unlock()
			c.running.Go(func() { c.talk(address, conn) })
		}
	})
}

// stop makes a server refuse connections.
func (c *cluster) stop(address string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	_ = c.listeners[address].Close()
}

// cut closes the connections to a server, and returns how many there were.
func (c *cluster) cut(address string) (n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for conn, at := range c.conns {
		if at == address {
			_ = conn.Close()
			delete(c.conns, conn)
			n++
		}
	}
	return n
}

// hashesBy changes by what the slot of every channel is wrong.
func (c *cluster) hashesBy(n int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.hashes = n
}

// publishedTo returns how many messages were published to it since the last call.
func (c *cluster) publishedTo() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	n := c.published
	c.published = 0
	return n
}

// close ends all servers.
func (c *cluster) close() {
	for _, l := range c.listeners {
		_ = l.Close()
	}
	c.running.Wait()
}

// becomes changes how the region is sharded.
func (c *cluster) becomes(shards ...slots.Shard) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.m.Shards = shards
}

// askedAt returns at which servers it was asked for the slots since the last call.
func (c *cluster) askedAt() []string {
	c.mu.Lock()
	defer c.mu.Unlock()
	asked := c.asked
	c.asked = nil
	return asked
}

func (c *cluster) talk(address string, conn net.Conn) {
	var subscribed []string
	defer func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		for _, channel := range subscribed {
			c.subscribers[channel]--
		}
		delete(c.conns, conn)
		_ = conn.Close()
	}()
	r := resp.NewReader(conn)
	for {
		raw, err := r.ReadCommand()
		if err != nil {
			return
		}
		args := make([]string, len(raw))
		for i, a := range raw {
			args[i] = string(a)
		}
		if args[0] == "SUBSCRIBE" {
			subscribed = append(subscribed, args[1])
		}
		if _, err := conn.Write(c.reply(address, args)); err != nil {
			return
		}
	}
}

func (c *cluster) reply(address string, args []string) []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	switch command := strings.ToUpper(strings.Join(args[:min(len(args), 2)], " ")); {
	case command == "PING":
		return resp.AppendSimple(nil, "PONG")
	case c.mute && strings.HasPrefix(command, "CLUSTER"):
		return resp.AppendError(nil, "ERR This instance has cluster support disabled")
	case command == "CLUSTER SLOTS":
		c.asked = append(c.asked, address)
		return slotsReply(c.m)
	case command == "CLUSTER KEYSLOT":
		return resp.AppendInt(nil, int64(slots.Of(args[2])+c.hashes))
	case strings.HasPrefix(command, "SUBSCRIBE"):
		c.subscribers[args[1]]++
		out := resp.AppendArrayLen(nil, 3)
		out = resp.AppendBulk(resp.AppendBulk(out, "subscribe"), args[1])
		return resp.AppendInt(out, 1)
	case strings.HasPrefix(command, "PUBLISH"):
		c.published++
		return resp.AppendInt(nil, int64(c.subscribers[args[1]]))
	}
	return resp.AppendError(nil, "ERR unknown command")
}

// slotsReply is how CLUSTER SLOTS says a map.
func slotsReply(m slots.Map) []byte {
	n := 0
	var entries []byte
	for _, s := range m.Shards {
		host, port, _ := net.SplitHostPort(s.Address)
		for _, r := range s.Slots {
			n++
			entries = resp.AppendArrayLen(entries, 3)
			entries = resp.AppendInt(resp.AppendInt(entries, int64(r.First)), int64(r.Last))
			entries = resp.AppendArrayLen(entries, 3)
			entries = resp.AppendBulk(resp.AppendBulk(resp.AppendBulk(entries, host), port), s.ID)
		}
	}
	return append(resp.AppendArrayLen(nil, n), entries...)
}

// shard makes a shard of ranges of slots that are given by their ends.
func shard(id, address string, ends ...int) slots.Shard {
	s := slots.Shard{ID: id, Address: address}
	for i := 0; i < len(ends); i += 2 {
		s.Slots = append(s.Slots, slots.Range{First: ends[i], Last: ends[i+1]})
	}
	return s
}
