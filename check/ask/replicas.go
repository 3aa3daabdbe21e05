package ask

import (
	"slices"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/region"
)

// replica is one that somebody told of.
type replica struct {
	address string
	shard   int
}

// replicas are those that the primaries, the nodes of a cluster and the sentinels tell of, each address once.
func (i *inquiry) replicas() []replica {
	var all []replica
	known := map[string]bool{}
	add := func(told string, shard int) {
		if address := i.examiner.Used(told); !known[address] {
			known[address] = true
			all = append(all, replica{address, shard})
		}
	}
	for _, s := range i.servers {
		known[s.facts.Address] = true
	}
	for _, s := range i.servers {
		for _, f := range s.facts.Vitals.Replication.Replicas.Value {
			add(f.Address, s.facts.Shard)
		}
	}
	shards := map[string]int{}
	for at, shard := range i.region.Map.Value.Shards {
		shards[shard.ID] = at
	}
	for _, n := range i.cluster.Nodes {
		if at, ok := shards[n.Primary]; ok && n.Primary != "" {
			add(n.Address, at)
		}
	}
	for _, watcher := range i.region.Sentinels {
		for _, r := range watcher.Replicas {
			add(r.Address, 0)
		}
	}
	return all
}

// dropTwins leaves out replicas that are a server known already, by another of its addresses.
func (i *inquiry) dropTwins(primaries int) {
	var seen []string
	kept := i.servers[:0]
	for at, s := range i.servers {
		id := s.facts.Vitals.RunID
		if at >= primaries && id.Known() && slices.Contains(seen, id.Value) {
			continue
		}
		if id.Known() {
			seen = append(seen, id.Value)
		}
		kept = append(kept, s)
	}
	i.servers = kept
}

// clusterFacts are what a node says of its cluster.
func (i *inquiry) clusterFacts(v region.ClusterView) check.Cluster {
	c := check.Cluster{State: v.State, Assigned: v.Assigned}
	for _, n := range v.Nodes {
		if n.Primary != "" || n.Slots == 0 {
			continue
		}
		p := check.ClusterPrimary{Address: i.examiner.Used(n.Address), Failed: n.Down}
		for _, r := range v.Nodes {
			if r.Primary == n.ID && !r.Down {
				p.Replicas = append(p.Replicas, i.examiner.Used(r.Address))
			}
		}
		c.Primaries = append(c.Primaries, p)
	}
	return c
}
