package region

import (
	"cmp"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"

	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/slots"
)

// node is a server as a reply names it.
type node struct {
	id       string // of a cluster node, 40 hex digits; "" from servers that do not tell
	endpoint string // host; "" or "?": the one that was asked
	port     int64
}

// address is host:port of the node. A server that does not know what others call
// it leaves the host out, or says "?": then it is the host that was asked.
func (n node) address(asked string) string {
	host := n.endpoint
	if host == "" || host == "?" {
		host = asked
	}
	return net.JoinHostPort(host, strconv.FormatInt(n.port, 10))
}

// parseSlots takes the reply of CLUSTER SLOTS: for each range its ends, and then
// its nodes, the master first, each as endpoint, port, ID and metadata. A shard
// with several ranges appears several times. A master that is down is listed as
// long as no replica has taken over.
func parseSlots(v resp.Value, asked string) ([]slots.Shard, error) {
	var found gathering
	if v.Kind != resp.Array {
		return nil, malformed("CLUSTER SLOTS", v)
	}
	for _, entry := range v.Elems {
		if len(entry.Elems) < 3 {
			return nil, malformed("CLUSTER SLOTS", entry)
		}
		first, ok1 := number(entry.Elems[0])
		last, ok2 := number(entry.Elems[1])
		master, ok3 := slotsNode(entry.Elems[2])
		if !ok1 || !ok2 || !ok3 {
			return nil, malformed("CLUSTER SLOTS", entry)
		}
		found.add(master, asked, first, last)
	}
	return found.shards()
}

func slotsNode(v resp.Value) (node, bool) {
	if len(v.Elems) < 2 {
		return node{}, false
	}
	port, ok := number(v.Elems[1])
	n := node{endpoint: v.Elems[0].Str, port: port}
	if len(v.Elems) > 2 {
		n.id = v.Elems[2].Str
	}
	return n, ok && isPort(port)
}

// parseShards takes the reply of CLUSTER SHARDS: for each shard a map of "slots",
// pairs of ends, and "nodes". Entries without slots are masters that have lost
// theirs to a replica, or have none yet. A master with health "fail" that still
// has slots owns them: nobody has taken over, and that it cannot be used is for
// the probe to find.
func parseShards(v resp.Value, asked string, encrypted bool) ([]slots.Shard, error) {
	var found gathering
	if v.Kind != resp.Array {
		return nil, malformed("CLUSTER SHARDS", v)
	}
	for _, entry := range v.Elems {
		ranges, ok1 := entry.Field("slots")
		nodes, ok2 := entry.Field("nodes")
		if !ok1 || !ok2 || len(ranges.Elems)%2 != 0 {
			return nil, malformed("CLUSTER SHARDS", entry)
		}
		if len(ranges.Elems) == 0 {
			continue
		}
		master, ok := shardsMaster(nodes, encrypted)
		if !ok {
			return nil, malformed("CLUSTER SHARDS", entry)
		}
		for pair := range slices.Chunk(ranges.Elems, 2) {
			first, ok1 := number(pair[0])
			last, ok2 := number(pair[1])
			if !ok1 || !ok2 {
				return nil, malformed("CLUSTER SHARDS", entry)
			}
			found.add(master, asked, first, last)
		}
	}
	return found.shards()
}

// shardsMaster finds the master among the nodes of a shard: one that is well
// before one that is not, since both are listed during a failover.
func shardsMaster(nodes resp.Value, encrypted bool) (node, bool) {
	var master node
	best := 0
	for _, v := range nodes.Elems {
		role, _ := v.Field("role")
		if role.Str != "master" {
			continue
		}
		rank := 1
		if health, _ := v.Field("health"); health.Str == "online" {
			rank = 2
		}
		if n, ok := shardsNode(v, encrypted); ok && rank > best {
			master, best = n, rank
		}
	}
	return master, best > 0
}

func shardsNode(v resp.Value, encrypted bool) (node, bool) {
	id, _ := v.Field("id")
	endpoint, _ := v.Field("endpoint")
	// A node that serves both has both fields; one that serves TLS only has just
	// the second.
	plain, _ := v.Field("port")
	secure, hasSecure := v.Field("tls-port")
	port, ok := number(plain)
	if hasSecure && (encrypted || !ok) {
		port, ok = number(secure)
	}
	return node{id: id.Str, endpoint: endpoint.Str, port: port}, ok && isPort(port)
}

// gathering collects the ranges of each master.
type gathering struct {
	masters []slots.Shard
	index   map[string]int // by ID, or by address where there is none
}

func (g *gathering) add(n node, asked string, first, last int64) {
	if g.index == nil {
		g.index = make(map[string]int)
	}
	address := n.address(asked)
	id := cmp.Or(n.id, address)
	i, ok := g.index[id]
	if !ok {
		i = len(g.masters)
		g.index[id] = i
		g.masters = append(g.masters, slots.Shard{ID: id, Address: address})
	}
	g.masters[i].Slots = append(g.masters[i].Slots, slots.Range{First: int(first), Last: int(last)})
}

var errNoSlots = errors.New("a cluster in which nobody owns a slot")

// shards returns the masters in the order of their first slots, each with its
// ranges ascending and joined where they touch.
func (g *gathering) shards() ([]slots.Shard, error) {
	if len(g.masters) == 0 {
		return nil, errNoSlots
	}
	for i := range g.masters {
		g.masters[i].Slots = joined(g.masters[i].Slots)
	}
	slices.SortFunc(g.masters, func(a, b slots.Shard) int {
		return cmp.Or(cmp.Compare(a.Slots[0].First, b.Slots[0].First), cmp.Compare(a.ID, b.ID))
	})
	return g.masters, nil
}

func joined(ranges []slots.Range) []slots.Range {
	slices.SortFunc(ranges, func(a, b slots.Range) int { return cmp.Compare(a.First, b.First) })
	out := ranges[:1]
	for _, r := range ranges[1:] {
		if end := &out[len(out)-1]; r.First == end.Last+1 && r.Last >= r.First {
			end.Last = r.Last
			continue
		}
		out = append(out, r)
	}
	return out
}

// number reads an integer, also from servers that send it as a string. Slots and
// ports are small: what is not is no number here.
func number(v resp.Value) (int64, bool) {
	n := v.Int
	switch v.Kind {
	case resp.Integer:
	case resp.Bulk, resp.SimpleString:
		var err error
		if n, err = strconv.ParseInt(v.Str, 10, 32); err != nil {
			return 0, false
		}
	default:
		return 0, false
	}
	return n, n >= 0 && n < 1<<31
}

func isPort(n int64) bool { return n > 0 && n < 1<<16 }

func malformed(command string, v resp.Value) error {
	text := v.String()
	if most := 120; len(text) > most {
		text = text[:most] + "…"
	}
	return &resp.ProtocolError{Detail: fmt.Sprintf("the reply to %s has another form than expected: %s", command, text)}
}

// hostOf returns the host of host:port.
func hostOf(address string) string {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return address
	}
	return host
}
