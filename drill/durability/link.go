package durability

import (
	"context"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aafailover/aafailover/proxy"
)

// link is the way from replicas to their primary: it can be long, go silent or
// break, and it counts what comes over it.
//
//	replica ──> link ──> primary
//	        <── bytes <──
type link struct {
	*proxy.Proxy
	bytes atomic.Int64 // from the primary

	mu     sync.Mutex
	joined time.Time // when the primary was dialled last
}

// newLink returns a link that lets everything pass. Close ends it.
func newLink() *link {
	l := new(link)
	var dialer net.Dialer
	l.Proxy = proxy.New(proxy.Options{Dial: func(ctx context.Context, network, address string) (net.Conn, error) {
		l.mu.Lock()
		l.joined = time.Now()
		l.mu.Unlock()
		c, err := dialer.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		return &counted{c, &l.bytes}, nil
	}})
	return l
}

// lastJoined is when a replica came to the primary last.
func (l *link) lastJoined() time.Time {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.joined
}

// counted is a connection of which the bytes are counted that are read.
type counted struct {
	net.Conn
	bytes *atomic.Int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.Conn.Read(b)
	c.bytes.Add(int64(n))
	return n, err
}
