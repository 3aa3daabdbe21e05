//go:build unix

package heartbeat_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
)

const quick = 100 * time.Millisecond

func set(t *testing.T, s *redistest.Server, args ...string) {
	t.Helper()
	if v := s.Do(t, args...); v.Str != "OK" {
		t.Fatalf("%q: %v", args, v)
	}
}

// A primary and its replica are a link in one direction: what is written in the one is readable in the other, and the other
// refuses writes. Then the primary refuses them, for every reason that can be had of a server.
func TestRealPrimaryAndReplica(t *testing.T) {
	primary := redistest.Start(t)
	replica := redistest.Replica(t, primary)
	regions := []config.Region{{Name: "us", Address: primary.Addr}, {Name: "eu", Address: replica.Addr}}
	w := beat(t, regions, region.Options{}, quick, "us", "eu")
	w.until("us accepts writes, eu refuses them and has what us writes", func() bool {
		us, eu := w.Proof("us"), w.Proof("eu")
		return us.Writes == probe.WritesProven && eu.Writes == probe.WritesRefused && eu.Cause == probe.ReadOnly &&
			w.keys("us", "eu") == probe.KeysArriving && len(eu.Missing) == 0
	})
	for _, test := range []struct {
		name       string
		refuse, do []string // that makes it refuse, and accept again
		cause      probe.Cause
	}{
		{"out of memory", []string{"CONFIG", "SET", "maxmemory", "1"}, []string{"CONFIG", "SET", "maxmemory", "0"}, probe.OutOfMemory},
		{"too few replicas", []string{"CONFIG", "SET", "min-replicas-to-write", "5"}, []string{"CONFIG", "SET", "min-replicas-to-write", "0"}, probe.NoReplicas},
		{"no permission", []string{"ACL", "SETUSER", "default", "-set"}, []string{"ACL", "SETUSER", "default", "+set"}, probe.Permission},
	} {
		t.Run(test.name, func(t *testing.T) {
			set(t, primary, test.refuse...)
			w.until("us refuses writes: "+test.name, func() bool {
				p := w.Proof("us")
				return p.Writes == probe.WritesRefused && p.Cause == test.cause
			})
			set(t, primary, test.do...)
			w.until("us accepts writes", func() bool { return w.Proof("us").Writes == probe.WritesProven })
		})
	}
	// It is not the replica any more, and serves what it had.
	set(t, replica, "REPLICAOF", "NO", "ONE")
	w.until("keys of us are missing in eu, which accepts writes", func() bool {
		p := w.Proof("eu")
		return p.Writes == probe.WritesProven && w.keys("us", "eu") == probe.KeysMissing && len(p.Missing) == 1
	})
	replica.Do(t, "FLUSHALL")
	w.until("keys of us are still missing in eu, which is empty", func() bool {
		return w.keys("us", "eu") == probe.KeysMissing && len(w.Proof("eu").Missing) == 1
	})
	primary.Kill()
	w.until("nothing is proven of us", func() bool { return w.Proof("us").Writes == probe.WritesUnproven })
}

// One node of a cluster is gone: its slots answer nothing, and the others refuse.
func TestRealCluster(t *testing.T) {
	nodes := redistest.Nodes(t, 3, "--cluster-require-full-coverage", "yes")
	w := beat(t, []config.Region{{Name: "us", Address: nodes[0].Addr}}, region.Options{Timeout: time.Second}, quick, "us")
	w.until("every shard accepts writes and shows them", w.well)
	nodes[2].Kill()
	w.until("the cluster is down", func() bool {
		p := w.Proof("us")
		return p.Writes == probe.WritesRefused && p.Cause == probe.ClusterDown
	})
}

// A user who may do no more than it takes; and a user who may not read: nothing is concluded from what he cannot see.
func TestRealUsers(t *testing.T) {
	s := redistest.Start(t)
	set(t, s, "ACL", "SETUSER", "beat", "on", ">pw", "resetkeys", "~aafailover:*", "+ping", "+set", "+get", "+select", "+cluster|slots")
	r, err := config.ParseRegionFlag("us=redis://beat:pw@" + s.Addr + "/3")
	if err != nil {
		t.Fatal(err)
	}
	w := beat(t, []config.Region{r}, region.Options{}, quick, "us")
	w.until("all is well", w.well)
	if n := strings.Count(s.Do(t, "INFO", "keyspace").Str, "db3:keys=16"); n != 1 {
		t.Errorf("database 3 does not hold one key for each of 16 slots: %s", s.Do(t, "INFO", "keyspace").Str)
	}
	set(t, s, "ACL", "SETUSER", "beat", "-get")
	w.until("keys are written and cannot be read", func() bool {
		p := w.Proof("us")
		if len(p.Missing) != 0 {
			t.Fatalf("who may not read finds missing: %s", w.summary())
		}
		return p.Writes == probe.WritesProven && w.keys("us", "us") == probe.KeysUnproven
	})
	set(t, s, "ACL", "SETUSER", "beat", "+get")
	w.until("all is well again", w.well)
	set(t, s, "ACL", "SETUSER", "beat", "off")
	s.Do(t, "CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes")
	w.until("nothing is proven", func() bool { return w.Proof("us").Writes == probe.WritesUnproven })
}

// A server that is paused is no evidence of anything, and one that goes on is well at once.
func TestRealPause(t *testing.T) {
	primary := redistest.Start(t)
	replica := redistest.Replica(t, primary)
	regions := []config.Region{{Name: "us", Address: primary.Addr}, {Name: "eu", Address: replica.Addr}}
	w := beat(t, regions, region.Options{Timeout: 300 * time.Millisecond}, quick, "us")
	w.until("all is well", w.well)
	replica.Pause()
	w.until("nothing is known of eu, and us accepts writes", func() bool {
		return w.keys("us", "eu") == probe.KeysUnproven && w.Proof("us").Writes == probe.WritesProven
	})
	replica.Continue()
	w.until("all is well again", w.well)
}

// What a read would find is not what the guard lets through: nothing but what a heart needs is sent, and nothing beside the
// prefix is touched.
func TestRealServerSeesNothingElse(t *testing.T) {
	s := redistest.Start(t)
	w := beat(t, []config.Region{{Name: "us", Address: s.Addr}}, region.Options{}, quick, "us")
	w.until("all is well", w.well)
	w.stop()
	for _, line := range strings.Split(s.Do(t, "INFO", "commandstats").Str, "\r\n") {
		name, _, found := strings.Cut(strings.TrimPrefix(line, "cmdstat_"), ":")
		switch name {
		case "ping", "set", "get", "cluster|slots", "cluster|shards", "info":
		default:
			if found {
				t.Errorf("the server was sent %q", name)
			}
		}
	}
	for _, key := range s.Do(t, "KEYS", "*").Elems {
		if prefix, _, _ := strings.Cut(key.Str, ":{"); prefix != "aafailover" || !strings.HasSuffix(key.Str, ":us:beat") {
			t.Errorf("key %q was written", key.Str)
		}
		if ttl := s.Do(t, "TTL", key.Str).Int; ttl < 1 || ttl > 60 {
			t.Errorf("key %q stays %d s", key.Str, ttl)
		}
	}
}
