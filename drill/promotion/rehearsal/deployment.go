// Package rehearsal is a deployment that the lab has started, as a drill of a failover
// sees it.
//
//	promotion.Run ──> Deployment ──> lab/topology: faults, roles, events
//	                           └──> application: the clients, each from a host of its own
//
// The application is on the first client host; the second client of a scenario on the
// second one, or on the host of the primary, and cut off with it.
package rehearsal

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/drill/promotion/application"
	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/lab/topology"
	"github.com/aafailover/aafailover/redisconf"
	"github.com/aafailover/aafailover/slots"
)

// Options are what a deployment is made for.
type Options struct {
	Topology    promotion.Topology
	Scenario    promotion.Scenario
	Binary      process.Binary
	Settings    redisconf.Config // of the servers; what the scenario needs is put over them
	DownAfter   time.Duration    // of the sentinels, or of the drill; 0: SentinelDownAfter, or topology.DefaultDownAfter
	NodeTimeout time.Duration    // of a cluster; 0: topology.DefaultNodeTimeout
	Delay       time.Duration    // between the regions of a replica, each way
	Reload      time.Duration    // see application.Options
	Run         string           // of the drill: see application.Options
	Connections int              // of a client
	Timeout     time.Duration    // of a write
	Dir         string           // in which the folder of the servers is made; "": the system's for temporary files
	Progress    func(string)     // told what the start waits for; nil: nobody
}

// Deployment is servers that run, until Close.
type Deployment struct {
	lab      *topology.Deployment
	options  Options
	hosts    []promotion.Host
	index    map[string]int // of a host, by its name
	shards   []slots.Shard
	settings promotion.Settings
	password string
	readers  []*redis.Client // one for each server
	dial     application.Dial

	mu      sync.Mutex
	observe func(promotion.Event)
	apps    []*application.Client // that were handed out
}

var _ promotion.Deployment = (*Deployment)(nil)

// SentinelDownAfter is the usual down-after-milliseconds of the sentinels. Sentinels
// connect to a new primary up to a second after they hear of it: with a second, every
// tenth failover was followed by another one.
const SentinelDownAfter = 2 * time.Second

// Start starts a deployment for a scenario. It must be closed.
func Start(ctx context.Context, o Options) (*Deployment, error) {
	d := &Deployment{options: o, index: make(map[string]int)}
	settings, err := serverSettings(o)
	if err != nil {
		return nil, err
	}
	d.password, _ = settings.Password()
	downAfter, nodeTimeout := o.DownAfter, o.NodeTimeout
	if o.Topology == promotion.Sentinel {
		downAfter = cmp.Or(downAfter, SentinelDownAfter)
	}
	if o.Scenario.Patience > 0 {
		downAfter, nodeTimeout = o.Scenario.Patience, o.Scenario.Patience
	}
	d.lab, err = topology.Start(ctx, topology.Kind(o.Topology), topology.Options{Binary: o.Binary, Settings: settings,
		DownAfter: downAfter, NodeTimeout: nodeTimeout, Delay: o.Delay, Dir: o.Dir, OnProgress: o.Progress, OnEvent: d.hear})
	if err != nil {
		return nil, err
	}
	if err := d.learn(ctx, downAfter, nodeTimeout); err != nil {
		return nil, errors.Join(err, d.Close())
	}
	return d, nil
}

// serverSettings are those of the user, and over them what the scenario needs.
func serverSettings(o Options) (redisconf.Config, error) {
	settings := o.Settings
	for _, line := range o.Scenario.Servers {
		one, err := redisconf.Parse(line)
		if err != nil {
			return settings, fmt.Errorf("settings of %s: %w", o.Scenario.Name, err)
		}
		settings = one.Over(settings)
	}
	return settings, nil
}

// Close ends the servers, and removes what they have on disk. The clients that were handed out must be closed before.
func (d *Deployment) Close() error {
	var errs []error
	for _, r := range d.readers {
		if r != nil {
			errs = append(errs, r.Close())
		}
	}
	return errors.Join(append(errs, d.lab.Close())...)
}

// Topology is how it replicates.
func (d *Deployment) Topology() promotion.Topology { return d.options.Topology }

// Hosts are its servers, and after them its sentinels.
func (d *Deployment) Hosts() []promotion.Host { return slices.Clone(d.hosts) }

// Shards are the slots of each shard.
func (d *Deployment) Shards() []slots.Shard { return slices.Clone(d.shards) }

// Limits are what this machine does not allow.
func (d *Deployment) Limits() []string { return d.lab.Limits() }

// Settings are those that decide on the result.
func (d *Deployment) Settings() promotion.Settings { return d.settings }

// Application is a client as applications use it, on the first client host.
func (d *Deployment) Application() (promotion.Client, error) {
	dial, err := d.lab.Dialer(applicationHost)
	if err != nil {
		return nil, err
	}
	o := d.clientOptions(dial)
	var c *application.Client
	switch d.options.Topology {
	case promotion.Sentinel:
		c = application.NewSentinel(topology.Service, d.lab.Sentinels(), o)
	case promotion.Cluster:
		c = application.NewCluster(d.lab.Servers(), o)
	default:
		c = application.NewPlain(d.hosts[0].Address, o)
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.apps = append(d.apps, c)
	return c, nil
}

// The hosts of clients.
const (
	applicationHost = "client-1"
	strangerHost    = "client-2"
)

// Direct is a client of one server, from the host of another; from -1 is the second client host.
func (d *Deployment) Direct(host, from int) (promotion.Client, error) {
	at := strangerHost
	if from >= 0 {
		at = d.hosts[from].Name
	}
	dial, err := d.lab.Dialer(at)
	if err != nil {
		return nil, err
	}
	return application.NewPlain(d.hosts[host].Address, d.clientOptions(dial)), nil
}

func (d *Deployment) clientOptions(dial application.Dial) application.Options {
	return application.Options{Run: d.options.Run, Password: d.password, Connections: d.options.Connections, Timeout: d.options.Timeout, Reload: d.options.Reload, Dial: dial}
}

// Promote makes a replica a primary, and has the applications use it.
func (d *Deployment) Promote(ctx context.Context, host int) error {
	if err := d.lab.Promote(ctx, d.hosts[host].Name); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, c := range d.apps {
		c.Repoint(d.hosts[host].Address)
	}
	return nil
}

// Follow makes a server a replica of another.
func (d *Deployment) Follow(ctx context.Context, host, primary int) error {
	return d.lab.Follow(ctx, d.hosts[host].Name, d.hosts[primary].Name)
}

// Settled returns when all servers replicate, and all agree.
func (d *Deployment) Settled(ctx context.Context) error { return d.lab.Settled(ctx) }
