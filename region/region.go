// Package region is one region on the network: its topology, the connections
// to its shards, and what may be sent over them.
//
//	Discover                      endpoint -> CLUSTER SLOTS | SHARDS -> slots.Map
//	Endpoint (probe.Endpoint)     per shard one connection to publish on and one to subscribe on
//	Client (drill.Store)          the application of a drill, on go-redis
//	SameServers                   two "regions" that are one
//	       │
//	       ▼
//	     guard   every connection, whoever uses it: what is not on the list for its purpose is not sent
//	       ▼
//	      TLS    where the region's URL says so
//	       ▼
//	      Dial   net.Dialer, or the in-memory network of a test
//
// By default a connection can ping, publish and subscribe under the prefix, and
// ask for the slots. Keys are written only by a Client, under the prefix, with an
// expiry. Nothing here changes the configuration of a server or a deployment,
// and nothing here follows a redirection: who asks the wrong shard is told so.
//
// Errors name the region, the address and what was being done, and carry hints
// (see package hint); [CauseOf] gives their machine-readable half. No password is
// part of an error.
package region

import (
	"cmp"
	"context"
	"crypto/tls"
	"net"
	"time"

	"github.com/aafailover/aafailover/internal/config"
)

// DefaultTimeout is what Options.Timeout means when it is zero.
const DefaultTimeout = 2 * time.Second

// DefaultPrefix is what Options.Prefix means when it is empty.
const DefaultPrefix = "aafailover"

// Dial opens a connection, as net.Dialer.DialContext does.
type Dial func(ctx context.Context, network, address string) (net.Conn, error)

// Options is how a region is talked to. The zero value works.
type Options struct {
	// Dial opens connections; nil: a net.Dialer, which resolves the name anew
	// each time.
	Dial Dial
	// Timeout bounds a connection with its handshake, and each reply; 0:
	// DefaultTimeout.
	Timeout time.Duration
	// Prefix is what channels and keys begin with; "": DefaultPrefix. Nothing
	// else can be published, subscribed or written.
	Prefix string
	// TLS is used for regions with a rediss:// URL; nil: the system's
	// certificate authorities. The server name, where it is not set, is the
	// host of the shard's address, or of the region's endpoint when the shard
	// is announced as an IP address, which no certificate names.
	TLS *tls.Config
}

// door is one region as connections to it are opened: where everything that
// they need is filled in.
type door struct {
	region  config.Region
	dial    Dial
	timeout time.Duration
	prefix  string
	tls     *tls.Config // nil: plain
}

func newDoor(r config.Region, o Options) *door {
	d := &door{
		region:  r,
		dial:    o.Dial,
		timeout: cmp.Or(o.Timeout, DefaultTimeout),
		prefix:  cmp.Or(o.Prefix, DefaultPrefix),
	}
	if d.dial == nil {
		d.dial = new(net.Dialer).DialContext
	}
	if r.TLS {
		d.tls = o.TLS
		if d.tls == nil {
			d.tls = &tls.Config{MinVersion: tls.VersionTLS12}
		}
	}
	return d
}
