package rehearsal

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strconv"
	"time"

	"github.com/redis/go-redis/v9"
	"github.com/redis/go-redis/v9/maintnotifications"

	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/drill/promotion/application"
	"github.com/aafailover/aafailover/lab/topology"
	"github.com/aafailover/aafailover/slots"
)

// learn finds out what was started.
func (d *Deployment) learn(ctx context.Context, downAfter, nodeTimeout time.Duration) error {
	if err := d.learnShards(ctx); err != nil {
		return err
	}
	var guards []promotion.Host
	shardOf := d.shardsOfHosts(ctx)
	for _, h := range d.lab.Hosts() {
		one := promotion.Host{Name: h.Name, Address: h.Addr}
		switch {
		case h.Runs == topology.RunsSentinel:
			one.Role = promotion.Guard
			guards = append(guards, one)
			continue
		case h.Runs != topology.RunsServer:
			continue
		case !h.Primary:
			one.Role = promotion.Follower
		}
		one.Shard = shardOf[h.Name]
		d.hosts = append(d.hosts, one)
	}
	d.hosts = append(d.hosts, guards...)
	d.mu.Lock()
	for i, h := range d.hosts {
		d.index[h.Name] = i
	}
	d.mu.Unlock()
	var err error
	if d.dial, err = d.lab.Dialer(applicationHost); err != nil {
		return err
	}
	d.readers = make([]*redis.Client, len(d.hosts))
	for i, h := range d.hosts {
		if h.Role != promotion.Guard {
			d.readers[i] = d.reader(h)
		}
	}
	return d.learnSettings(ctx, downAfter, nodeTimeout)
}

// learnShards reads who owns which slots, in the order of the first slot.
func (d *Deployment) learnShards(ctx context.Context) error {
	if d.options.Topology != promotion.Cluster {
		d.shards = []slots.Shard{{ID: "all", Slots: []slots.Range{{First: 0, Last: slots.Count - 1}}}}
		for _, h := range d.lab.Hosts() {
			if h.Primary {
				d.shards[0].Address = h.Addr
			}
		}
		return nil
	}
	m, err := d.lab.SlotMap(ctx)
	if err != nil {
		return err
	}
	d.shards = m.Shards
	slices.SortFunc(d.shards, func(a, b slots.Shard) int { return a.Slots[0].First - b.Slots[0].First })
	for i := range d.shards {
		d.shards[i].ID = "shard " + strconv.Itoa(i+1)
	}
	return nil
}

// shardsOfHosts is the shard of each server: that of its primary.
func (d *Deployment) shardsOfHosts(ctx context.Context) map[string]int {
	of := make(map[string]int)
	if d.options.Topology != promotion.Cluster {
		return of
	}
	for _, v := range d.lab.Roles(ctx) {
		for i, s := range d.shards {
			if d.lab.Name(s.Address) == v.Primary {
				of[v.Host] = i
			}
		}
	}
	return of
}

// reader is a client of one server that reads what is there, on a replica of a cluster, too.
func (d *Deployment) reader(h promotion.Host) *redis.Client {
	o := &redis.Options{
		Addr: h.Address, Password: d.password, Protocol: 2, Dialer: d.dial, MaxRetries: -1, DialerRetries: 1, ContextTimeoutEnabled: true,
		PipelinePoolSize: -1, DisableIdentity: true, MaintNotificationsConfig: &maintnotifications.Config{Mode: maintnotifications.ModeDisabled},
	}
	if d.options.Topology == promotion.Cluster {
		o.OnConnect = func(ctx context.Context, c *redis.Conn) error { return c.ReadOnly(ctx).Err() }
	}
	return redis.NewClient(o)
}

// learnSettings reads those of the first primary.
func (d *Deployment) learnSettings(ctx context.Context, downAfter, nodeTimeout time.Duration) error {
	get := func(name string) (string, error) {
		all, err := d.readers[0].ConfigGet(ctx, name).Result()
		if err != nil {
			return "", fmt.Errorf("%s (%s): read its %s: %w", d.hosts[0].Name, d.hosts[0].Address, name, err)
		}
		return all[name], nil
	}
	number := func(name string) (int, error) {
		text, err := get(name)
		if err != nil {
			return 0, err
		}
		return strconv.Atoi(text)
	}
	s := &d.settings
	var err error
	if s.MinReplicas, err = number("min-replicas-to-write"); err != nil {
		return err
	}
	lag, err := number("min-replicas-max-lag")
	if err != nil {
		return err
	}
	s.MaxLag = time.Duration(lag) * time.Second
	if s.MaxLag == 0 {
		s.MinReplicas = 0 // either of them being 0 turns it off
	}
	aof, err := get("appendonly")
	if err != nil {
		return err
	}
	s.AOF = aof == "yes"
	if s.Fsync, err = get("appendfsync"); err != nil {
		return err
	}
	if d.options.Topology == promotion.Cluster {
		s.NodeTimeout = cmp.Or(nodeTimeout, topology.DefaultNodeTimeout)
		s.Reload = cmp.Or(d.options.Reload, application.DefaultReload)
		return nil
	}
	s.DownAfter = cmp.Or(downAfter, topology.DefaultDownAfter)
	if d.options.Topology == promotion.Sentinel {
		s.FailoverTimeout = topology.DefaultFailoverTimeout
	}
	return nil
}
