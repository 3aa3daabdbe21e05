package check_test

import (
	"testing"
	"time"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/vitals"
)

// replica puts a replica of the first server beside it, with the defaults but for names and values in turn.
func replica(change func(*check.Server), namesAndValues ...string) func(*check.Region) {
	return func(r *check.Region) {
		other := region(r.Name, defaults(namesAndValues...)).Servers[0]
		other.Address = "10.0.0.2:6379"
		other.Vitals.Replication.Role = known(vitals.Replica)
		other.Vitals.Replication.LinkUp = known(true)
		if change != nil {
			change(&other)
		}
		r.Servers = append(r.Servers, other)
		followed(follower(other.Address))(r)
	}
}

// pair is a primary and its replica.
func pair(change func(*check.Server), namesAndValues ...string) *check.Facts {
	return facts(region("us", defaults(), replica(change, namesAndValues...)))
}

func TestReplicas(t *testing.T) {
	judge(t, "replicas", []row{
		{"a primary with one passes", pair(nil), check.Passed, []string{"us (us.example:6379): 1 replica"}},
		{"one without is a choice where there is another region", facts(region("us", followed()), region("eu", followed())), check.Warned, []string{"no replica is connected"}},
		{"and where there is none, nobody takes over", facts(region("us", followed())), check.Broken, []string{"when it fails, nobody takes over from it"}},
		{"who does not tell is not judged", bare(), check.Untold, nil},
		{"nor is Redis Enterprise by what a proxy says", facts(region("us", ofEnterprise, followed())), check.Untold, []string{"REST API"}},
		{"nor a file", fromFile(bare()), check.NotApplicable, nil},
		{"nor a lab", inLab(facts(region("us", followed()))), check.NotApplicable, []string{"have no replicas"}},
		{"nor a region that cannot be reached", facts(region("us", unreachable)), check.Untold, []string{"it cannot be reached"}},
	})
}

func TestReplicaLinks(t *testing.T) {
	link := func(change func(*vitals.Replication)) *check.Facts {
		return pair(func(s *check.Server) { change(&s.Vitals.Replication) })
	}
	judge(t, "replica-links", []row{
		{"a link that is up passes", pair(nil), check.Passed, []string{"us (10.0.0.2:6379)"}},
		{"one that is down does not", link(func(r *vitals.Replication) { r.LinkUp, r.LinkDownFor = known(false), known(40*time.Second) }), check.Broken, []string{"down for 40.00 s"}},
		{"a copy that is under way ends by itself", link(func(r *vitals.Replication) { r.LinkUp, r.Syncing = known(false), known(true) }), check.Warned, []string{"being copied"}},
		{"what is not told is not judged", link(func(r *vitals.Replication) { r.LinkUp = vitals.Field[bool]{} }), check.Untold, nil},
		{"nor is a replica that could not be asked", pair(func(s *check.Server) { s.Failed = "no route to host" }), check.Untold, []string{"no route to host"}},
		{"without replicas there are no links", facts(region("us", followed())), check.NotApplicable, nil},
	})
}

func TestReplicaLag(t *testing.T) {
	lag := func(f vitals.Follower) *check.Facts {
		return facts(region("us", followed(f), server(func(s *check.Server) {
			s.Vitals.Replication.Offset, s.Rates.Effects = known(int64(21_000)), known(1000.)
		})))
	}
	at := func(offset int64, lag time.Duration) vitals.Follower {
		return vitals.Follower{Address: "10.0.0.2:6379", State: "online", Offset: known(offset), Lag: known(lag)}
	}
	judge(t, "replica-lag", []row{
		{"one that has everything passes", lag(at(21_000, 0)), check.Passed, []string{"has everything"}},
		{"one that is a little behind passes, with the figure", lag(at(20_000, time.Second)), check.Passed, []string{"1 kB (about 1 s) behind"}},
		{"one that is seconds behind does not", lag(at(1000, 0)), check.Broken, []string{"20 kB (about 20 s) behind"}},
		{"one that acknowledges nothing does not", lag(at(21_000, 12*time.Second)), check.Broken, []string{"acknowledged nothing for 12.00 s"}},
		{"one that is being copied to is said", lag(vitals.Follower{Address: "a:1", State: "wait_bgsave"}), check.Warned, []string{"all data"}},
		{"one in no known state is broken", lag(vitals.Follower{Address: "a:1", State: "gone"}), check.Broken, []string{"gone"}},
		{"one that tells nothing is not judged", lag(vitals.Follower{Address: "a:1", State: "online"}), check.Untold, nil},
		{"without replicas nothing lags", facts(region("us", followed())), check.NotApplicable, nil},
	})
	judgeFor(t, rpo(500*time.Millisecond), "replica-lag", []row{
		{"acknowledgements come once a second, so a shorter RPO asks for no more than that", lag(at(20_000, time.Second)), check.Passed, nil},
		{"which are told in whole seconds, so that two may be little more than one", lag(at(21_000, 2*time.Second)), check.Passed, nil},
		{"and three are more", lag(at(21_000, 3*time.Second)), check.Broken, nil},
		{"what was written since the last one may have come", lag(at(19_000, 0)), check.Passed, nil},
		{"and what was written before has not", lag(at(18_000, 0)), check.Broken, nil},
	})
}

func TestReplicaReadOnly(t *testing.T) {
	judge(t, "replica-read-only", []row{
		{"yes passes", pair(nil), check.Passed, nil},
		{"no at a replica does not", pair(nil, "replica-read-only", "no"), check.Broken, []string{"us (10.0.0.2:6379): replica-read-only is no"}},
		{"no at a primary will", bare("replica-read-only", "no"), check.Warned, nil},
		{"what may not be asked for is not judged", facts(region("us", refused)), check.Untold, nil},
	})
}

func TestReplicaPromotable(t *testing.T) {
	seen := func(replicas ...check.SentinelReplica) *check.Facts {
		return facts(region("us", func(r *check.Region) { r.Sentinels = []check.Sentinel{{Address: "10.0.0.7:26379", Replicas: replicas}} }))
	}
	judge(t, "replica-promotable", []row{
		{"a replica with the usual priority passes", pair(nil), check.Passed, []string{"1 replica may be promoted"}},
		{"one with 0 is never promoted", pair(nil, "replica-priority", "0"), check.Broken, []string{"none is ever promoted"}},
		{"what may not be asked for is not judged", pair(func(s *check.Server) { s.Vitals.Settings = nil }), check.Untold, nil},
		{"sentinels tell of all replicas", seen(check.SentinelReplica{Address: "a:1", Priority: 100}, check.SentinelReplica{Address: "b:1"}), check.Passed, []string{"1 of 2 replicas may be promoted, and not b:1"}},
		{"of which none may be 0", seen(check.SentinelReplica{Address: "a:1"}), check.Broken, nil},
		{"one that is down is said", seen(check.SentinelReplica{Address: "a:1", Priority: 100}, check.SentinelReplica{Address: "b:1", Priority: 1, Down: true}), check.Warned, []string{"b:1"}},
		{"all down is no failover", seen(check.SentinelReplica{Address: "a:1", Priority: 100, Down: true}), check.Broken, []string{"a:1 is down"}},
		{"a cluster does not go by it", facts(region("us", defaults(), replica(nil, "replica-priority", "0"), clusterOf(3))), check.NotApplicable, nil},
		{"without replicas there is none to promote", bare(), check.NotApplicable, nil},
	})
}

func TestReplicaPersistence(t *testing.T) {
	judge(t, "replica-persistence", []row{
		{"the same passes", pair(nil), check.Passed, []string{"snapshots alone"}},
		{"more does, too", pair(nil, "appendonly", "yes"), check.Passed, nil},
		{"less does not", facts(region("us", defaults("appendonly", "yes"), replica(nil))), check.Warned, []string{"the primary has appendonly yes, appendfsync everysec, and 10.0.0.2:6379 has snapshots alone"}},
		{"nor does a flush that is less often", facts(region("us", defaults("appendonly", "yes", "appendfsync", "always"), replica(nil, "appendonly", "yes"))), check.Warned, nil},
		{"what may not be asked for is not judged", pair(func(s *check.Server) { s.Vitals.Settings = nil }), check.Untold, nil},
		{"nor without the primary's", facts(region("us", replica(nil))), check.Untold, nil},
		{"without replicas there is nothing to compare", bare(), check.NotApplicable, nil},
	})
}

func TestReplicasApart(t *testing.T) {
	at := func(address string, lookup []check.Lookup, replicas ...string) *check.Facts {
		return facts(region("us", func(r *check.Region) {
			r.Servers[0].Address, r.Lookups = address, lookup
			for _, a := range replicas {
				r.Servers[0].Vitals.Replication.Replicas = known(append(r.Servers[0].Vitals.Replication.Replicas.Value, follower(a)))
			}
		}))
	}
	named := []check.Lookup{{Name: "us.example", Addresses: []string{"10.0.0.1"}}}
	judge(t, "replicas-apart", []row{
		{"another host passes", at("10.0.0.1:6379", nil, "10.0.0.2:6379"), check.Passed, []string{"on another host: 10.0.0.2:6379"}},
		{"one of two there is enough", at("10.0.0.1:6379", nil, "10.0.0.2:6379", "10.0.0.1:6380"), check.Passed, []string{"on its own: 10.0.0.1:6380"}},
		{"the same host does not", at("10.0.0.1:6379", nil, "10.0.0.1:6380"), check.Warned, []string{"on its own host are all of its replicas"}},
		{"a name is the addresses that it led to", at("us.example:6379", named, "10.0.0.1:6380"), check.Warned, nil},
		{"a name that was not looked up may be any host", at("us.example:6379", nil, "10.0.0.2:6379"), check.Untold, nil},
		{"this machine is a test", at("127.0.0.1:6379", nil, "127.0.0.1:6380"), check.NotApplicable, nil},
		{"without replicas there is nothing to part", bare(), check.NotApplicable, nil},
	})
}
