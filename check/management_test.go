package check_test

import (
	"testing"
	"time"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/enterprise"
	"github.com/aafailover/aafailover/slots"
)

// What clusters say of regions is tried with such, in package ask; here is what depends on what else is known.

// toldByAPI gives a region a REST API, which tells its database.
func toldByAPI(change ...func(*enterprise.Database, *check.ManagementFacts)) func(*check.Region) {
	return func(r *check.Region) {
		m := &check.ManagementFacts{Address: r.Name + ".example:9443"}
		d := enterprise.Database{UID: "1", ActiveActive: known(true), GUID: known("guid"), ReplicaID: known(r.Name)}
		for _, c := range change {
			c(&d, m)
		}
		m.Database = known(d)
		r.Management = m
	}
}

// apiSays gives a region a REST API of which little is known.
func apiSays(change func(*check.ManagementFacts)) func(*check.Region) {
	return func(r *check.Region) {
		r.Management = &check.ManagementFacts{Address: r.Name + ".example:9443"}
		change(r.Management)
	}
}

func TestAPIAnswers(t *testing.T) {
	judge(t, "api-answers", []row{
		{"an API that answers passes", facts(region("us", apiSays(func(*check.ManagementFacts) {}))), check.Passed, []string{"us (us.example:9443): it answers"}},
		{"that nothing checks who answers is worth a word", facts(region("us", apiSays(func(m *check.ManagementFacts) { m.Insecure = true }))), check.Warned, []string{"was shown the password"}},
		{"one that does not says nothing of the database", facts(region("us", apiSays(func(m *check.ManagementFacts) { m.Unreachable, m.Advice = "no answer in time", "look at the firewall" }))),
			check.Untold, []string{"no answer in time; that says nothing of the database", "[look at the firewall]"}},
		{"without one there is nothing to ask, and how to give one is said", facts(region("us"), region("eu")), check.NotApplicable, []string{"--api NAME=https://USER@HOST:9443"}},
		{"a lab has none", inLab(facts(region("us"))), check.NotApplicable, []string{"a lab has no REST API"}},
	})
}

func TestAPISameDatabase(t *testing.T) {
	plain := func(d *enterprise.Database, _ *check.ManagementFacts) { d.ActiveActive = known(false) }
	judge(t, "api-same-database", []row{
		{"one region alone may be of any database", facts(region("us", toldByAPI(plain))), check.NotApplicable, nil},
		{"of several, each has to be of one", facts(region("us", toldByAPI(plain)), region("eu")), check.Broken, []string{"us: its database is not Active-Active"}},
		{"one that has no API tells nothing, and fails nothing", facts(region("us", toldByAPI()), region("eu")), check.Passed, []string{"not_applicable eu: no REST API of it is configured"}},
	})
}

func TestAPIPersistence(t *testing.T) {
	keeps := func(what string, activeActive bool) func(*check.Region) {
		return toldByAPI(func(d *enterprise.Database, _ *check.ManagementFacts) {
			d.Persistence, d.ActiveActive = known(what), known(activeActive)
		})
	}
	judge(t, "api-persistence", []row{
		{"what to do can be typed", facts(region("us", keeps("disabled", true))), check.Broken, []string{"crdb-cli crdb update --crdb-guid guid --default-db-config"}},
		{"a database by itself is none of crdb-cli", facts(region("us", keeps("disabled", false))), check.Broken, []string{"keeps nothing on disk [set data_persistence to aof]"}},
		{"and may keep snapshots", facts(region("us", keeps("snapshot", false))), check.Warned, []string{"since the last one [set data_persistence to aof]"}},
	})
}

func TestAPIPeers(t *testing.T) {
	from := func(uids ...string) func(*enterprise.Database, *check.ManagementFacts) {
		return func(d *enterprise.Database, _ *check.ManagementFacts) {
			var sources []enterprise.Source
			for _, uid := range uids {
				sources = append(sources, enterprise.Source{UID: uid})
			}
			d.Sources = known(sources)
		}
	}
	judge(t, "api-peers", []row{
		{"each follows all others", facts(region("us", toldByAPI(from("eu", "ap"))), region("eu", toldByAPI(from("us", "ap"))), region("ap", toldByAPI(from("us", "eu")))), check.Passed,
			[]string{"ap: it takes in the writes of us and eu"}},
		{"one lacks one", facts(region("us", toldByAPI(from("eu"))), region("eu", toldByAPI(from("us", "ap"))), region("ap", toldByAPI(from("us", "eu")))), check.Broken,
			[]string{"us: it does not take in the writes of ap, only those of eu"}},
		{"a region that was not given is no mistake", facts(region("us", toldByAPI(from("eu", "sa"))), region("eu", toldByAPI(from("us", "sa")))), check.Passed,
			[]string{"us: it takes in the writes of eu; besides from replica sa, which is none of the regions"}},
		{"nor is one whose API does not answer", facts(region("us", toldByAPI(from("eu"))), region("eu", apiSays(func(m *check.ManagementFacts) { m.Unreachable = "x" }))), check.Untold,
			[]string{"us: it takes in the writes of nothing; besides from replica eu"}},
		{"a replica of another database is another", facts(region("us", toldByAPI(from("eu"))), region("eu", toldByAPI(from("us"), func(d *enterprise.Database, _ *check.ManagementFacts) { d.GUID = known("other") }))),
			check.Untold, []string{"whether one of these is eu cannot be told"}},
		{"a database that is not Active-Active has none", facts(region("us", toldByAPI(func(d *enterprise.Database, _ *check.ManagementFacts) { d.ActiveActive = known(false) })), region("eu")), check.NotApplicable, nil},
	})
}

func TestAPIClusterAPI(t *testing.T) {
	inside := toldByAPI(func(d *enterprise.Database, _ *check.ManagementFacts) {
		d.ClusterAPI = known(true)
		d.Endpoints = []enterprise.Endpoint{{Name: "h", Port: 1, Reach: known("external"), PreferredIP: known("internal")}}
	})
	mapped := func(source slots.Source) func(*check.Region) {
		return func(r *check.Region) {
			r.Map = known(slots.Map{Source: source, Shards: []slots.Shard{{Address: r.Address}}})
		}
	}
	judge(t, "api-cluster-api", []row{
		{"internal addresses for an external endpoint are worth a word", facts(region("us", inside)), check.Warned, []string{"announces internal addresses for its external endpoint h:1"}},
		{"unless they lead here", facts(region("us", inside, mapped(slots.ClusterSlots))), check.Passed, []string{"what it announces leads here"}},
		{"which an endpoint by itself does not prove", facts(region("us", inside, mapped(slots.REST))), check.Warned, nil},
		{"nor one of whose shards some are not reached", facts(region("us", inside, mapped(slots.ClusterSlots), server(func(s *check.Server) { s.Failed = "no answer in time" }))), check.Warned, nil},
	})
}

func TestAPIBacklog(t *testing.T) {
	sends := func(rate float64, shards int64, backlog int64) func(*check.Region) {
		return toldByAPI(func(d *enterprise.Database, m *check.ManagementFacts) {
			d.Shards, d.Backlog = known(shards), known(backlog)
			m.Peers.Field = known([]enterprise.Peer{{UID: "eu", Sent: known(rate / 2)}, {UID: "ap", Sent: known(rate)}})
		})
	}
	auto := func(memory int64) func(*check.Region) {
		return toldByAPI(func(d *enterprise.Database, m *check.ManagementFacts) {
			d.Shards, d.BacklogAuto, d.Memory = known(int64(2)), true, known(memory)
			m.Peers.Field = known([]enterprise.Peer{{Sent: known(0.0)}})
		})
	}
	judge(t, "api-backlog", []row{
		{"each shard keeps its part of what is written", facts(region("us", sends(8400, 4, 1<<21))), check.Passed, []string{"8.4 kB/s sent to another region in the last second by 4 shards, alike = 2.1 kB/s a shard x 10m of outage = 1.3 MB"}},
		{"and is too small where that is more", facts(region("us", sends(8400, 1, 1<<20))), check.Broken, []string{"= 5 MB, and the backlog of a shard holds 1 MB: full after 2m5s", `"crdt_repl_backlog_size": 6}', in MB`}},
		{"where nothing is written what it bears is told", facts(region("us", sends(0, 2, 6e6))), check.Passed, []string{"nothing was sent to another region in the last second; its backlog of 6 MB a shard holds 10m at up to 10 kB/s a shard"}},
		{"one that is left to a cluster is a hundredth of the memory", facts(region("us", auto(4e9))), check.Passed, []string{"20 MB a shard (auto: 1% of 4,000 MB by 2 shards"}},
		{"but not less than a megabyte", facts(region("us", auto(1e6))), check.Passed, []string{"1 MB a shard"}},
		{"and not more than 250", facts(region("us", auto(1e12))), check.Passed, []string{"250 MB a shard"}},
		{"or unknown, where there is no limit", facts(region("us", auto(0))), check.Untold, nil},
	})
	judgeFor(t, check.Target{}, "api-backlog", []row{
		{"without an outage there is nothing to hold", facts(region("us", sends(1, 1, 1))), check.NotApplicable, nil},
	})
}

func TestAPILag(t *testing.T) {
	lag := func(source, peer time.Duration) func(*check.Region) {
		return toldByAPI(func(d *enterprise.Database, m *check.ManagementFacts) {
			d.Sources = known([]enterprise.Source{{UID: "2", Address: "eu.example:1", Status: known(enterprise.InSync), Lag: known(source)}})
			m.Peers.Field = known([]enterprise.Peer{{UID: "2", Lag: known(peer)}, {UID: "3", Lag: known(time.Hour)}})
		})
	}
	judge(t, "api-lag", []row{
		{"of two figures the larger one counts, and another link's does not", facts(region("us", lag(10*time.Millisecond, 20*time.Millisecond))), check.Passed, []string{"eu.example:1->us: it is 20 ms behind"}},
		{"up to half a second is normal", facts(region("us", lag(500*time.Millisecond, 0))), check.Passed, nil},
		{"more is worth a word", facts(region("us", lag(0, 501*time.Millisecond))), check.Warned, []string{"more than 500 ms"}},
	})
}
