// Package region is one region on the network: its topology, the connections
// to its shards, and what may be sent over them.
//
//	Discover                      endpoint -> CLUSTER SLOTS | SHARDS | REST API -> slots.Map, with the addresses to use (Addresses)
//	ChoosePubSub                  whether sharded messages cross regions
//	Endpoint (probe.Endpoint)     per shard one connection to publish on and one to subscribe on
//	Reader (vitals.Source)        what servers say of themselves
//	Examiner                      what else is asked before anything fails
//	Client (drill.Store)          the application of a drill
//	Verifier (service.Reader)     what a service has written, whatever its keys are called: reads only
//	SameServers, Endpoint.Compare two "regions" that are one
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
// expiry. Keys that are not ours are read by a Verifier alone, where a service is drilled. Nothing here changes the configuration of a server or a deployment,
// and nothing here follows a redirection: who asks the wrong shard is told so. The REST
// API of a region is no server of it, and is asked by package enterprise, which only reads.
//
// Errors name the region, the address and what was being done, and carry hints
// (see package hint); [CauseOf] gives their machine-readable half. No password is
// part of an error.
package region

import (
	"cmp"
	"context"
	"net"
	"time"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/handshake"
	"github.com/aafailover/aafailover/internal/resp"
)

// DefaultTimeout is what Options.Timeout means when it is zero.
const DefaultTimeout = 2 * time.Second

// DefaultPrefix is what Options.Prefix means when it is empty.
const DefaultPrefix = "aafailover"

// DefaultRedial is what Options.Redial means when it is zero.
const DefaultRedial = 250 * time.Millisecond

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
	// Addresses says how the addresses that clusters announce are used; the zero
	// value: as they are.
	Addresses Addresses
	// PubSub is how messages are published; the zero value: Classic. Auto is for
	// ChoosePubSub to settle, and until then is Classic.
	PubSub PubSub
	// Redial is the time between a failed attempt to connect and the next one; 0:
	// DefaultRedial. It is what a recovery, and a port that refuses, can be seen
	// late by.
	Redial time.Duration
}

// door is one region as connections to it are opened: where everything that
// they need is filled in.
type door struct {
	region  config.Region
	dial    Dial
	timeout time.Duration
	prefix  string
	uses    Use // what the connections are for
	// security is nil where the region's URL is not one for TLS.
	security *handshake.Client

	addresses Addresses
	pubsub    PubSub
	redial    time.Duration
	reached   reached
	discovery discovery
	showed    *showed // nil: nobody wants to know
	// replies bounds them; the zero value: limits.
	replies resp.Limits
}

func newDoor(r config.Region, o Options) *door {
	d := &door{
		region:  r,
		dial:    o.Dial,
		timeout: cmp.Or(o.Timeout, DefaultTimeout),
		prefix:  cmp.Or(o.Prefix, DefaultPrefix),
		uses:    ToProbe,

		addresses: o.Addresses,
		pubsub:    o.PubSub,
		redial:    cmp.Or(o.Redial, DefaultRedial),
	}
	if d.dial == nil {
		d.dial = new(net.Dialer).DialContext
	}
	d.dial = d.reached.noting(d.dial)
	if r.TLS {
		d.security = handshake.New(r.TLSOptions)
	}
	return d
}
