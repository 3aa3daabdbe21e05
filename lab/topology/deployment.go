package topology

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"github.com/aafailover/aafailover/lab/hosts"
	"github.com/aafailover/aafailover/lab/process"
)

// startPatience bounds a start, and a wait for health, whose context has no deadline.
const startPatience = 2 * time.Minute

// Host is a place in the network of a deployment.
type Host struct {
	// Name is how everything here calls it.
	Name string
	// IP is its address, from which it connects.
	IP string
	// Addr is where others find its server, host:port; "" of a client.
	Addr string
	// Runs says what its server is: "server", "sentinel", or "client" without one.
	Runs string
	// Primary tells whether its server was a primary at first.
	Primary bool
	// Shard is that of its server at first, from 0; 0 where there are no shards.
	Shard int
}

// What runs on a host.
const (
	RunsServer   = "server"
	RunsSentinel = "sentinel"
	RunsClient   = "client"
)

// member is a host with a server.
type member struct {
	Host
	server *process.Server
	fronts []*hosts.Front // of its clients; of its cluster bus
	disk   disk

	gate sync.Mutex // held while others are let in, or kept out
}

// Deployment is servers that run. Its methods may be called from any goroutine.
type Deployment struct {
	kind    Kind
	shape   shape
	options Options
	network *hosts.Network
	group   *process.Group
	members []*member
	clients []Host
	// strangers is how many connections came from no host before anybody but the servers could make one.
	strangers int64

	ctx    context.Context // ended by Close
	cancel context.CancelFunc

	owned sync.WaitGroup // what watches: all of it runs before Start returns

	telling sync.Mutex // one event or line of progress at a time
	resyncs resyncs
}

// shape is what the kinds differ in.
type shape interface {
	// lay names the servers.
	lay() []Host
	// serve adds to a member what its settings need, and its server.
	serve(d *Deployment, m *member) error
	// form starts the servers and makes them one deployment.
	form(ctx context.Context, d *Deployment) error
	// unsettled says in words what views lack to be those of a healthy deployment.
	unsettled(d *Deployment, views []View) []string
}

// ErrClosed is in the errors of a deployment that was closed.
var ErrClosed = errors.New("the deployment is closed")

// Start runs a deployment and returns it once it is healthy: replicas are in sync, and whoever decides on failovers knows everybody and
// agrees on who is primary. Close ends it. Errors: what is wrong with the options; why a server did not start; what was missing when
// ctx, or two minutes, were over. Nothing is left when it fails.
func Start(ctx context.Context, kind Kind, o Options) (*Deployment, error) {
	fail := func(err error) (*Deployment, error) { return nil, fmt.Errorf("start a %s deployment: %w", kind, err) }
	if err := kind.check(); err != nil {
		return nil, err
	}
	o, err := o.complete()
	if err != nil {
		return fail(err)
	}
	d := &Deployment{kind: kind, shape: shapeOf(kind), options: o}
	d.ctx, d.cancel = context.WithCancel(context.Background())
	ctx, cancel := bounded(ctx)
	defer cancel()
	for _, step := range []func(context.Context) error{d.make, d.form, d.Settled, d.watch} {
		if err := step(ctx); err != nil {
			return fail(errors.Join(err, d.Close()))
		}
	}
	return d, nil
}

func shapeOf(kind Kind) shape {
	switch kind {
	case Sentinel:
		return sentinelShape{}
	case Cluster:
		return clusterShape{}
	}
	return replicaShape{}
}

// form starts the servers and makes them one deployment.
func (d *Deployment) form(ctx context.Context) error { return d.shape.form(ctx, d) }

func bounded(ctx context.Context) (context.Context, context.CancelFunc) {
	if _, ok := ctx.Deadline(); ok {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, startPatience)
}

// make makes the network, and everything of the servers but that they run.
func (d *Deployment) make(ctx context.Context) error {
	laid := d.shape.lay()
	for i := range d.options.Clients {
		laid = append(laid, Host{Name: fmt.Sprintf("client-%d", i+1), Runs: RunsClient})
	}
	var names []string
	for _, h := range laid {
		names = append(names, h.Name)
	}
	var err error
	if d.network, err = d.options.open(names...); err != nil {
		return err
	}
	if d.group, err = process.NewGroup(ctx, d.options.Binary, process.Options{Dir: d.options.Dir, Log: d.progress}); err != nil {
		return err
	}
	for _, h := range laid {
		h.IP = d.network.IP(h.Name)
		if h.Runs == RunsClient {
			d.clients = append(d.clients, h)
			continue
		}
		if err := d.place(h); err != nil {
			return err
		}
	}
	for _, m := range d.members { // once all are placed: settings name the others
		if err := d.shape.serve(d, m); err != nil {
			return err
		}
	}
	return nil
}

// The ports at which servers are announced, where they are free.
const (
	serverPort   = 6379
	busPort      = 16379
	sentinelPort = 26379
)

// place opens the fronts of a host.
func (d *Deployment) place(h Host) error {
	ports := []int{serverPort}
	switch {
	case h.Runs == RunsSentinel:
		ports = []int{sentinelPort}
	case d.kind == Cluster:
		ports = append(ports, busPort)
	}
	m := &member{Host: h}
	for _, port := range ports {
		f, err := d.network.Open(h.Name, port)
		if err != nil {
			return err
		}
		m.fronts = append(m.fronts, f)
	}
	m.Addr = m.fronts[0].Addr()
	d.members = append(d.members, m)
	return nil
}

// start starts servers together, and returns once all have loaded what they have.
func (d *Deployment) start(ctx context.Context, members ...*member) error {
	g, ctx := errgroup.WithContext(ctx)
	for _, m := range members {
		g.Go(func() error { return d.startOne(ctx, m) })
	}
	return g.Wait()
}

// Close kills the servers, ends everything, and removes what they have on disk. It may be called again.
func (d *Deployment) Close() error {
	d.cancel()
	d.owned.Wait()
	var errs []error
	if d.group != nil {
		errs = append(errs, d.group.Close())
	}
	if d.network != nil {
		errs = append(errs, d.network.Close())
	}
	return errors.Join(errs...)
}

func (d *Deployment) progress(line string) {
	d.telling.Lock()
	defer d.telling.Unlock()
	d.options.OnProgress(line)
}

// Kind is how the deployment fails over.
func (d *Deployment) Kind() Kind { return d.kind }

// Hosts are all hosts, clients last.
func (d *Deployment) Hosts() []Host {
	var all []Host
	for _, m := range d.members {
		all = append(all, m.Host)
	}
	return append(all, d.clients...)
}

// Servers are the addresses of all servers that are no sentinels: what a cluster client begins with.
func (d *Deployment) Servers() []string { return d.addresses(RunsServer) }

// Sentinels are the addresses of all sentinels.
func (d *Deployment) Sentinels() []string { return d.addresses(RunsSentinel) }

func (d *Deployment) addresses(runs string) []string {
	var all []string
	for _, m := range d.running(runs) {
		all = append(all, m.Addr)
	}
	return all
}

// running are the members of which that runs, up or down.
func (d *Deployment) running(runs string) []*member {
	return slices.DeleteFunc(slices.Clone(d.members), func(m *member) bool { return m.Runs != runs })
}

// Name is the host whose server is found at an address, or "" where that is none.
func (d *Deployment) Name(addr string) string {
	for _, m := range d.members {
		if m.Addr == addr {
			return m.Name
		}
	}
	return ""
}

// Dialer returns what connects as that host does: from its address, and cut off with it.
func (d *Deployment) Dialer(host string) (func(ctx context.Context, network, address string) (net.Conn, error), error) {
	return d.network.Dialer(host)
}

// Folder is where the servers have their files.
func (d *Deployment) Folder() string { return d.group.Folder() }

// Log is the end of what the server of a host wrote to its log; "" for a host without one.
func (d *Deployment) Log(host string) string {
	m, err := d.member(host)
	if err != nil {
		return ""
	}
	return m.server.Log()
}

func (d *Deployment) member(host string) (*member, error) {
	for _, m := range d.members {
		if m.Name == host {
			return m, nil
		}
	}
	return nil, fmt.Errorf("no server runs on a host called %q", host)
}
