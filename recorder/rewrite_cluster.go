package recorder

import (
	"bytes"
	"strings"

	"github.com/aafailover/aafailover/internal/resp"
)

// The replies of Redis Cluster, of 3.0 to 8 and of Valkey; see https://redis.io/docs/latest/commands/cluster-slots/,
// cluster-shards/ and cluster-nodes/.

// slots edits the reply to CLUSTER SLOTS: for each range its ends, and then its nodes, each as host, port, id and metadata: pairs
// of "ip" or "hostname" and what that is.
func (e *editing) slots(v *value) bool {
	return e.each(v, func(entry *value) bool {
		if entry.kind != resp.Array || len(entry.elements) < 2 {
			return false
		}
		for i := range entry.elements[2:] {
			if !e.slotsNode(&entry.elements[2+i]) {
				return false
			}
		}
		return true
	})
}

func (e *editing) slotsNode(n *value) bool {
	if n.kind != resp.Array || len(n.elements) < 2 {
		return false
	}
	host, port := &n.elements[0], &n.elements[1]
	if !host.isText() && host.kind != resp.Null || !isPort(string(port.text)) {
		return false
	}
	hosts := []*value{host}
	if len(n.elements) > 3 {
		hosts = append(hosts, n.elements[3].field("ip"), n.elements[3].field("hostname"))
	}
	e.address(string(host.text), string(port.text), hosts, []*value{port})
	return true
}

// shards edits the reply to CLUSTER SHARDS: for each shard a map of "slots" and "nodes"; each node is a map.
func (e *editing) shards(v *value) bool {
	return e.each(v, func(entry *value) bool {
		nodes := entry.field("nodes")
		return nodes != nil && e.each(nodes, e.shardsNode)
	})
}

func (e *editing) shardsNode(n *value) bool {
	host, ip, name := n.field("endpoint"), n.field("ip"), n.field("hostname")
	plain, secure := n.field("port"), n.field("tls-port")
	port := plain
	if secure != nil && (plain == nil || e.conn.region.TLS) {
		port = secure
	}
	if host == nil || port == nil || !isPort(string(port.text)) {
		return false
	}
	e.address(string(host.text), string(port.text), []*value{host, ip, name}, []*value{plain, secure})
	return true
}

// nodes edits a text of lines, one for each node: id, host:port@bus[,hostname[,name=value]…], flags and more.
func (e *editing) nodes(v *value) bool {
	text, format := v.text, ""
	switch {
	case v.kind == resp.Verbatim && len(text) >= 4:
		format, text = string(text[:4]), text[4:]
	case v.kind != resp.Bulk:
		return false
	}
	var changed strings.Builder
	changed.WriteString(format)
	rewritten := false
	for line := range bytes.Lines(text) {
		words := strings.Split(string(line), " ")
		if len(words) < 3 {
			if len(bytes.TrimSpace(line)) > 0 {
				return false
			}
			changed.Write(line)
			continue
		}
		at, ok := e.nodesAddress(words[1])
		if !ok {
			return false
		}
		rewritten = rewritten || at != words[1]
		words[1] = at
		changed.WriteString(strings.Join(words, " "))
	}
	if rewritten {
		e.set(v, changed.String())
	}
	return true
}

// nodesAddress returns what takes the place of the address of a node. It is false where it is none.
func (e *editing) nodesAddress(at string) (string, bool) {
	parts := strings.Split(at, ",")
	address, bus, hasBus := strings.Cut(parts[0], "@")
	host, port, ok := splitLast([]byte(address))
	if !ok {
		return "", false
	}
	host, port, ok = e.conn.front(host, port)
	if !ok {
		return at, true
	}
	parts[0] = host + ":" + port
	if hasBus {
		parts[0] += "@" + bus
	}
	for i := range parts[1:] {
		name, _, has := strings.Cut(parts[1+i], "=")
		switch {
		case !has && name != "":
			parts[1+i] = host
		case name == "tls-port", name == "tcp-port":
			parts[1+i] = name + "=" + port
		}
	}
	return strings.Join(parts, ","), true
}
