package inside

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/drill/promotion/application"
	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/pause"
	"github.com/aafailover/aafailover/slots"
)

// learnSentinels asks the sentinels, the first one that answers, who the servers are.
func (d *Deployment) learnSentinels(ctx context.Context) error {
	for _, address := range d.options.Region.Discovery {
		d.sentinels[address] = true
		d.guards = append(d.guards, redis.NewSentinelClient(d.plainSentinel(address)))
	}
	var errs []error
	for i, g := range d.guards {
		err := d.learnFrom(ctx, g)
		if err == nil {
			return nil
		}
		errs = append(errs, d.fail(d.options.Region.Discovery[i], "ask for the servers of "+d.options.Region.Service, err))
	}
	return hint.Wrap(errors.Join(errs...), "the sentinels must be reachable from here, and tell of replicas and of each other: SENTINEL MASTER, REPLICAS and SENTINELS")
}

// plainSentinel are the options of a client of one sentinel.
func (d *Deployment) plainSentinel(address string) *redis.Options {
	o := d.plain(address, d.toSentinel)
	o.DB = 0
	return o
}

func (d *Deployment) learnFrom(ctx context.Context, g *redis.SentinelClient) error {
	service := d.options.Region.Service
	at, err := g.GetMasterAddrByName(ctx, service).Result()
	if err != nil {
		return err
	}
	if len(at) != 2 {
		return fmt.Errorf("%q is not an address", at)
	}
	replicas, err := g.Replicas(ctx, service).Result()
	if err != nil {
		return err
	}
	others, err := g.Sentinels(ctx, service).Result()
	if err != nil {
		return err
	}
	master, err := g.Master(ctx, service).Result()
	if err != nil {
		return err
	}
	primary := net.JoinHostPort(at[0], at[1])
	d.hosts = []promotion.Host{{Name: primary, Role: promotion.Primary, Address: primary}}
	for _, r := range replicas {
		address := net.JoinHostPort(r["ip"], r["port"])
		d.hosts = append(d.hosts, promotion.Host{Name: address, Role: promotion.Follower, Address: address})
	}
	for _, address := range d.options.Region.Discovery {
		d.hosts = append(d.hosts, promotion.Host{Name: address, Role: promotion.Guard, Address: address})
	}
	for _, s := range others {
		d.sentinels[net.JoinHostPort(s["ip"], s["port"])] = true
	}
	d.shards = []slots.Shard{{ID: "all", Address: primary, Slots: []slots.Range{{First: 0, Last: slots.Count - 1}}}}
	d.settings.DownAfter, d.settings.FailoverTimeout = milliseconds(master["down-after-milliseconds"]), milliseconds(master["failover-timeout"])
	d.ids = make([]string, len(d.hosts))
	return nil
}

func milliseconds(text string) time.Duration {
	n, _ := strconv.Atoi(text) // what is no number is not known
	return time.Duration(n) * time.Millisecond
}

// formWithin is how long a node may be no shard's: one that has just become a replica is called a primary by those that have not
// heard of it, and owns nothing.
const formWithin = 5 * time.Second

// learnCluster asks the endpoint who owns which slots, and who their replicas are.
func (d *Deployment) learnCluster(ctx context.Context) error {
	seed := redis.NewClient(d.plain(d.options.Region.Address, d.toServer))
	defer seed.Close() //nolint:errcheck // everything was answered
	forming, cancel := context.WithTimeout(ctx, formWithin)
	defer cancel()
	for {
		d.hosts, d.ids, d.shards = nil, nil, nil
		nodes, err := d.learnShards(ctx, seed)
		if err != nil {
			return err
		}
		unowned := unownedIn(nodes, d.ids)
		if len(unowned) == 0 {
			return ctx.Err()
		}
		if !pause.For(forming, settlePause) {
			d.limits = append(d.limits, strings.Join(unowned, ", ")+" own no slots and are nobody's replica: the drill does not look at them")
			return ctx.Err()
		}
	}
}

// learnShards asks once, and returns the answer to CLUSTER NODES; "" where that is refused.
func (d *Deployment) learnShards(ctx context.Context, seed *redis.Client) (nodes string, err error) {
	all, err := seed.ClusterSlots(ctx).Result() //nolint:staticcheck // servers before 7.0 have no CLUSTER SHARDS
	if err != nil {
		return "", hint.Wrap(d.fail(d.options.Region.Address, "ask who owns the slots", err), "a deployment with sentinels is drilled by --topology sentinel")
	}
	slices.SortFunc(all, func(a, b redis.ClusterSlot) int { return cmp.Compare(a.Start, b.Start) })
	shardOf := make(map[string]int) // by the id of the primary
	for _, one := range all {
		if len(one.Nodes) == 0 {
			continue
		}
		ranged := slots.Range{First: one.Start, Last: one.End}
		primary := one.Nodes[0]
		if i, known := shardOf[primary.ID]; known {
			d.shards[i].Slots = append(d.shards[i].Slots, ranged)
			continue
		}
		i := len(d.shards)
		shardOf[primary.ID] = i
		d.shards = append(d.shards, slots.Shard{ID: "shard " + strconv.Itoa(i+1), Address: d.reachedAt(primary.Addr), Slots: []slots.Range{ranged}})
		for j, n := range one.Nodes {
			h := promotion.Host{Role: promotion.Follower, Shard: i, Address: d.reachedAt(n.Addr)}
			if h.Name = h.Address; j == 0 {
				h.Role = promotion.Primary
			}
			d.hosts, d.ids = append(d.hosts, h), append(d.ids, n.ID)
		}
	}
	if len(d.shards) == 0 {
		return "", d.fail(d.options.Region.Address, "ask who owns the slots", errors.New("nobody does"))
	}
	nodes, err = seed.ClusterNodes(ctx).Result()
	if err != nil {
		d.limits = append(d.limits, "nobody tells when a primary is held down ("+err.Error()+"): that part of the time to recover is not known")
		return "", ctx.Err()
	}
	d.addHidden(nodes, shardOf)
	return nodes, nil
}

// unownedIn are the addresses of the nodes of CLUSTER NODES, as far as they are up, that are not among those of known ids.
func unownedIn(nodes string, ids []string) (all []string) {
	for line := range strings.Lines(nodes) {
		words := strings.Fields(line)
		if len(words) < 3 || slices.Contains(ids, words[0]) {
			continue
		}
		if flags := strings.Split(words[2], ","); !slices.Contains(flags, "fail") && !slices.Contains(flags, "noaddr") {
			address, _, _ := strings.Cut(words[1], "@")
			all = append(all, address)
		}
	}
	return all
}

// addHidden adds the replicas that CLUSTER SLOTS tells nobody of, since they have replicated nothing yet: the lines
// ID HOST:PORT@BUS,NAME FLAGS PRIMARY… of CLUSTER NODES have them.
func (d *Deployment) addHidden(text string, shardOf map[string]int) {
	for line := range strings.Lines(text) {
		words := strings.Fields(line)
		if len(words) < 4 || slices.Contains(d.ids, words[0]) {
			continue
		}
		shard, replicates := shardOf[words[3]]
		if announced, _, ok := strings.Cut(words[1], "@"); ok && replicates {
			address := d.reachedAt(announced)
			d.hosts = append(d.hosts, promotion.Host{Name: address, Role: promotion.Follower, Shard: shard, Address: address})
			d.ids = append(d.ids, words[0])
		}
	}
}

// reachedAt is the address of a node. One that does not know its own host is at that of the endpoint.
func (d *Deployment) reachedAt(announced string) string {
	host, port, err := net.SplitHostPort(announced)
	if err != nil || host != "" {
		return announced
	}
	if host, _, err = net.SplitHostPort(d.options.Region.Address); err != nil {
		return announced
	}
	return net.JoinHostPort(host, port)
}

// learnSettings reads those of the first primary, where that is allowed.
func (d *Deployment) learnSettings(ctx context.Context) error {
	var refused error
	get := func(name string) string {
		all, err := d.readers[0].ConfigGet(ctx, name).Result()
		if err != nil {
			refused = cmp.Or(refused, err)
		}
		return all[name]
	}
	s := &d.settings
	s.AOF, s.Fsync = get("appendonly") == "yes", get("appendfsync")
	s.MinReplicas, _ = strconv.Atoi(get("min-replicas-to-write"))
	lag, _ := strconv.Atoi(get("min-replicas-max-lag"))
	s.MaxLag = time.Duration(lag) * time.Second
	if s.MaxLag == 0 {
		s.MinReplicas = 0 // either of them being 0 turns it off
	}
	if d.options.Topology == promotion.Cluster {
		s.NodeTimeout, s.Reload = milliseconds(get("cluster-node-timeout")), cmp.Or(d.options.Reload, application.DefaultReload)
	}
	if refused != nil {
		d.limits = append(d.limits, "the settings of the servers are not known ("+refused.Error()+")")
	}
	d.limits = append(d.limits, "the second client of a scenario is on this host", "how replicas caught up is not known")
	return ctx.Err()
}
