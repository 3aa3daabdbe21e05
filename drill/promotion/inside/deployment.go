package inside

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/drill/promotion/application"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
)

// Options are what a deployment is asked by.
type Options struct {
	Topology    promotion.Topology // Sentinel or Cluster
	Region      config.Region      // with Discovery for Sentinel
	Network     region.Options
	Prefix      string        // of all keys
	Run         string        // of the drill: see application.Options
	Connections int           // of a client
	Timeout     time.Duration // of a write
	Reload      time.Duration // see application.Options
}

// Deployment is servers that somebody else runs.
type Deployment struct {
	options  Options
	hosts    []promotion.Host
	ids      []string // of the hosts in their cluster; "" elsewhere
	shards   []slots.Shard
	settings promotion.Settings
	limits   []string

	toServer, toSentinel region.Dial
	asClient             region.Dial     // to a server, as clients do that find the primaries by themselves
	sentinels            map[string]bool // addresses that are dialled as sentinels
	readers              []*redis.Client // one for each server; nil for a sentinel
	guards               []*redis.SentinelClient
	follower             redis.UniversalClient // finds the primaries by itself

	mu      sync.Mutex
	fault   drill.Fault
	unwatch func() // ends what Observe began; nil: nothing
}

var _ promotion.Deployment = (*Deployment)(nil)

// Open asks a deployment what it consists of. It must be closed.
func Open(ctx context.Context, o Options) (*Deployment, error) {
	d := &Deployment{options: o, sentinels: make(map[string]bool), toServer: region.InsideDial(o.Region, o.Network),
		toSentinel: region.SentinelDial(o.Region, o.Network), asClient: region.ClientDial(o.Region, o.Network)}
	learn := d.learnCluster
	if o.Topology == promotion.Sentinel {
		learn = d.learnSentinels
	}
	err := learn(ctx)
	if err == nil {
		for _, h := range d.hosts {
			var r *redis.Client
			if h.Role != promotion.Guard {
				r = d.reader(h.Address)
			}
			d.readers = append(d.readers, r)
		}
		err = d.learnSettings(ctx)
	}
	if err != nil {
		return nil, errors.Join(err, d.Close())
	}
	d.follower = d.following()
	return d, nil
}

// Close ends the connections.
func (d *Deployment) Close() error {
	d.Observe(nil)
	var errs []error
	for _, r := range d.readers {
		if r != nil {
			errs = append(errs, r.Close())
		}
	}
	for _, g := range d.guards {
		errs = append(errs, g.Close())
	}
	if d.follower != nil {
		errs = append(errs, d.follower.Close())
	}
	return errors.Join(errs...)
}

// BreakBy has faults made by somebody, from now on. The limits are what that makes of the results, each in a sentence.
func (d *Deployment) BreakBy(f drill.Fault, limits ...string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.fault = f
	d.limits = append(d.limits, limits...)
}

// dial opens a connection of a client that finds the servers by itself: to a sentinel or
// a server, whichever the address is of.
func (d *Deployment) dial(ctx context.Context, network, address string) (net.Conn, error) {
	if d.sentinels[address] {
		return d.toSentinel(ctx, network, address)
	}
	return d.asClient(ctx, network, address)
}

// plain are the options of a client of one server. It repeats nothing.
func (d *Deployment) plain(address string, dial region.Dial) *redis.Options {
	timeout := cmp.Or(d.options.Network.Timeout, region.DefaultTimeout)
	return &redis.Options{
		Addr: address, DB: d.options.Region.Database, Protocol: 2, Dialer: dial, DialTimeout: 2 * timeout, ReadTimeout: timeout, WriteTimeout: timeout,
		MaxRetries: -1, DialerRetries: 1, ContextTimeoutEnabled: true, PipelinePoolSize: -1, PoolSize: readersEach, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
}

// readersEach is how many connections ask one server at the same time: one that watches, and one that is asked.
const readersEach = 4

// reader is a client of one server that reads what is there, on a replica of a cluster, too.
func (d *Deployment) reader(address string) *redis.Client {
	o := d.plain(address, d.toServer)
	if d.options.Topology == promotion.Cluster {
		o.OnConnect = func(ctx context.Context, c *redis.Conn) error { return c.ReadOnly(ctx).Err() }
	}
	return redis.NewClient(o)
}

// following is a client that finds the primaries by itself, for the lock.
func (d *Deployment) following() redis.UniversalClient {
	timeout := cmp.Or(d.options.Network.Timeout, region.DefaultTimeout)
	if d.options.Topology == promotion.Sentinel {
		return redis.NewFailoverClient(&redis.FailoverOptions{MasterName: d.options.Region.Service, SentinelAddrs: d.options.Region.Discovery, DB: d.options.Region.Database,
			Protocol: 2, Dialer: d.dial, DialTimeout: 2 * timeout, ReadTimeout: timeout, ContextTimeoutEnabled: true, PoolSize: readersEach, PipelinePoolSize: -1, DisableIdentity: true})
	}
	return redis.NewClusterClient(&redis.ClusterOptions{Addrs: d.servers(), Protocol: 2, Dialer: d.dial, DialTimeout: 2 * timeout, ReadTimeout: timeout,
		ClusterStateReloadInterval: time.Second, ContextTimeoutEnabled: true, PoolSize: readersEach, PipelinePoolSize: -1, DisableIdentity: true,
		MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled}})
}

// servers are the addresses of all servers.
func (d *Deployment) servers() []string {
	var all []string
	for _, h := range d.hosts {
		if h.Role != promotion.Guard {
			all = append(all, h.Address)
		}
	}
	return all
}

// Topology is how it replicates.
func (d *Deployment) Topology() promotion.Topology { return d.options.Topology }

// Hosts are its servers, and after them the sentinels that were given.
func (d *Deployment) Hosts() []promotion.Host { return slices.Clone(d.hosts) }

// Shards are the slots of each shard.
func (d *Deployment) Shards() []slots.Shard { return slices.Clone(d.shards) }

// Settings are those that decide on the result, as far as they are known.
func (d *Deployment) Settings() promotion.Settings { return d.settings }

// Limits are what the deployment does not tell.
func (d *Deployment) Limits() []string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return slices.Clone(d.limits)
}

// Application is a client as applications use it.
func (d *Deployment) Application() (promotion.Client, error) {
	if d.options.Topology == promotion.Sentinel {
		return application.NewSentinel(d.options.Region.Service, d.options.Region.Discovery, d.clientOptions()), nil
	}
	return application.NewCluster(d.servers(), d.clientOptions()), nil
}

// Direct is a client of one server. It is always on this host, wherever it is asked to be.
func (d *Deployment) Direct(host, _ int) (promotion.Client, error) {
	return application.NewPlain(d.hosts[host].Address, d.clientOptions()), nil
}

func (d *Deployment) clientOptions() application.Options {
	return application.Options{Run: d.options.Run, Database: d.options.Region.Database, Connections: d.options.Connections, Timeout: d.options.Timeout, Reload: d.options.Reload, Dial: d.dial}
}

// errNotOurs says that a drill changes no deployment that is given.
var errNotOurs = errors.New("the deployment is not the drill's to change")

// Promote fails: whoever runs the deployment does that.
func (d *Deployment) Promote(context.Context, int) error { return errNotOurs }

// Follow fails: whoever runs the deployment does that.
func (d *Deployment) Follow(context.Context, int, int) error { return errNotOurs }

// Resyncs are not known.
func (d *Deployment) Resyncs(context.Context) (promotion.Resync, error) {
	return promotion.Resync{}, promotion.ErrNotKnown
}

// fail is an error of something that was asked of a host. One about the connection names it already.
func (d *Deployment) fail(address, what string, err error) error {
	if strings.HasPrefix(err.Error(), d.options.Region.Name+" (") {
		return err
	}
	return fmt.Errorf("%s (%s): %s: %w", d.options.Region.Name, address, what, err)
}
