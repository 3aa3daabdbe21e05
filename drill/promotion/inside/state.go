package inside

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/redis/go-redis/v9"

	"github.com/aafailover/aafailover/drill/promotion"
)

// view is what a server says of its role.
type view struct {
	primary bool
	offset  int64
	linked  bool // of a replica: it is connected with its primary
	err     error
}

// roleOf asks a server what it is.
func (d *Deployment) roleOf(ctx context.Context, host int) view {
	reply, err := d.readers[host].Do(ctx, "role").Slice()
	if err != nil {
		return view{err: d.fail(d.hosts[host].Address, "ask for its role", err)}
	}
	v, ok := parseRole(reply)
	if !ok {
		v.err = d.fail(d.hosts[host].Address, "ask for its role", errors.New("the answer is none"))
	}
	return v
}

// parseRole takes the answer to ROLE: [master OFFSET …] or [slave HOST PORT STATE OFFSET].
func parseRole(reply []any) (v view, ok bool) {
	if len(reply) < 2 {
		return v, false
	}
	switch reply[0] {
	case "master":
		v.primary = true
		v.offset, ok = reply[1].(int64)
	case "slave":
		if len(reply) < 5 {
			return v, false
		}
		v.linked = reply[3] == "connected"
		v.offset, ok = reply[4].(int64)
	}
	return v, ok
}

// views asks all servers at once. That of a sentinel is empty.
func (d *Deployment) views(ctx context.Context) []view {
	all := make([]view, len(d.hosts))
	var asking sync.WaitGroup
	for i, r := range d.readers {
		if r != nil {
			asking.Go(func() { all[i] = d.roleOf(ctx, i) })
		}
	}
	asking.Wait()
	return all
}

// State asks every server what it is.
func (d *Deployment) State(ctx context.Context) (promotion.State, error) {
	views := d.views(ctx)
	s := promotion.State{Primaries: d.primaries(views)}
	for i, v := range views {
		if v.err != nil {
			return s, v.err
		}
		if d.readers[i] == nil || v.primary {
			continue
		}
		for _, p := range s.Primaries[d.hosts[i].Shard] {
			if views[p].offset != v.offset {
				s.Behind = fmt.Sprintf("%s is %d bytes behind %s", d.hosts[i].Name, views[p].offset-v.offset, d.hosts[p].Name)
			}
		}
	}
	return s, nil
}

// primaries are, for each shard, the hosts that call themselves its primary.
func (d *Deployment) primaries(views []view) [][]int {
	all := make([][]int, len(d.shards))
	for i, v := range views {
		if v.primary {
			all[d.hosts[i].Shard] = append(all[d.hosts[i].Shard], i)
		}
	}
	return all
}

// settlePause is the time between two looks at whether all servers replicate.
const settlePause = 200 * time.Millisecond

// Settled returns when all servers replicate, and whoever decides on failovers agrees.
func (d *Deployment) Settled(ctx context.Context) error {
	for {
		missing := d.unsettled(ctx)
		if missing == nil {
			return nil
		}
		select {
		case <-time.After(settlePause):
		case <-ctx.Done():
			return missing
		}
	}
}

// unsettled says what is missing; nil: nothing is.
func (d *Deployment) unsettled(ctx context.Context) error {
	views := d.views(ctx)
	var errs []error
	for i, v := range views {
		switch {
		case v.err != nil:
			errs = append(errs, v.err)
		case d.readers[i] != nil && !v.primary && !v.linked:
			errs = append(errs, fmt.Errorf("%s is not connected with its primary", d.hosts[i].Name))
		}
	}
	for i, all := range d.primaries(views) {
		if len(all) != 1 {
			errs = append(errs, fmt.Errorf("%s has %d primaries", d.shards[i].ID, len(all)))
		}
	}
	if len(errs) > 0 {
		return errors.Join(errs...)
	}
	if d.options.Topology == promotion.Sentinel {
		return d.disagreeing(ctx, d.hosts[d.primaries(views)[0][0]].Address)
	}
	return d.failingNodes(ctx)
}

// disagreeing says which sentinel takes another server for the primary.
func (d *Deployment) disagreeing(ctx context.Context, primary string) error {
	var errs []error
	for i, g := range d.guards {
		address := d.options.Region.Discovery[i]
		at, err := g.GetMasterAddrByName(ctx, d.options.Region.Service).Result()
		switch {
		case err != nil:
			errs = append(errs, d.fail(address, "ask for the primary", err))
		case len(at) != 2 || net.JoinHostPort(at[0], at[1]) != primary:
			errs = append(errs, fmt.Errorf("%s takes another server than %s for the primary", address, primary))
		}
	}
	return errors.Join(errs...)
}

// failingNodes says which node holds which down, where the nodes tell.
func (d *Deployment) failingNodes(ctx context.Context) error {
	var errs []error
	for i := range d.hosts {
		flags, err := d.flagsBy(ctx, i)
		if err != nil {
			continue // see learnSettings
		}
		for about, of := range flags {
			if about >= 0 && (slices.Contains(of, "fail") || slices.Contains(of, "fail?")) {
				errs = append(errs, fmt.Errorf("%s holds %s down", d.hosts[i].Name, d.hosts[about].Name))
			}
		}
	}
	return errors.Join(errs...)
}

// flagsBy are the flags that one node of a cluster gives the others, by their index.
func (d *Deployment) flagsBy(ctx context.Context, host int) (map[int][]string, error) {
	text, err := d.readers[host].ClusterNodes(ctx).Result()
	if err != nil {
		return nil, err
	}
	return parseFlags(text, d.ids), nil
}

// parseFlags takes the lines ID ADDRESS FLAG,FLAG… of CLUSTER NODES for the nodes of these ids.
func parseFlags(text string, ids []string) map[int][]string {
	flags := make(map[int][]string)
	for line := range strings.Lines(text) {
		if words := strings.Fields(line); len(words) > 2 {
			if i := slices.Index(ids, words[0]); i >= 0 {
				flags[i] = strings.Split(words[2], ",")
			}
		}
	}
	return flags
}

// Ping asks a server for a sign of life.
func (d *Deployment) Ping(ctx context.Context, host int) error {
	return d.readers[host].Ping(ctx).Err()
}

// Read tells for each key whether a server has it.
func (d *Deployment) Read(ctx context.Context, host int, keys []string) ([]bool, error) {
	asked := make([]*redis.IntCmd, len(keys))
	_, err := d.readers[host].Pipelined(ctx, func(p redis.Pipeliner) error {
		for i, key := range keys {
			asked[i] = p.Exists(ctx, key)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	found := make([]bool, len(keys))
	for i, a := range asked {
		found[i] = a.Val() == 1
	}
	return found, nil
}
