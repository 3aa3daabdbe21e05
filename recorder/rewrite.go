package recorder

import (
	"github.com/aafailover/aafailover/internal/resp"
)

// longestLine is how long a line can be that has to be rewritten, in bytes: the name of a host has no more than 255.
const longestLine = 512

// forward lets a part of what the region answers go out, or holds it back to be rewritten. top says that it begins a reply.
func (c *conn) forward(p resp.Part, raw []byte, top bool) {
	held := c.replies.scanner.Held() // of a line whose end has to come
	switch {
	case c.locating:
		c.holdBack(raw)
	case len(held) > 0 && len(held) < longestLine && (mayRedirect(held) || top && c.locates()):
		c.outgoing.hold(raw)
	case p.Kind == resp.Error && len(p.Text) < longestLine-1:
		c.redirect(p.Text, raw)
	case top && c.locates() && isLocation(p.Kind):
		c.locating = true
		c.holdBack(raw)
	default:
		c.outgoing.release()
		c.outgoing.pass(raw)
	}
}

// locates tells whether the next reply names addresses.
func (c *conn) locates() bool {
	next := c.inFlight.awaited()
	return next != nil && next.kind.locates()
}

// isLocation tells whether a value of that kind may name addresses, other than as an error.
func isLocation(k resp.Kind) bool {
	return k == resp.Bulk || k == resp.Verbatim || isAggregate(k) && k != resp.Push
}

// holdBack holds back a part of a reply that is rewritten as a whole.
func (c *conn) holdBack(raw []byte) {
	if !c.outgoing.hold(raw) {
		c.locating = false
		c.recorder.unreadable.Add(1)
	}
}

// located lets the reply to the next request go out, rewritten where it was held back for that.
func (c *conn) located(next *exchange) {
	if !c.locating {
		return
	}
	c.locating = false
	edits, ok := c.locations(next.kind, c.outgoing.held)
	switch {
	case !ok:
		c.recorder.unreadable.Add(1)
		fallthrough
	case len(edits) == 0:
		c.outgoing.release()
	default:
		c.recorder.rewritten.Add(1)
		c.outgoing.splice(edits)
	}
}

// locations says what to change in a reply that names addresses. It is false where that has another form than is known.
func (c *conn) locations(k kind, reply []byte) ([]edit, bool) {
	v, ok := parsed(reply)
	if !ok {
		return nil, false
	}
	e := editing{conn: c}
	switch k {
	case clusterSlots:
		ok = e.slots(v)
	case clusterShards:
		ok = e.shards(v)
	case clusterNodes:
		ok = e.nodes(v)
	case clusterReplicas:
		ok = e.each(v, e.nodes)
	case sentinelAddress:
		ok = e.sentinelAddress(v)
	case sentinelNode:
		ok = e.sentinelNode(v)
	case sentinelNodes:
		ok = e.each(v, e.sentinelNode)
	}
	return e.edits, ok
}

// mayRedirect tells whether the beginning of a line may be that of an error that names an address.
func mayRedirect(line []byte) bool {
	for _, code := range redirections {
		n := min(len(code), len(line))
		if string(line[:n]) == code[:n] {
			return true
		}
	}
	return false
}
