// Package recorder reads along with the connections of a service to its regions, and keeps a log of what the service wrote, what
// it was answered, and what it found when it read its own writes back.
//
//	proxy ── Sent, Answered, Delivered ──> conn (a proxy.Tap: both directions of one connection)
//	                                         │  requests and replies, paired: pipelines, MULTI, pushes, subscriptions
//	                                         ├──> cluster replies, rewritten so that the service stays inside the proxies
//	                                         v
//	                                        Log ── writes, items, reads of its own keys, errors, connections, traffic
//
// It keeps no value: only a keyed hash of each, with a key that is made anew for every Recorder and told to nobody. Its memory
// is bounded; what is dropped is counted. What it cannot understand goes through as it is, counted: it never ends a connection,
// never changes a byte of a request, and changes a reply only where that names an address of the region.
package recorder

import (
	"hash/maphash"
	"sync/atomic"

	"github.com/aafailover/aafailover/commands"
	"github.com/aafailover/aafailover/proxy"
)

// Options are what a Recorder is made with.
type Options struct {
	// Log is where everything is entered.
	Log *Log
	// Regions are those that the proxies lead to, by the index that the Log knows them by.
	Regions []Region
}

// Region is what a Recorder has to know of a region.
type Region struct {
	// Commands is what its servers say of their commands; nil: what is documented of Redis 7.
	Commands *commands.Table
	// Address returns where the service finds what listens for an address of the region, both host:port, and opens a front for
	// it where there is none: proxy.Proxy.Addr does that. It is called for the addresses that a cluster answers its clients
	// with. nil, or an error: such an address stays as it is.
	Address func(address string) (string, error)
	// TLS says that the region is reached over TLS: of a node that listens for both, it is that port which is led to.
	TLS bool
}

// Recorder reads along with the connections to all regions. It is safe for concurrent use.
type Recorder struct {
	log     *Log
	seed    maphash.Seed
	regions []Region
	room    room

	rewritten, unreadable, unreachable atomic.Int64
}

// New returns a Recorder. It has nothing to be closed.
func New(o Options) *Recorder {
	r := &Recorder{log: o.Log, seed: o.Log.Seed(), regions: make([]Region, len(o.Regions))}
	copy(r.regions, o.Regions)
	for i := range r.regions {
		if r.regions[i].Commands == nil {
			r.regions[i].Commands = commands.Default()
		}
	}
	return r
}

// Tap returns what reads along with one connection to the region of that index; see proxy.Options.
func (r *Recorder) Tap(region int, c proxy.Connection) proxy.Tap { return newConn(r, region, c) }

// Rewriting counts the replies that name addresses of a region.
type Rewriting struct {
	// Rewritten are those that now name the addresses of fronts.
	Rewritten int
	// Unreadable are those that went on as they are, since they have another form than is known, or are too large: a cluster
	// client may have left the proxies.
	Unreadable int
	// Unreachable are addresses that went on as they are, since there was no front to be had.
	Unreachable int
}

// Rewriting returns the counts so far.
func (r *Recorder) Rewriting() Rewriting {
	return Rewriting{
		Rewritten: int(r.rewritten.Load()), Unreadable: int(r.unreadable.Load()), Unreachable: int(r.unreachable.Load()),
	}
}
