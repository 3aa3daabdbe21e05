package topology

import (
	"context"
	"fmt"
	"strconv"

	"github.com/aafailover/aafailover/redisconf"
	"github.com/aafailover/aafailover/slots"
)

// clusterShape is three primaries that own a third of the slots each, and a replica of each.
type clusterShape struct{}

const shards = 3

func (clusterShape) lay() []Host {
	var all []Host
	for i := range 2 * shards {
		all = append(all, Host{Name: fmt.Sprintf("node-%d", i+1), Runs: RunsServer, Primary: i < shards, Shard: i % shards})
	}
	return all
}

func (clusterShape) serve(d *Deployment, m *member) error {
	host, port := split(m.Addr)
	_, bus := split(m.fronts[1].Addr())
	return d.add(m, redisconf.Config{}.
		With("cluster-enabled", "yes").
		With("cluster-node-timeout", milliseconds(d.options.NodeTimeout)).
		With("cluster-announce-ip", host).
		With("cluster-announce-port", port).
		With("cluster-announce-bus-port", bus).
		Over(d.serverSettings(m)))
}

func (clusterShape) form(ctx context.Context, d *Deployment) error {
	d.progress(fmt.Sprintf("starting %d nodes", len(d.members)))
	if err := d.start(ctx, d.members...); err != nil {
		return err
	}
	if err := d.meet(ctx); err != nil {
		return err
	}
	d.progress("the nodes have met; each replica is given its primary")
	return d.assign(ctx)
}

// meet gives the primaries their slots, and has all nodes know each other.
func (d *Deployment) meet(ctx context.Context) error {
	first := d.members[0]
	host, port := split(first.Addr)
	_, bus := split(first.fronts[1].Addr())
	for i, m := range d.members {
		// Epochs that differ from the start: nodes that meet with equal ones spend seconds to sort that out.
		if err := d.order(ctx, m.Name, "CLUSTER", "SET-CONFIG-EPOCH", strconv.Itoa(i+1)); err != nil {
			return err
		}
		if m.Primary {
			if err := d.order(ctx, m.Name, addSlots(slots.Even(shards)[m.Shard])...); err != nil {
				return err
			}
		}
		if i > 0 {
			if err := d.order(ctx, m.Name, "CLUSTER", "MEET", host, port, bus); err != nil {
				return err
			}
		}
	}
	return d.await(ctx, func(views []View) []string {
		var lacking []string
		for _, v := range views {
			if len(v.Peers) != len(d.members)-1 {
				lacking = append(lacking, fmt.Sprintf("%s knows %d of %d others", v.Host, len(v.Peers), len(d.members)-1))
			}
		}
		return lacking
	})
}

// addSlots gives slots one by one: servers before 7.0 take no ranges.
func addSlots(ranges []slots.Range) []string {
	words := []string{"CLUSTER", "ADDSLOTS"}
	for _, r := range ranges {
		for slot := r.First; slot <= r.Last; slot++ {
			words = append(words, strconv.Itoa(slot))
		}
	}
	return words
}

// assign makes the nodes without slots replicas.
func (d *Deployment) assign(ctx context.Context) error {
	for _, m := range d.members[shards:] {
		id, err := d.Ask(ctx, d.members[m.Shard].Name, "CLUSTER", "MYID")
		if err != nil {
			return err
		}
		if err := d.order(ctx, m.Name, "CLUSTER", "REPLICATE", id.Str); err != nil {
			return err
		}
	}
	return nil
}

func (clusterShape) unsettled(d *Deployment, views []View) []string {
	var lacking []string
	answering := make(map[string]View)
	for _, v := range views {
		answering[v.Host] = v
	}
	for _, v := range views {
		say := func(format string, args ...any) {
			lacking = append(lacking, v.Host+" "+fmt.Sprintf(format, args...))
		}
		if v.State != StateOK {
			say("says that the cluster is not up")
		}
		for _, m := range d.members {
			opinion, known := v.Peers[m.Name]
			_, answers := answering[m.Name]
			switch {
			case m.Name == v.Host:
			case !known:
				say("does not know %s", m.Name)
			case answers && opinion != PeerOK:
				say("holds %s for down: %s", m.Name, opinion)
			}
		}
		if v.Role == RoleReplica {
			lacking = append(lacking, v.lagging(v.Primary)...)
			if answering[v.Primary].Role != RoleMaster {
				say("is a replica of %s, which is no primary", orNobody(v.Primary))
			}
		}
	}
	if v, ok := ownersDiffer(views); ok {
		lacking = append(lacking, v)
	}
	return lacking
}
