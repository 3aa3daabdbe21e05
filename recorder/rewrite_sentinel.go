package recorder

import "github.com/aafailover/aafailover/internal/resp"

// The replies of Redis Sentinel; see https://redis.io/docs/latest/operate/oss_and_stack/management/sentinel/. What it publishes
// when it has chosen another primary is not changed: a client that takes the address from there leaves the proxies.

// sentinelAddress edits the reply to SENTINEL GET-MASTER-ADDR-BY-NAME: host and port, or a null.
func (e *editing) sentinelAddress(v *value) bool {
	if v.kind == resp.Array && len(v.elements) == 2 {
		return e.sentinelPair(&v.elements[0], &v.elements[1])
	}
	return false
}

// sentinelNode edits what SENTINEL MASTER says of a node, and MASTERS, REPLICAS and SENTINELS of each.
func (e *editing) sentinelNode(v *value) bool {
	host, port := v.field("ip"), v.field("port")
	if !isAggregate(v.kind) || host == nil || port == nil || !e.sentinelPair(host, port) {
		return false
	}
	host, port = v.field("master-host"), v.field("master-port")
	return host == nil || port == nil || e.sentinelPair(host, port)
}

func (e *editing) sentinelPair(host, port *value) bool {
	if !host.isText() || !isPort(string(port.text)) {
		return false
	}
	if len(host.text) > 0 && string(host.text) != "?" { // here that stands for a node that is not known yet
		e.address(string(host.text), string(port.text), []*value{host}, []*value{port})
	}
	return true
}
