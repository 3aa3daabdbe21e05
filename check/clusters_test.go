package check_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/vitals"
)

// clusterOf makes the region a cluster of so many primaries on machines of their own, each with a replica, changed as a row wants it.
func clusterOf(n int, change ...func(*check.Cluster)) func(*check.Region) {
	return func(r *check.Region) {
		c := check.Cluster{State: "ok", Assigned: slots.Count}
		for i := range n {
			c.Primaries = append(c.Primaries, check.ClusterPrimary{Address: fmt.Sprintf("10.0.1.%d:6379", i+1), Replicas: []string{fmt.Sprintf("10.0.2.%d:6379", i+1)}})
		}
		for _, f := range change {
			f(&c)
		}
		r.Cluster = known(c)
		r.Servers[0].Vitals.Mode = known("cluster")
	}
}

func cluster(n int, change ...func(*check.Cluster)) *check.Facts {
	return facts(region("us", defaults(), clusterOf(n, change...)))
}

func node(namesAndValues ...string) *check.Facts {
	return facts(region("us", defaults(namesAndValues...), clusterOf(3)))
}

func TestClusters(t *testing.T) {
	alone := facts(region("us", defaults(), server(func(s *check.Server) { s.Vitals.Mode = known("standalone") })))
	closed := facts(region("us", server(func(s *check.Server) { s.Vitals.Mode = known("cluster") }), func(r *check.Region) { r.Cluster = notAllowed[check.Cluster]() }))
	for _, rule := range []struct {
		id   string
		rows []row
	}{
		{"cluster-state", []row{
			{"ok with all slots passes", cluster(3), check.Passed, nil},
			{"fail does not", cluster(3, func(c *check.Cluster) { c.State, c.Assigned = "fail", 16000 }), check.Broken, []string{"cluster_state is fail, with 16,000 of 16,384 slots"}},
			{"nor do slots without an owner", cluster(3, func(c *check.Cluster) { c.Assigned = 10923 }), check.Broken, []string{"5,461 of 16,384 slots have no owner"}},
		}},
		{"cluster-primaries", []row{
			{"three with replicas pass", cluster(3), check.Passed, []string{"3 primaries, each with a replica"}},
			{"two are too few", cluster(2), check.Broken, []string{"no majority is left"}},
			{"one without a replica does not", cluster(3, func(c *check.Cluster) { c.Primaries[1].Replicas = nil }), check.Broken, []string{"without a replica: 10.0.1.2:6379"}},
			{"nor one that is held down", cluster(3, func(c *check.Cluster) { c.Primaries[1].Failed = true }), check.Broken, []string{"held down: 10.0.1.2:6379"}},
		}},
		{"cluster-majority-apart", []row{
			{"hosts of their own pass", cluster(3), check.Passed, []string{"3 primaries run on 3 hosts"}},
			{"two of three on one host do not", cluster(3, func(c *check.Cluster) { c.Primaries[1].Address = "10.0.1.1:6380" }), check.Broken, []string{"2 of 3 primaries run on 10.0.1.1"}},
			{"this machine is a test", cluster(3, func(c *check.Cluster) { c.Primaries[0].Address = "127.0.0.1:6379" }), check.NotApplicable, nil},
			{"two primaries have no majority to take", cluster(2), check.NotApplicable, nil},
		}},
	} {
		t.Run(rule.id, func(t *testing.T) {
			judge(t, rule.id, append(rule.rows,
				row{"a server alone is no cluster", alone, check.NotApplicable, nil},
				row{"what may not be asked for is not judged", closed, check.Untold, []string{"aafailover acl check"}},
				row{"nor is a server that says nothing", facts(region("us")), check.Untold, nil},
				row{"nor a lab", inLab(cluster(2)), check.NotApplicable, nil},
				row{"nor Redis Enterprise", facts(region("us", ofEnterprise, server(func(s *check.Server) { s.Vitals.Mode = known("cluster") }))), check.NotApplicable, nil}))
		})
	}
}

// The same facts are told in the same words, whatever the order of a map.
func TestHostsThatTakeTheMajorityAreToldInTheirOrder(t *testing.T) {
	f := cluster(4, func(c *check.Cluster) {
		c.Primaries[2].Address, c.Primaries[3].Address = "10.0.1.2:6380", "10.0.1.1:6380"
	})
	rule, err := check.Find("cluster-majority-apart")
	if err != nil {
		t.Fatal(err)
	}
	for range 50 {
		found := check.Run([]check.Rule{rule}, f, target, false).Rules[0].Findings
		if len(found) != 2 || !strings.Contains(found[0].Text, "on 10.0.1.1:") || !strings.Contains(found[1].Text, "on 10.0.1.2:") {
			t.Fatalf("%+v", found)
		}
	}
}

func TestNodes(t *testing.T) {
	for _, rule := range []struct {
		id   string
		rows []row
	}{
		{"cluster-node-timeout", []row{
			{"the default passes", node(), check.Passed, []string{"15.00 s"}},
			{"half a second does not", node("cluster-node-timeout", "500"), check.Warned, []string{"500 ms"}},
		}},
		{"cluster-full-coverage", []row{
			{"the default is a choice", node(), check.Passed, []string{"while one shard is down, all are"}},
			{"no passes", node("cluster-require-full-coverage", "no"), check.Passed, []string{"the others serve"}},
		}},
		{"cluster-replica-validity", []row{
			{"the default passes, with the arithmetic", node(), check.Passed, []string{"15.00 s x 10 + 10.00 s = 2m40s"}},
			{"a factor of 0 is a choice", node("cluster-replica-validity-factor", "0"), check.Passed, []string{"to be up counts more"}},
			{"one that is never reached is not too small", node("cluster-replica-validity-factor", "2147483647", "cluster-node-timeout", "9000000"), check.Passed, nil},
			{"one that leaves nobody to elect does not", node("cluster-replica-validity-factor", "1"), check.Warned, []string{"less than the 30.00 s"}},
		}},
	} {
		t.Run(rule.id, func(t *testing.T) {
			judge(t, rule.id, append(rule.rows,
				row{"a server alone has no nodes", bare(), check.NotApplicable, nil},
				row{"what may not be asked for is not judged", facts(region("us", clusterOf(3), func(r *check.Region) { r.Servers[0].Vitals.Settings = map[string]vitals.Field[string]{} })), check.Untold, nil}))
		})
	}
	judgeFor(t, rto(10*time.Second), "cluster-node-timeout", []row{{"the RTO is over before a failover begins", node(), check.Broken, []string{"CONFIG SET cluster-node-timeout 4000"}}})
	judgeFor(t, rto(10*time.Second), "cluster-full-coverage", []row{{"an RTO counts for every shard", node(), check.Warned, nil}})
	judgeFor(t, rpo(time.Second), "cluster-replica-validity", []row{{"an RPO asks for a limit", node("cluster-replica-validity-factor", "0"), check.Warned, nil}})
}
