package recorder

import (
	"bytes"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/internal/resp"
)

// pushing is what comes on a connection without having been asked for. In RESP3 such a thing says so of itself; in RESP2 it is told
// by what the connection has subscribed to.
type pushing struct {
	channels int64 // of RESP2, those of patterns included
	shards   int64 // channels of shards, of RESP2
	monitors bool
}

// unasked tells whether a reply is none to the next request.
func (p *pushing) unasked(r *commands.Reply, next *exchange) bool {
	switch r.Kind {
	case resp.Push:
		k := confirmation(word(r))
		return k == ordinary || next == nil || next.kind != k
	case resp.Array:
		return p.unaskedArray(r, next)
	case resp.SimpleString:
		return p.monitors && isMonitored(r.Text)
	}
	return false
}

// unaskedArray is unasked for RESP2.
func (p *pushing) unaskedArray(r *commands.Reply, next *exchange) bool {
	subscribed := p.channels+p.shards > 0
	if len(r.Elements) < 3 || !subscribed && (next == nil || !next.kind.confirmed()) {
		return false
	}
	switch w := word(r); string(w) {
	case "message", "pmessage", "smessage":
		return subscribed
	default:
		k := confirmation(w)
		asked := next != nil && next.kind == k
		if k == ordinary || r.Elements[2].Kind != resp.Integer || !asked && !subscribed {
			return false
		}
		if k == subscribeShard || k == unsubscribeShard {
			p.shards = r.Elements[2].Int
		} else {
			p.channels = r.Elements[2].Int
		}
		return !asked
	}
}

// word is the first element.
func word(r *commands.Reply) []byte {
	if len(r.Elements) == 0 {
		return nil
	}
	return r.Elements[0].Text
}

// isMonitored tells whether a line is one of MONITOR: 1339518083.107412 [0 127.0.0.1:60866] "keys" "*".
func isMonitored(line []byte) bool {
	rest := bytes.TrimLeft(line, "0123456789.")
	return len(rest) < len(line) && bytes.HasPrefix(rest, []byte(" ["))
}
