package check_test

import (
	"fmt"
	"testing"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/vitals"
)

func several(n int) *check.Facts {
	f := facts()
	for i := range n {
		f.Regions = append(f.Regions, region(fmt.Sprintf("r%d", i+1)))
	}
	return f
}

func TestRegionCount(t *testing.T) {
	judge(t, "region-count", []row{
		{"one region has no limit to keep to", several(1), check.NotApplicable, nil},
		{"five are within all limits", several(5), check.Passed, []string{"5 regions"}},
		{"six are too many for older releases", several(6), check.Warned, []string{"6 regions: older releases of Redis Enterprise allow 5, newer ones 10"}},
		{"ten are too", several(10), check.Warned, nil},
		{"eleven are too many for all", several(11), check.Broken, []string{"11 regions"}},
	})
}

func runs(version string) func(*check.Region) {
	return server(func(s *check.Server) { s.Vitals.Name, s.Vitals.Version = known("redis"), known(version) })
}

func TestSameVersion(t *testing.T) {
	replica := func(version string) func(*check.Region) {
		return func(r *check.Region) {
			s := check.Server{Address: "10.0.0.9:6379"}
			s.Vitals.Version = known(version)
			r.Servers = append(r.Servers, s)
		}
	}
	valkey := server(func(s *check.Server) { s.Vitals.Name, s.Vitals.Version = known("valkey"), known("7.2.4") })
	enterprise := func(version string) func(*check.Region) {
		return server(func(s *check.Server) { s.Vitals.Enterprise = known(version) })
	}
	judge(t, "same-version", []row{
		{"the same version passes", facts(region("us", runs("7.0.15")), region("eu", runs("7.0.15"))), check.Passed, []string{"redis 7.0.15: 2 servers"}},
		{"another one is a failure", facts(region("us", runs("7.0.15")), region("eu", runs("6.2.14"))), check.Broken,
			[]string{"there are several: redis 6.2.14 in eu; redis 7.0.15 in us"}},
		{"another fix of the same version is worth a word", facts(region("us", runs("7.0.15")), region("eu", runs("7.0.11"))), check.Warned, []string{"they differ in the last number"}},
		{"another server is another version", facts(region("us", runs("7.2.4")), region("eu", valkey)), check.Broken, []string{"valkey 7.2.4"}},
		{"clusters have a version of their own", facts(region("us", runs("7.4.0"), ofEnterprise), region("eu", runs("7.4.0"), enterprise("7.8.2-10"))), check.Broken,
			[]string{"redis 7.4.0 of Redis Enterprise 7.22.0-28 in us; redis 7.4.0 of Redis Enterprise 7.8.2-10 in eu"}},
		{"of which another build is worth a word", facts(region("us", runs("7.4.0"), ofEnterprise), region("eu", runs("7.4.0"), enterprise("7.22.0-31"))), check.Warned, nil},
		{"replicas count, since they are promoted", facts(region("us", runs("7.0.15"), replica("6.2.14"))), check.Broken, []string{"6.2.14 in us (10.0.0.9:6379); redis 7.0.15 in us (us.example:6379)"}},
		{"a region that is not there tells nothing", facts(region("us", runs("7.0.15")), region("eu", unreachable)), check.Untold, []string{"eu: it cannot be reached"}},
		{"a server that may not be asked tells nothing", facts(region("us", runs("7.0.15")), region("eu", server(func(s *check.Server) { s.Vitals.Version = notAllowed[string]() }))),
			check.Untold, []string{"eu (eu.example:6379)", "acl check"}},
		{"one server is like itself", facts(region("us", runs("7.0.15"))), check.NotApplicable, nil},
	})
}

func runID(id string) func(*check.Region) {
	return server(func(s *check.Server) { s.Vitals.RunID = known(id) })
}

func TestDistinctRegions(t *testing.T) {
	at := func(address string) func(*check.Region) { return server(func(s *check.Server) { s.Address = address }) }
	// The servers of a region are also the replicas of its shards, one of which may be what another region is.
	with := func(id string) func(*check.Region) {
		return func(r *check.Region) {
			s := check.Server{Address: "10.0.0.9:6379"}
			s.Vitals.RunID = known(id)
			r.Servers = append(r.Servers, s)
		}
	}
	judge(t, "distinct-regions", []row{
		{"servers with run ids of their own pass", facts(region("us", runID("a")), region("eu", runID("b"))), check.Passed, []string{"2 servers, each with a run id of its own"}},
		{"two names of one server are a failure", facts(region("us", runID("a")), region("eu", runID("a"))), check.Broken, []string{"us and eu: they lead to one server: both have the run id a"}},
		{"two servers may announce one address, which leads to each from elsewhere", facts(region("us", at("127.0.0.1:6379"), runID("a")), region("eu", at("127.0.0.1:6379"), runID("b"))), check.Passed, nil},
		{"one address is one server where nothing else is told", facts(region("us", at("10.0.0.1:6379")), region("eu", at("10.0.0.1:6379"))), check.Broken, []string{"the address 10.0.0.1:6379"}},
		{"a replica of one that the other is, is no second name of it", facts(region("us", runID("a"), with("b")), region("eu", runID("b"))), check.Passed, nil},
		{"a server that tells no run id may be any", facts(region("us", runID("a")), region("eu")), check.Untold, []string{"eu (eu.example:6379): it does not tell the id of its run"}},
		{"one region is no other", facts(region("us", runID("a"))), check.NotApplicable, nil},
	})
}

func replicaOf(address, history string) func(*check.Region) {
	return server(func(s *check.Server) {
		s.Vitals.Replication = vitals.Replication{Role: known(vitals.Replica), PrimaryAddress: known(address), ID: known(history)}
	})
}

func TestNotReplicaOf(t *testing.T) {
	history := func(id string) func(*check.Region) {
		return server(func(s *check.Server) { s.Vitals.Replication.ID = known(id) })
	}
	judge(t, "not-replica-of", []row{
		{"primaries pass", facts(region("us"), region("eu")), check.Passed, []string{"us (us.example:6379): it is a primary"}},
		{"a region that is a replica of another is named with it, by the address", facts(region("us"), region("eu", replicaOf("us.example:6379", "h"))), check.Broken,
			[]string{"eu (eu.example:6379): it is a replica of us (us.example:6379)"}},
		{"or by the history, where addresses are translated", facts(region("us", history("h")), region("eu", replicaOf("10.0.0.1:6379", "h"))), check.Broken, []string{"a replica of us (us.example:6379)"}},
		{"of one that is no region the address is told", facts(region("eu", replicaOf("10.0.0.1:6379", "h"))), check.Broken, []string{"a replica of 10.0.0.1:6379"}},
		{"a server that tells no role is unknown", facts(region("us", server(func(s *check.Server) { s.Vitals.Replication.Role = notAllowed[vitals.Role]() }))), check.Untold, []string{"may not ask for whether it is a replica"}},
		{"of Redis Enterprise a role says little", facts(region("us", ofEnterprise)), check.Passed, []string{"only the REST API tells"}},
	})
}
