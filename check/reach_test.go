package check_test

import (
	"testing"

	"github.com/aafailover/aafailover/check"
)

func TestReachable(t *testing.T) {
	lostShard := func(r *check.Region) {
		r.Servers = append(r.Servers, check.Server{Address: "10.0.0.7:7001", Shard: 1, Failed: "connection refused"})
	}
	stuckShard := func(r *check.Region) {
		r.Servers = append(r.Servers, check.Server{Address: "10.0.0.7:7001", Shard: 1, Failed: "no answer in time", Advice: "look at its load"})
	}
	lostReplica := func(r *check.Region) {
		r.Servers = append(r.Servers, check.Server{Address: "10.0.0.7:7001", Failed: "connection refused"})
	}
	judge(t, "reachable", []row{
		{"regions that answer pass", facts(region("us"), region("eu")), check.Passed, []string{"us: it answers", "eu: it answers"}},
		{"one that does not is a failure", facts(region("us"), region("eu", unreachable)), check.Broken, []string{"eu: it cannot be reached: connection refused"}},
		{"with what can be done about it, where more is known", facts(region("eu", unreachable, func(r *check.Region) { r.Advice = "nothing listens there" })), check.Broken, []string{"[nothing listens there]"}},
		{"so is a shard that the endpoint leads to", facts(region("us", lostShard)), check.Broken, []string{"us (10.0.0.7:7001): the region announces this address", "--address-map"}},
		{"with what its error says can be done about it", facts(region("us", stuckShard)), check.Broken, []string{"[look at its load]"}},
		{"or that its cluster holds it down", facts(region("us", stuckShard, func(r *check.Region) {
			r.Cluster = known(check.Cluster{Primaries: []check.ClusterPrimary{{Address: "10.0.0.7:7001", Failed: true}}})
		})), check.Broken, []string{"[the other nodes hold it down, too"}},
		{"one that loads its data serves nobody", facts(region("us"), region("eu", server(func(s *check.Server) { s.Vitals.Loading = known(true) }))), check.Broken, []string{"us: it answers", "refused with LOADING"}},
		{"one that nobody tried is not known", facts(region("us", lostShard, func(r *check.Region) { r.Servers[1].Untried = true })), check.Untold, nil},
		{"a replica that cannot be reached serves no application", facts(region("us", lostReplica)), check.Passed, nil},
		{"of no region there is nothing to say", facts(), check.NotApplicable, nil},
		{"one that was not given the time to answer may have been about to", interrupted(facts(region("us"), region("eu", unreachable))), check.Untold, []string{"us: it answers"}},
	})
}

// interrupted are facts whose asking was ended.
func interrupted(f *check.Facts) *check.Facts {
	f.Interrupted = true
	return f
}

func TestPortsOpen(t *testing.T) {
	ports := func(of ...check.Port) func(*check.Region) {
		return func(r *check.Region) { r.Ports = of }
	}
	judge(t, "ports-open", []row{
		{"ports that are open pass", facts(region("us", ports(check.Port{Address: "us.example:9443", Use: "REST API"}))), check.Passed, []string{"us (us.example:9443): REST API: open"}},
		{"one that is closed is a failure", facts(region("us", ports(check.Port{Address: "10.0.0.1:7000", Use: "shard 2", Failed: "timed out"}))), check.Broken,
			[]string{"us (10.0.0.1:7000): shard 2: not open: timed out", "open 10.0.0.1:7000 to the hosts of the application"}},
		{"one that was given no time to open may be open", interrupted(facts(region("us", ports(check.Port{Address: "10.0.0.1:7000", Use: "shard 2", Failed: "timed out"})))), check.Untold, nil},
		{"the REST API is no way of the application's", facts(region("us", ports(check.Port{Address: "us.example:9443", Use: "REST API", Failed: "refused"}))), check.Warned,
			[]string{"the clusters need it between each other, which cannot be seen from here"}},
		{"one sentinel of several is no way less", facts(region("us", ports(check.Port{Address: "a:26379", Use: "sentinel", Failed: "refused"}, check.Port{Address: "b:26379", Use: "sentinel"}))), check.Warned,
			[]string{"another one is"}},
		{"where no port is needed there is nothing to say", facts(region("us")), check.NotApplicable, nil},
	})
}

// What is the same of several servers is said once, and of a region as a whole where it is all of it.
func TestFindingsOfSeveralServersAreOne(t *testing.T) {
	shard := func(address string, of int) func(*check.Region) {
		return func(r *check.Region) { r.Servers = append(r.Servers, check.Server{Address: address, Shard: of}) }
	}
	tests := []struct {
		name   string
		region check.Region
		want   string
	}{
		{"all of a region", region("us", shard("b:1", 1), shard("c:1", 2)), "us"},
		{"all that own shards, and not their replicas", region("us", shard("b:1", 1), shard("c:1", 1)), "us (us.example:6379 and b:1)"},
		{"one", region("us"), "us (us.example:6379)"},
	}
	rule, err := check.Find("region-eviction")
	if err != nil {
		t.Fatal(err)
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			found := check.Run([]check.Rule{rule}, facts(tt.region, region("eu", unreachable)), target, false).Rules[0].Findings
			if len(found) != 2 || found[0].Subject != tt.want {
				t.Errorf("%+v", found)
			}
		})
	}
}

// A region answers as a whole or is told by the shards that do not.
func TestARegionThatLostAShardDoesNotAnswer(t *testing.T) {
	rule, err := check.Find("reachable")
	if err != nil {
		t.Fatal(err)
	}
	lost := region("us", func(r *check.Region) {
		r.Servers = append(r.Servers, check.Server{Address: "b:1", Shard: 1, Failed: "connection refused"})
	})
	if found := check.Run([]check.Rule{rule}, facts(lost), target, false).Rules[0].Findings; len(found) != 1 || found[0].Subject != "us (b:1)" {
		t.Errorf("%+v", found)
	}
}

func TestRulesAboutRegionsSayNothingOfFiles(t *testing.T) {
	f := facts(region("redis.conf"), region("other.conf"))
	f.Files = []check.File{{Name: "redis.conf"}, {Name: "other.conf"}}
	only, err := check.Select(check.Rules(), []string{string(check.ActiveActive)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	for _, j := range check.Run(only, f, target, false).Rules {
		if j.Outcome != check.NotApplicable {
			t.Errorf("%s: %s %+v", j.Rule.ID, j.Outcome, j.Findings)
		}
	}
}
