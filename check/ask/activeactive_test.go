//go:build unix

package ask_test

import (
	"context"
	"crypto/x509"
	"fmt"
	"net"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/check/ask"
	"github.com/aafailover/aafailover/internal/certtest"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/slots"
)

// Each rule on real servers that keep it, and on some that do not.
func TestRealRegions(t *testing.T) {
	t.Parallel()
	do := func(commands ...string) func(*testing.T, []*redistest.Server) {
		return func(t *testing.T, s []*redistest.Server) { // in the last region
			for _, c := range commands {
				if v := s[len(s)-1].Do(t, strings.Split(c, "|")...); v.Err() != nil {
					t.Fatal(v.Err())
				}
			}
		}
	}
	const library = "FUNCTION|LOAD|REPLACE|#!lua name=orders\nredis.register_function('f', function() return %d end)"
	inBoth := func(first, second string) func(*testing.T, []*redistest.Server) {
		return func(t *testing.T, s []*redistest.Server) {
			do(first)(t, s[:1])
			do(second)(t, s[1:])
		}
	}
	replica := func(t *testing.T, s []*redistest.Server) { do("REPLICAOF|127.0.0.1|"+strconv.Itoa(s[0].Port))(t, s) }
	aof := []string{"--appendonly", "yes"}
	for _, r := range []row{
		{name: "two servers are two regions", rule: "distinct-regions", servers: [][]string{bare, bare}, want: check.Passed, text: "2 servers, each with a run id of its own"},
		{name: "primaries are regions", rule: "not-replica-of", servers: [][]string{bare, bare}, want: check.Passed, text: "it is a primary"},
		{name: "a replica is none", rule: "not-replica-of", servers: [][]string{bare, bare}, then: replica, want: check.Broken, text: ": it is a replica of us (127.0.0.1:"},
		{name: "two regions are few enough", rule: "region-count", servers: [][]string{bare, bare}, want: check.Passed, text: "2 regions"},
		{name: "the clocks of one machine agree", rule: "clocks-agree", servers: [][]string{bare, bare}, want: check.Passed, text: "no difference that can be measured"},
		{name: "noeviction", rule: "region-eviction", servers: [][]string{bare, bare}, want: check.Passed, text: "noeviction"},
		{name: "an eviction policy", rule: "region-eviction", servers: [][]string{bare, {"--maxmemory-policy", "allkeys-lru"}}, want: check.Warned, text: "allkeys-lru"},
		{name: "memory to spare", rule: "memory-headroom", servers: [][]string{{"--maxmemory", "100mb"}, {"--maxmemory", "100mb"}}, want: check.Passed, text: " of 105 MB ("},
		{name: "memory that is full", rule: "memory-headroom", servers: [][]string{{"--maxmemory", "100mb"}, {"--maxmemory", "500kb"}}, want: check.Broken, text: " of 512 kB ("},
		{name: "memory without a limit", rule: "memory-headroom", servers: [][]string{{"--maxmemory", "100mb"}, bare}, want: check.Warned, text: "it has no memory limit"},
		{name: "append-only files", rule: "persistent", servers: [][]string{aof, aof}, want: check.Passed, text: "appendfsync everysec"},
		{name: "a server that keeps nothing", rule: "persistent", servers: [][]string{aof, bare}, want: check.Broken, text: "it keeps nothing on disk"},
		{name: "a server that saves snapshots", rule: "persistent", servers: [][]string{aof, {"--save", "3600 1"}}, want: check.Warned, text: "it saves snapshots only"},
		{name: "no modules", rule: "same-modules", servers: [][]string{bare, bare}, want: check.Passed, text: "none is loaded"},
		{name: "the same settings", rule: "same-settings", servers: [][]string{bare, bare}, want: check.Passed, text: "maxclients"},
		{name: "a setting that differs", rule: "same-settings", servers: [][]string{bare, {"--notify-keyspace-events", "KEA"}}, want: check.Warned, text: "notify-keyspace-events differs"},
		{name: "no functions", rule: "same-functions", servers: [][]string{bare, bare}, want: check.Passed, text: "there are no functions"},
		{name: "a function in one", rule: "same-functions", servers: [][]string{bare, bare}, then: do(fmt.Sprintf(library, 1)), want: check.Broken, text: "orders is missing in us"},
		{name: "a function that differs", rule: "same-functions", servers: [][]string{bare, bare}, then: inBoth(fmt.Sprintf(library, 1), fmt.Sprintf(library, 2)), want: check.Broken, text: "has not the same code in us and eu"},
		{name: "a function in both", rule: "same-functions", servers: [][]string{bare, bare}, then: inBoth(fmt.Sprintf(library, 1), fmt.Sprintf(library, 1)), want: check.Passed, text: "the same code everywhere"},
		{name: "no scripts", rule: "same-scripts", servers: [][]string{bare, bare}, want: check.Passed, text: "no scripts are cached"},
		{name: "a script in one", rule: "same-scripts", servers: [][]string{bare, bare}, then: do("EVAL|return 1|0"), want: check.Warned, text: "EVALSHA"},
		{name: "an idle server tells no rate", rule: "outage-in-backlog", servers: [][]string{bare, bare}, target: check.Target{Outage: time.Minute}, want: check.Untold, text: "holds 1m at up to 17 kB/s"},
	} {
		r.run(t)
	}
}

// Two names of one server, and more regions than there may be.
func TestRealRegionsThatAreOneServer(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	found(t, judge(t, "distinct-regions", factsOf(t, regionsAt(s.Addr, s.Addr)...), check.Target{}), check.Broken, "us and eu: they lead to one server")
	var many []config.Region
	for i := range 11 {
		many = append(many, config.Region{Name: fmt.Sprintf("r%d", i), Address: s.Addr})
	}
	found(t, judge(t, "region-count", factsOf(t, many...), check.Target{}), check.Broken, "11 regions")
}

// Servers that cannot be had here: of another version, with modules, with a clock that is wrong.
func TestRealRegionsThatDiffer(t *testing.T) {
	t.Parallel()
	us, eu := redistest.Start(t, "--maxmemory", "100mb"), redistest.Start(t)
	late := func(command string, reply resp.Value) []byte {
		if command != "TIME" {
			return nil
		}
		seconds, _ := strconv.Atoi(reply.Elems[0].Str)
		return resp.AppendBulk(resp.AppendBulk(resp.AppendArrayLen(nil, 2), strconv.Itoa(seconds-5)), reply.Elems[1].Str)
	}
	for _, r := range []struct {
		rule   string
		change func(string, resp.Value) []byte
		want   check.Outcome
		text   string
	}{
		{"same-version", info("redis_version:7.", "redis_version:6."), check.Broken, "there are several"},
		{"same-modules", info("# Modules\r\n", "# Modules\r\nmodule:name=search,ver=20811,api=1\r\n"), check.Broken, "search is not loaded in us"},
		{"clocks-agree", late, check.Broken, "us and eu: us is "},
		{"memory-headroom", info("redis_mode:", "rlec_version:7.22.0-28\r\nredis_mode:"), check.Untold, "its memory limit is one of the cluster"},
	} {
		t.Run(r.rule, func(t *testing.T) {
			found(t, judge(t, r.rule, factsOf(t, regionsAt(us.Addr, alter(t, eu.Addr, r.change))...), check.Target{}), r.want, r.text)
		})
	}
}

func TestRealSharding(t *testing.T) {
	t.Parallel()
	one, another, two := wholeCluster(t), wholeCluster(t), redistest.Cluster(t, 2)[0]
	found(t, judge(t, "same-sharding", factsOf(t, regionsAt(one, another)...), check.Target{}), check.Passed, "1 shard, with the same slots, in us and eu")
	single := redistest.Start(t).Addr
	found(t, judge(t, "same-sharding", factsOf(t, regionsAt(one, single)...), check.Target{}), check.Passed, "1 shard, with the same slots, in us and eu")
	found(t, judge(t, "standard-hashing", factsOf(t, regionsAt(single)...), check.Target{}), check.NotApplicable, "it is one server, which has no slots")
	found(t, judge(t, "same-sharding", factsOf(t, regionsAt(one, two)...), check.Target{}), check.Warned, "us has 1 shard and eu has 2 shards, of which 2 pairs share slots")
	found(t, judge(t, "standard-hashing", factsOf(t, regionsAt(one, two)...), check.Target{}), check.Passed, "as CRC16 does")
	legacy := alter(t, one, func(command string, reply resp.Value) []byte {
		if !strings.HasPrefix(command, "CLUSTER KEYSLOT") {
			return nil
		}
		return resp.AppendInt(nil, reply.Int%4096+1)
	})
	c := namedAs(map[string]string{one: legacy})
	c.Regions = regionsAt(one)
	found(t, judge(t, "standard-hashing", factsBy(t, c), check.Target{}), check.Broken, "other slots than CRC16")
}

// wholeCluster is a cluster of one node, which tells its slots although it takes seconds to say that it is up.
func wholeCluster(t *testing.T) string {
	t.Helper()
	s := redistest.Start(t, "--cluster-enabled", "yes")
	if v := s.Do(t, "CLUSTER", "ADDSLOTSRANGE", "0", strconv.Itoa(slots.Count-1)); v.Err() != nil {
		t.Fatal(v.Err())
	}
	return s.Addr
}

// namedAs is how to ask where addresses, or names, lead to others.
func namedAs(to map[string]string) ask.Config {
	c := ask.Config{Options: patient, Measure: short}
	c.Options.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if other, ok := to[address]; ok {
			address = other
		}
		return new(net.Dialer).DialContext(ctx, network, address)
	}
	c.LookUp = func(context.Context, string) ([]string, error) { return []string{"10.0.0.1"}, nil }
	return c
}

func factsBy(t *testing.T, c ask.Config) *check.Facts {
	t.Helper()
	f, err := ask.Facts(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestRealNames(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	gone := redistest.Start(t)
	gone.Kill()
	c := namedAs(map[string]string{"us.example:6379": s.Addr, "10.0.0.1:6379": s.Addr, "10.0.0.2:6379": gone.Addr})
	c.Regions = regionsAt("us.example:6379")
	f := factsBy(t, c)
	found(t, judge(t, "named-endpoints", f, check.Target{}), check.Passed, "us.example is a name")
	found(t, judge(t, "steady-names", f, check.Target{}), check.Passed, "us (us.example): 10.0.0.1, 4 times")
	found(t, judge(t, "ports-open", f, check.Target{}), check.NotApplicable, "")
	found(t, judge(t, "tls-used", f, check.Target{}), check.Warned, "us: it is reached without TLS")

	c.Regions = regionsAt("10.0.0.1:6379")
	found(t, judge(t, "named-endpoints", factsBy(t, c), check.Target{}), check.Warned, "10.0.0.1:6379 is an address")

	var times atomic.Int32
	c.Regions = regionsAt("us.example:6379")
	c.LookUp = func(context.Context, string) ([]string, error) {
		return []string{fmt.Sprintf("10.0.0.%d", min(times.Add(1), 2))}, nil
	}
	found(t, judge(t, "steady-names", factsBy(t, c), check.Target{}), check.Warned, "it led to 10.0.0.1, then to 10.0.0.2")

	c.LookUp = func(context.Context, string) ([]string, error) { return []string{"10.0.0.1", "10.0.0.2"}, nil }
	found(t, judge(t, "ports-open", factsBy(t, c), check.Target{}), check.Warned, "us (10.0.0.2:6379): database of us.example: not open: connection refused")
}

func TestRealTimeService(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	for _, follows := range []bool{true, false} {
		c := ask.Config{Options: patient, Measure: short, Regions: regionsAt(s.Addr, s.Addr), Synchronised: func() (bool, error) { return follows, nil }}
		want, text := check.Warned, "follows no time service"
		if follows {
			want, text = check.Passed, "follows a time service"
		}
		found(t, judge(t, "time-synchronised", factsBy(t, c), check.Target{}), want, text)
	}
}

func TestRulesOfTransport(t *testing.T) {
	t.Parallel()
	s := redistest.Start(t)
	authority := certtest.SelfSigned(t, func(c *x509.Certificate) {
		c.Subject.CommonName, c.IsCA, c.BasicConstraintsValid, c.NotAfter = "test authority", true, true, time.Now().AddDate(1, 0, 0)
	})
	until := func(from, after time.Duration) *certtest.Certificate {
		return authority.Issue(t, func(c *x509.Certificate) {
			c.NotBefore, c.NotAfter = time.Now().Add(from), time.Now().Add(after)
		})
	}
	const day = 24 * time.Hour
	month := check.Target{CertificateFor: check.DefaultCertificateFor}
	shown := func(insecure bool, c *certtest.Certificate) *check.Facts {
		to := namedAs(map[string]string{"us.example:6379": secure(t, s.Addr, c)})
		to.Regions = []config.Region{{Name: "us", Address: "us.example:6379", TLS: true, TLSOptions: config.TLS{CAFile: authority.CertFile, Insecure: insecure}}}
		return factsBy(t, to)
	}
	f := shown(false, until(-day, 90*day))
	found(t, judge(t, "tls-used", f, month), check.Passed, "us: it is reached by TLS")
	found(t, judge(t, "tls-verified", f, month), check.Passed, "who answers is checked")
	found(t, judge(t, "certificates-valid", f, month), check.Passed, "by test authority, is valid until")
	found(t, judge(t, "certificates-valid", shown(false, until(-day, 20*day)), month), check.Warned, "in 19 days, and should be valid for 30 days more")
	found(t, judge(t, "certificates-valid", shown(false, until(-2*day, -day)), month), check.Broken, "expired on")
	found(t, judge(t, "certificates-valid", shown(true, until(day, 90*day)), month), check.Broken, "yet to come")
	found(t, judge(t, "tls-verified", shown(true, until(-day, 90*day)), month), check.Warned, "nothing checks who answers")
}

// What is written while it is measured is set against the backlog.
func TestRealBacklog(t *testing.T) {
	t.Parallel()
	us, eu := redistest.Start(t), redistest.Start(t)
	for _, s := range []*redistest.Server{us, eu} {
		redistest.Replica(t, s) // without which a server counts nothing
	}
	ctx, cancel := context.WithCancel(t.Context())
	var writing sync.WaitGroup
	writing.Go(func() {
		for i := 0; ctx.Err() == nil; i++ {
			write(ctx, us.Addr, strings.Repeat("x", 1000))
		}
	})
	defer writing.Wait()
	defer cancel()
	var j check.Judged
	written := func(outage time.Duration) func() bool {
		return func() bool {
			f := factsOf(t, regionsAt(us.Addr, eu.Addr)...)
			j = judge(t, "outage-in-backlog", f, check.Target{Outage: outage})
			return f.Regions[0].Servers[0].Rates.Effects.Value > 0
		}
	}
	redistest.Await(t, "something is written while it is measured", written(1000*time.Hour))
	found(t, j, check.Broken, "and its backlog holds 1 MB: full after")
	redistest.Await(t, "something is written while it is measured", written(time.Microsecond))
	found(t, j, check.Passed, "and its backlog holds 1 MB")
}

// write sends one SET and waits for its answer.
func write(ctx context.Context, address, value string) {
	c, err := new(net.Dialer).DialContext(ctx, "tcp", address)
	if err != nil {
		return
	}
	defer c.Close()
	defer context.AfterFunc(ctx, func() { c.Close() })()
	for ctx.Err() == nil {
		if _, err := c.Write(resp.AppendCommand(nil, "SET", "k", value)); err != nil {
			return
		}
		if _, err := resp.NewReader(c).ReadValue(); err != nil {
			return
		}
	}
}
