//go:build unix

package ask_test

import (
	"fmt"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/check/ask"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/lab/topology"
	"github.com/aafailover/aafailover/redisconf"
	"github.com/aafailover/aafailover/region"
)

// notOnOneMachine are the rules about machines, of which a test has one: they are tried with the facts of real servers whose
// addresses were changed.
var notOnOneMachine = []string{"replicas-apart", "sentinels-apart", "cluster-majority-apart"}

func durabilityRules(t *testing.T) []check.Rule {
	t.Helper()
	rules, err := check.Select(check.Rules(), []string{string(check.Durability)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// within is a target.
func within(rpo, rto time.Duration) check.Target {
	return check.Target{RPO: &rpo, RTO: &rto, Outage: check.DefaultOutage}
}

// hardened are settings as an expert has them, of servers with replicas.
func hardened(t *testing.T) redisconf.Config {
	t.Helper()
	c, err := redisconf.Profile(redisconf.Balanced)
	if err != nil {
		t.Fatal(err)
	}
	return c.With("maxmemory", "1gb").With("cluster-require-full-coverage", "no")
}

// moved puts the servers of facts on hosts of their own, by the last number of their addresses or else of their ports.
func moved(f *check.Facts, host func(address string) string) *check.Facts {
	at := func(address string) string {
		_, port, _ := net.SplitHostPort(address)
		return net.JoinHostPort(host(address), port)
	}
	r := &f.Regions[0]
	for i := range r.Servers {
		s := &r.Servers[i]
		s.Address = at(s.Address)
		for k := range s.Vitals.Replication.Replicas.Value {
			follower := &s.Vitals.Replication.Replicas.Value[k]
			follower.Address = at(follower.Address)
		}
	}
	for i := range r.Sentinels {
		r.Sentinels[i].Address = at(r.Sentinels[i].Address)
	}
	for i := range r.Cluster.Value.Primaries {
		p := &r.Cluster.Value.Primaries[i]
		p.Address = at(p.Address)
	}
	return f
}

func oneHost(string) string { return "192.0.2.1" }

// hostEach gives each server a host of its own.
func hostEach() func(string) string {
	var seen []string
	return func(address string) string {
		if !slices.Contains(seen, address) {
			seen = append(seen, address)
		}
		return fmt.Sprintf("192.0.2.%d", slices.Index(seen, address)+1)
	}
}

// A deployment that an expert has set up passes all rules that have something to look at, and those are all.
func TestHardenedDeploymentsPass(t *testing.T) {
	t.Parallel()
	target := within(10*time.Second, 30*time.Second)
	passed := map[string]bool{}
	pass := func(f *check.Facts, but ...string) {
		t.Helper()
		for _, j := range check.Run(durabilityRules(t), f, target, false).Rules {
			switch {
			case j.Outcome == check.Passed:
				passed[j.Rule.ID] = true
			case j.Outcome != check.NotApplicable && !slices.Contains(but, j.Rule.ID):
				t.Errorf("%s: %s %+v", j.Rule.ID, j.Outcome, j.Findings)
			}
		}
	}
	d, sentinels := deployed(t, topology.Sentinel, topology.Options{Settings: hardened(t).With("min-replicas-to-write", "1"),
		DownAfter: 10 * time.Second, FailoverTimeout: time.Minute})
	pass(moved(factsOf(t, sentinels), hostEach()))

	_, nodes := deployed(t, topology.Cluster, topology.Options{Settings: hardened(t), NodeTimeout: 10 * time.Second})
	// With one replica each the choice is between refusing writes and losing some.
	redistest.Await(t, "the node that is asked knows all replicas", func() bool { return outcome(t, "cluster-primaries", factsOf(t, nodes)) == check.Passed })
	pass(moved(factsOf(t, nodes), hostEach()), "promised-loss")
	for _, r := range durabilityRules(t) {
		if !passed[r.ID] {
			t.Errorf("%s passed nowhere", r.ID)
		}
	}

	sentinelsAskedForTrouble(t, d, sentinels)
}

// sentinelsAskedForTrouble tries what rules of sentinels find.
func sentinelsAskedForTrouble(t *testing.T, d *topology.Deployment, r config.Region) {
	t.Helper()
	bad := newFinder(t)
	bad.finds(moved(factsOf(t, r), oneHost), within(0, time.Minute), "sentinels-apart", "replicas-apart")

	for _, s := range d.Sentinels() {
		bad.order(d, s, "SENTINEL", "SET", topology.Service, "quorum", "4")
		bad.order(d, s, "SENTINEL", "SET", topology.Service, "failover-timeout", "1000")
		bad.order(d, s, "SENTINEL", "SET", topology.Service, "parallel-syncs", "2")
	}
	f := factsOf(t, r)
	bad.finds(f, within(time.Hour, 8*time.Second), "sentinel-quorum", "sentinel-failover-timeout", "sentinel-down-after", "promised-recovery")
	bad.order(d, d.Sentinels()[0], "SENTINEL", "SET", topology.Service, "quorum", "2")
	bad.finds(factsOf(t, r), within(time.Hour, time.Minute), "sentinels-agree")
	bad.order(d, d.Sentinels()[0], "SENTINEL", "MONITOR", "solo", strings.Split(d.Servers()[0], ":")[0], strings.Split(d.Servers()[0], ":")[1], "1")
	bad.order(d, d.Sentinels()[0], "SENTINEL", "SET", "solo", "parallel-syncs", "3")
	solo := r
	solo.Service, solo.Discovery = "solo", d.Sentinels()[:1]
	bad.finds(factsOf(t, solo), within(time.Hour, time.Minute), "sentinel-count")

	for _, s := range d.Servers() {
		bad.order(d, s, "CONFIG", "SET", "replica-priority", "0")
	}
	redistest.Await(t, "the priority of replicas is known", func() bool {
		return outcome(t, "replica-promotable", factsOf(t, r)) == check.Broken
	})
	bad.found["replica-promotable"] = true
	for _, s := range d.Sentinels() {
		bad.order(d, s, "SENTINEL", "SET", topology.Service, "down-after-milliseconds", "500")
	}
	if err := d.Kill(d.Name(d.Sentinels()[2])); err != nil {
		t.Fatal(err)
	}
	redistest.Await(t, "the sentinel is held down", func() bool { return outcome(t, "sentinels-up", factsOf(t, r)) == check.Warned })
}

func outcome(t *testing.T, id string, f *check.Facts) check.Outcome {
	t.Helper()
	return judge(t, id, f, within(0, time.Minute)).Outcome
}

// finder notes which rules have found something.
type finder struct {
	t     *testing.T
	found map[string]bool
}

func newFinder(t *testing.T) *finder { return &finder{t, map[string]bool{}} }

// finds demands that each of the rules finds something worth a warning or a failure.
func (b *finder) finds(f *check.Facts, target check.Target, ids ...string) {
	b.t.Helper()
	for _, id := range ids {
		if j := judge(b.t, id, f, target); j.Outcome != check.Warned && j.Outcome != check.Broken {
			b.t.Errorf("%s: %s %+v", id, j.Outcome, j.Findings)
		}
		b.found[id] = true
	}
}

func (b *finder) order(d *topology.Deployment, address string, command ...string) {
	b.t.Helper()
	if v, err := d.Ask(b.t.Context(), d.Name(address), command...); err != nil || v.Str != "OK" {
		b.t.Fatalf("%s %q: %v, %v", address, command, v, err)
	}
}

// What is not as it should be is found, by each rule.
func TestWhatIsWrongIsFound(t *testing.T) {
	t.Parallel()
	bad := newFinder(t)
	seconds := within(time.Second, 10*time.Second)

	careless := redistest.Start(t, "--appendonly", "yes", "--no-appendfsync-on-rewrite", "yes", "--auto-aof-rewrite-percentage", "0",
		"--aof-use-rdb-preamble", "no", "--aof-load-truncated", "no", "--rdbchecksum", "no", "--save", "60 1", "--stop-writes-on-bgsave-error", "no",
		"--maxmemory", "100mb", "--maxmemory-policy", "allkeys-lru")
	bad.finds(factsOf(t, regionsAt(careless.Addr)...), seconds, "fsync-during-rewrite", "aof-rewrite", "aof-rdb-preamble", "aof-load-truncated",
		"snapshot-checksum", "stop-writes-on-bgsave-error", "no-eviction", "promised-loss", "promised-recovery")
	careless.Do(t, "CONFIG", "SET", "appendfsync", "no")
	bad.finds(factsOf(t, regionsAt(careless.Addr)...), seconds, "appendfsync")

	bare := redistest.Start(t)
	bad.finds(factsOf(t, regionsAt(bare.Addr)...), seconds, "appendonly", "save-points", "maxmemory", "latency-monitor", "replicas", "promised-loss")

	replicasGoWrong(t, bad)
	nodesGoWrong(t, bad)
	diskIsFull(t, bad)
	memoryIsFragmented(t, bad)

	for _, r := range durabilityRules(t) {
		if !bad.found[r.ID] && !strings.HasPrefix(r.ID, "sentinel") && !slices.Contains(notOnOneMachine, r.ID) {
			t.Errorf("%s has found nothing", r.ID)
		}
	}
}

func replicasGoWrong(t *testing.T, bad *finder) {
	t.Helper()
	primary := redistest.Start(t, "--min-replicas-to-write", "3", "--client-output-buffer-limit", "replica 1mb 0 0")
	one := redistest.Replica(t, primary, "--replica-read-only", "no", "--replica-priority", "0")
	two := redistest.Replica(t, primary, "--replica-priority", "0")
	f := factsOf(t, regionsAt(primary.Addr)...)
	if n := len(f.Regions[0].Servers); n != 3 {
		t.Fatalf("%d servers are known", n)
	}
	bad.finds(f, within(time.Second, time.Minute), "restart-keeps-data", "min-replicas", "replica-buffer", "replica-read-only", "replica-promotable")

	primary.Do(t, "CONFIG", "SET", "min-replicas-to-write", "0")
	primary.Do(t, "CONFIG", "SET", "appendonly", "yes")
	bad.finds(factsOf(t, regionsAt(primary.Addr)...), within(time.Second, time.Minute), "replica-persistence")

	// A day of what is written is more than the backlog holds, however little it is.
	stop := make(chan struct{})
	writing := make(chan struct{})
	go func() {
		defer close(writing)
		for {
			select {
			case <-stop:
				return
			default:
				primary.Do(t, "SET", "key", strings.Repeat("x", 4096))
			}
		}
	}()
	bad.finds(factsOf(t, regionsAt(primary.Addr)...), check.Target{Outage: 24 * time.Hour}, "replica-backlog")
	close(stop)
	<-writing

	one.Pause()
	redistest.Await(t, "the replica lags", func() bool {
		// It answers nothing, which is not to be waited for as long as elsewhere.
		f, err := ask.Facts(t.Context(), ask.Config{Regions: regionsAt(primary.Addr), Options: region.Options{Timeout: time.Second}, Measure: short})
		return err == nil && judge(t, "replica-lag", f, within(time.Second, time.Minute)).Outcome == check.Broken
	})
	bad.found["replica-lag"] = true
	one.Continue()

	primary.Kill()
	redistest.Await(t, "the link is down", func() bool {
		return strings.Contains(two.Do(t, "INFO", "replication").Str, "master_link_status:down")
	})
	bad.finds(factsOf(t, regionsAt(two.Addr)...), check.Target{}, "replica-links")
}

func nodesGoWrong(t *testing.T, bad *finder) {
	t.Helper()
	nodes := redistest.Nodes(t, 2, "--cluster-replica-validity-factor", "0")
	for _, n := range nodes {
		n.Do(t, "CONFIG", "SET", "cluster-node-timeout", "20000")
	}
	seconds := within(time.Second, 10*time.Second)
	bad.finds(factsOf(t, regionsAt(nodes[0].Addr)...), seconds, "cluster-primaries", "cluster-node-timeout", "cluster-full-coverage", "cluster-replica-validity", "promised-recovery")
	nodes[0].Do(t, "CLUSTER", "DELSLOTS", "0")
	redistest.Await(t, "a slot has no owner", func() bool {
		return strings.Contains(nodes[0].Do(t, "CLUSTER", "INFO").Str, "cluster_slots_assigned:16383")
	})
	bad.finds(factsOf(t, regionsAt(nodes[0].Addr)...), seconds, "cluster-state")
}

func diskIsFull(t *testing.T, bad *finder) {
	t.Helper()
	d, r := deployed(t, topology.Replica, topology.Options{Settings: redisconf.Config{}.With("appendonly", "yes")})
	host := d.Name(d.Servers()[0])
	if err := d.DiskFull(host); err != nil {
		t.Fatal(err)
	}
	// What it answers is what is told by INFO. A snapshot and a rewrite are refused while the other, or a copy to a replica, goes on.
	_, _ = d.Ask(t.Context(), host, "SET", "key", "value")
	for _, fails := range []struct{ what, command, rule string }{
		{"a rewrite of the log fails", "BGREWRITEAOF", "aof-rewritten"}, {"a snapshot fails", "BGSAVE", "snapshot-saved"},
	} {
		redistest.Await(t, fails.what, func() bool {
			_, _ = d.Ask(t.Context(), host, fails.command)
			return judge(t, fails.rule, factsOf(t, r), check.Target{}).Outcome == check.Broken
		})
	}
	redistest.Await(t, "the log cannot be written", func() bool {
		return judge(t, "aof-written", factsOf(t, r), check.Target{}).Outcome == check.Broken
	})
	bad.finds(factsOf(t, r), check.Target{}, "snapshot-saved", "aof-written", "aof-rewritten")
	if err := d.DiskFree(host); err != nil {
		t.Fatal(err)
	}
}

// memoryIsFragmented leaves every sixteenth of many keys, so that no page of memory can be given back.
func memoryIsFragmented(t *testing.T, bad *finder) {
	t.Helper()
	s := redistest.Start(t, "--enable-debug-command", "yes")
	s.Do(t, "DEBUG", "POPULATE", "1500000", "key", "64")
	s.Do(t, "EVAL", "for i = 0, 1499999 do if i % 16 ~= 0 then redis.call('UNLINK', 'key:' .. i) end end return 'OK'", "0")
	redistest.Await(t, "its memory is fragmented", func() bool {
		return judge(t, "fragmentation", factsOf(t, regionsAt(s.Addr)...), check.Target{}).Outcome == check.Warned
	})
	bad.found["fragmentation"] = true
}
