package check

import (
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/slots"
)

// clusterRules are about an open-source cluster, whose nodes elect replicas by themselves.
func clusterRules() []Rule {
	return []Rule{
		{
			ID: "cluster-state", Title: "the cluster is up, and somebody owns every slot", Group: Durability, Severity: Failure, Source: sourceScaling,
			Why:   "a cluster that is down serves nothing, and slots that nobody owns hold no keys: a second failure finds it broken already",
			Fix:   "see CLUSTER NODES for who is down and which slots nobody owns; redis-cli --cluster fix assigns them",
			Judge: running(ofClusters(clusterState)),
		},
		{
			ID: "cluster-primaries", Title: "a cluster has three primaries or more, each with a replica", Group: Durability, Severity: Failure, Source: sourceScaling,
			Why:   "the majority of primaries elects: of two none may be lost, and the slots of one without a replica are gone with it",
			Fix:   "three primaries on machines of their own, and a replica of each on another one: redis-cli --cluster add-node NEW ANY --cluster-slave",
			Judge: running(ofClusters(clusterPrimaries)),
		},
		{
			ID: "cluster-majority-apart", Title: "no machine takes the majority of the primaries with it", Group: Durability, Severity: Failure, Source: sourceClusterSpec,
			Why:   "the primaries that are left are too few to elect: the whole cluster stays down until that machine is back",
			Fix:   "move primaries (CLUSTER FAILOVER at a replica elsewhere) so that no host has half of them",
			Judge: running(ofClusters(clusterApart)),
		},
		{
			ID: "cluster-node-timeout", Title: "nodes wait as long as the RTO allows, and no shorter than a server may hesitate", Group: Durability, Severity: Failure, Source: sourceClusterSpec,
			Why:   "too long, and the outage is; too short, and a slow fork or a busy machine is a failover, which loses writes",
			Fix:   set("cluster-node-timeout", "5000") + ", the same at every node",
			Judge: ofNodes(nodeTimeout),
		},
		{
			ID: "cluster-full-coverage", Title: "the failure of one shard does not stop the others, where an RTO is given", Group: Durability, Severity: Warning, Source: sourceConf,
			Why:   "with full coverage asked for, no node serves anything while one slot has no owner: a failover of one shard is an outage of all",
			Fix:   set("cluster-require-full-coverage", "no") + ", the same at every node, if applications can do with a part of their keys",
			Judge: ofNodes(fullCoverage),
		},
		{
			ID: "cluster-replica-validity", Title: "a replica that was just cut off may be elected, and none that was for long, where an RPO is given", Group: Durability, Severity: Warning, Source: sourceConf,
			Why:   "a factor of 0 elects a replica however old its data is; too small a one leaves nobody to elect, and the slots down",
			Fix:   set("cluster-replica-validity-factor", "10") + ", the same at every node",
			Judge: ofNodes(replicaValidity),
		},
	}
}

// ofClusters makes a Judge of what is said of an open-source cluster.
func ofClusters(judge func(Region, Cluster) []Finding) func(*Facts, Target) []Finding {
	return replicated(ofRegions(func(_ *Facts, _ Target, r Region) []Finding {
		switch {
		case r.Cluster.Known():
			return judge(r, r.Cluster.Value)
		case r.clustered():
			return []Finding{unknown(r.subject(), r.Cluster.Standing, "its nodes (CLUSTER INFO, CLUSTER NODES)")}
		case len(r.Servers) > 0 && !r.told():
			return []Finding{untold(r.subject(), "it does not tell whether it is a cluster")}
		}
		return []Finding{nothing("it is no open-source cluster")}
	}))
}

// ofNodes makes a Judge of what is said of each node of an open-source cluster, whose settings those of other servers are not.
func ofNodes(judge judgeServer) func(*Facts, Target) []Finding {
	return replicated(ofServers(allServers, func(t Target, r Region, s Server) Finding {
		if !r.clustered() {
			return nothing("it is no open-source cluster")
		}
		return judge(t, r, s)
	}))
}

// clustered tells whether the region is an open-source cluster.
func (r Region) clustered() bool {
	return r.Cluster.Known() || !r.managed() && slices.ContainsFunc(r.Servers, func(s Server) bool { return is(s.Vitals.Mode, "cluster") })
}

// told tells whether some server of the region said what mode it runs in, or is of a service that does not.
func (r Region) told() bool {
	for _, s := range r.Servers {
		if s.Vitals.Mode.Known() || s.managed() {
			return true
		}
	}
	return false
}

func clusterState(r Region, c Cluster) []Finding {
	switch {
	case c.State != "" && c.State != "ok":
		return []Finding{broken(r.subject(), "", "cluster_state is %s, with %s of %s assigned", c.State, words.Thousands(c.Assigned), words.Count(slots.Count, "slot"))}
	case c.Assigned < slots.Count:
		return []Finding{broken(r.subject(), "", "%s of %s have no owner", words.Thousands(slots.Count-c.Assigned), words.Count(slots.Count, "slot"))}
	}
	return []Finding{pass(r.subject(), "cluster_state is %s, and all slots have an owner", c.State)}
}

func clusterPrimaries(r Region, c Cluster) []Finding {
	var found []Finding
	var failed, alone []string
	for _, p := range c.Primaries {
		switch {
		case p.Failed:
			failed = append(failed, p.Address)
		case len(p.Replicas) == 0:
			alone = append(alone, p.Address)
		}
	}
	n := len(c.Primaries)
	if n < 3 {
		found = append(found, broken(r.subject(), "", "slots have %d owners: when one is lost, no majority is left that could elect its replica", n))
	}
	if len(failed) > 0 {
		found = append(found, broken(r.subject(), "see why, and start it again", "held down: %s", words.Enumerate(failed)))
	}
	if len(alone) > 0 {
		found = append(found, broken(r.subject(), "", "without a replica: %s", words.Enumerate(alone)))
	}
	if len(found) == 0 {
		found = append(found, pass(r.subject(), "%d primaries, each with a replica", n))
	}
	return found
}

func clusterApart(r Region, c Cluster) []Finding {
	n, where := len(c.Primaries), tally{}
	for _, p := range c.Primaries {
		host := hostOf(p.Address)
		if loopback(host) {
			return []Finding{nothing("its nodes run on this machine")}
		}
		where.count(host, p.Address)
	}
	var found []Finding
	for _, host := range slices.Sorted(maps.Keys(where)) {
		here := where[host]
		if n >= 3 && n-len(here) < majorityOf(n) {
			found = append(found, broken(r.subject(), "", "%d of %d primaries run on %s: without it no majority is left to elect", len(here), n, host))
		}
	}
	switch {
	case n < 3:
		return []Finding{nothing("there are fewer than three primaries")}
	case len(found) > 0:
		return found
	}
	return []Finding{pass(r.subject(), "%d primaries run on %s", n, words.Count(len(where), "host"))}
}

// shortestNodeTimeout is the least that nodes may wait: a fork of a large server, or a machine that is busy, takes as long.
const shortestNodeTimeout = time.Second

func nodeTimeout(t Target, _ Region, s Server) Finding {
	timeout := s.lasting("cluster-node-timeout", time.Millisecond)
	switch {
	case !timeout.Known():
		return s.notTold("cluster-node-timeout", timeout.Standing)
	case timeout.Value < shortestNodeTimeout:
		return warned("", "", "cluster-node-timeout is %s: nodes that hesitate as long are replaced", words.Rough(timeout.Value))
	case t.RTO != nil && timeout.Value >= *t.RTO:
		return broken("", byVote(timeout.Value).fix(*t.RTO), "cluster-node-timeout is %s: the RTO of %s is over before a failover begins", words.Rough(timeout.Value), words.Rough(*t.RTO))
	}
	return pass("", "cluster-node-timeout is %s", words.Rough(timeout.Value))
}

func fullCoverage(t Target, _ Region, s Server) Finding {
	switch full := s.yes("cluster-require-full-coverage"); {
	case !full.Known():
		return s.notTold("cluster-require-full-coverage", full.Standing)
	case full.Value && t.RTO != nil:
		return warned("", "", "%s: while one shard is down, all are", s.says("cluster-require-full-coverage", "yes"))
	case full.Value:
		return pass("", "%s: while one shard is down, all are", s.says("cluster-require-full-coverage", "yes"))
	}
	return pass("", "%s: while one shard is down, the others serve", s.says("cluster-require-full-coverage", "no"))
}

func replicaValidity(t Target, _ Region, s Server) Finding {
	factor, timeout, ping := s.number("cluster-replica-validity-factor"), s.lasting("cluster-node-timeout", time.Millisecond), s.lasting("repl-ping-replica-period", time.Second)
	switch {
	case !factor.Known():
		return s.notTold("cluster-replica-validity-factor", factor.Standing)
	case factor.Value == 0 && t.RPO != nil:
		return warned("", "", "%s: a replica is elected however old its data is", s.says("cluster-replica-validity-factor", "0"))
	case factor.Value == 0:
		return pass("", "%s: to be up counts more than what is lost", s.says("cluster-replica-validity-factor", "0"))
	case !timeout.Known() || !ping.Known():
		return s.notTold("cluster-node-timeout and repl-ping-replica-period", max(timeout.Standing, ping.Standing))
	}
	// redis.conf: one is not elected that has not heard of its primary for node-timeout x factor + repl-ping-replica-period.
	limit := plus(times(timeout.Value, factor.Value), ping.Value)
	text := strings.Join([]string{"a replica is elected that heard of its primary within", words.Rough(timeout.Value), "x", words.Thousands(factor.Value), "+", words.Rough(ping.Value), "=", words.Rough(limit)}, " ")
	if limit < 2*timeout.Value {
		return warned("", "", "%s: less than the %s that pass until the primary is held down", text, words.Rough(2*timeout.Value))
	}
	return pass("", "%s", text)
}
