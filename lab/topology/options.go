package topology

import (
	"cmp"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aafailover/aafailover/lab/hosts"
	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/redisconf"
)

// Kind is how a deployment fails over.
type Kind string

// The kinds.
const (
	Sentinel Kind = "sentinel" // a primary and two replicas; three sentinels, of which two decide
	Cluster  Kind = "cluster"  // three primaries with a replica each
	Replica  Kind = "replica"  // a primary, and a replica in another region, which somebody promotes
)

// Kinds are all kinds.
func Kinds() []Kind { return []Kind{Sentinel, Cluster, Replica} }

// Service is the name under which sentinels know the primary and its replicas.
const Service = "mymaster"

// Defaults of Options: shorter than those of the servers (30 s, 3 min, 15 s), so that a lab does not wait for minutes.
const (
	DefaultDownAfter       = time.Second
	DefaultFailoverTimeout = 10 * time.Second
	DefaultNodeTimeout     = 2 * time.Second
	DefaultPoll            = 10 * time.Millisecond
)

// DefaultClients is the number of client hosts.
const DefaultClients = 2

// Options are what a deployment is made of.
type Options struct {
	// Binary is the server program; see process.Find.
	Binary process.Binary
	// Settings are those of every server but sentinels. What a deployment needs is put over them.
	Settings redisconf.Config
	// Password is asked by every server but sentinels of clients, and of each other; "": that of Settings, or none.
	Password string

	// DownAfter is how long sentinels wait for an answer before they hold a server for down (down-after-milliseconds); 0:
	// DefaultDownAfter.
	DownAfter time.Duration
	// FailoverTimeout bounds a failover by sentinels; the next is tried after twice as long (failover-timeout); 0:
	// DefaultFailoverTimeout.
	FailoverTimeout time.Duration
	// NodeTimeout is how long the nodes of a cluster wait for an answer before they hold a node for down (cluster-node-timeout); 0:
	// DefaultNodeTimeout.
	NodeTimeout time.Duration
	// Delay is that of every byte between the regions of a replica deployment, each way: us and client-1 in one, eu and the other
	// clients in the other. 0: none.
	Delay time.Duration

	// Clients is the number of client hosts; 0: DefaultClients.
	Clients int
	// Dir is the folder in which that of the servers is made; "": the system's folder of temporary files.
	Dir string
	// Poll is the time between two looks at each server, and so the grain of what is observed by looking; 0: DefaultPoll.
	Poll time.Duration
	// OnProgress is told what Start and Settled are waiting for, a line each, one at a time; nil: nobody.
	OnProgress func(string)
	// OnEvent is told what happens once a deployment has started, one at a time, in the order in which it was observed. It must return
	// soon. nil: nobody.
	OnEvent func(Event)

	open func(names ...string) (*hosts.Network, error) // nil: hosts.Open
}

func (o Options) complete() (Options, error) {
	o.DownAfter = cmp.Or(o.DownAfter, DefaultDownAfter)
	o.FailoverTimeout = cmp.Or(o.FailoverTimeout, DefaultFailoverTimeout)
	o.NodeTimeout = cmp.Or(o.NodeTimeout, DefaultNodeTimeout)
	o.Poll = cmp.Or(o.Poll, DefaultPoll)
	o.Clients = cmp.Or(o.Clients, DefaultClients)
	if o.open == nil {
		o.open = hosts.Open
	}
	if o.OnProgress == nil {
		o.OnProgress = func(string) {}
	}
	if o.OnEvent == nil {
		o.OnEvent = func(Event) {}
	}
	if o.Password == "" {
		o.Password, _ = o.Settings.Password()
	}
	switch {
	case o.Binary.Path == "":
		return o, errors.New("no server program is given")
	case o.DownAfter < time.Millisecond || o.FailoverTimeout < time.Millisecond || o.NodeTimeout < time.Millisecond:
		return o, errors.New("a timeout of less than 1 ms")
	case o.Poll < 0 || o.Delay < 0:
		return o, errors.New("a negative duration")
	case o.Clients < 1 || o.Clients > mostClients:
		return o, fmt.Errorf("%d client hosts, not 1 to %d", o.Clients, mostClients)
	}
	return o, nil
}

// mostClients keeps the number of hosts, and so of sockets, within reason.
const mostClients = 16

func (k Kind) check() error {
	if !slices.Contains(Kinds(), k) {
		return fmt.Errorf("no topology is called %q: sentinel, cluster or replica", k)
	}
	return nil
}
