package check_test

import (
	"testing"
	"time"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/vitals"
)

// rpo and rto are targets of which nothing else is asked.
func rpo(d time.Duration) check.Target { return check.Target{RPO: &d, Outage: check.DefaultOutage} }
func rto(d time.Duration) check.Target { return check.Target{RTO: &d, Outage: check.DefaultOutage} }

func profile(t *testing.T, name string) check.Target {
	t.Helper()
	target, err := check.TargetOf(name)
	if err != nil {
		t.Fatal(err)
	}
	return target
}

// logged is a server with an append-only file, whose settings are those of a bare one but for names and values in turn.
func logged(namesAndValues ...string) *check.Facts {
	return bare(append([]string{"appendonly", "yes"}, namesAndValues...)...)
}

// bare is a server with the settings that it has by default, but for names and values in turn.
func bare(namesAndValues ...string) *check.Facts {
	return facts(region("us", defaults(namesAndValues...)))
}

// defaults are what CONFIG GET says of a server of Redis 7.0 that was told nothing, but for names and values in turn.
func defaults(namesAndValues ...string) func(*check.Region) {
	return settings(append([]string{
		"appendonly", "no", "appendfsync", "everysec", "no-appendfsync-on-rewrite", "no", "aof-use-rdb-preamble", "yes", "aof-load-truncated", "yes",
		"auto-aof-rewrite-percentage", "100", "auto-aof-rewrite-min-size", "67108864", "save", "3600 1 300 100 60 10000",
		"stop-writes-on-bgsave-error", "yes", "rdbchecksum", "yes", "maxmemory", "0", "maxmemory-policy", "noeviction",
		"min-replicas-to-write", "0", "min-replicas-max-lag", "10", "repl-backlog-size", "1048576", "repl-ping-replica-period", "10",
		"replica-read-only", "yes", "replica-priority", "100", "client-output-buffer-limit", "normal 0 0 0 slave 268435456 67108864 60 pubsub 33554432 8388608 60",
		"cluster-node-timeout", "15000", "cluster-require-full-coverage", "yes", "cluster-replica-validity-factor", "10", "latency-monitor-threshold", "0",
	}, namesAndValues...)...)
}

// followed are the replicas of the first server, as it sees them.
func followed(by ...vitals.Follower) func(*check.Region) {
	return server(func(s *check.Server) { s.Vitals.Replication.Replicas = known(append([]vitals.Follower{}, by...)) })
}

// follower is a replica that has everything.
func follower(address string) vitals.Follower {
	return vitals.Follower{Address: address, State: "online", Offset: known(int64(1000)), Lag: known(time.Second)}
}

// fromFile makes the facts those of a redis.conf.
func fromFile(f *check.Facts) *check.Facts {
	for i := range f.Regions {
		f.Regions[i].Servers[0].Vitals.Replication = vitals.Replication{}
	}
	f.Files = []check.File{{Name: "redis.conf"}}
	return f
}

// refused is a server whose user may send neither CONFIG GET nor INFO.
func refused(r *check.Region) {
	s := &r.Servers[0]
	s.Vitals = vitals.Parse(noon, []vitals.Reply{{Command: vitals.Info, Outcome: vitals.Denied}})
	for _, name := range check.SettingNames() {
		s.Vitals.Settings[name] = notAllowed[string]()
	}
}

func durabilityRules(t *testing.T) []check.Rule {
	t.Helper()
	rules, err := check.Select(check.Rules(), []string{string(check.Durability)}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return rules
}

// outcomes are what became of the rules of durability, those that are none of these left out.
func outcomes(t *testing.T, f *check.Facts, target check.Target, but ...check.Outcome) map[string]check.Outcome {
	t.Helper()
	got := map[string]check.Outcome{}
	for _, j := range check.Run(durabilityRules(t), f, target, false).Rules {
		got[j.Rule.ID] = j.Outcome
		for _, o := range but {
			if j.Outcome == o {
				delete(got, j.Rule.ID)
			}
		}
	}
	return got
}

// A file that does not name a setting is judged by the default, and that is said.
func TestDefaultsOfAFileAreSaid(t *testing.T) {
	f := fromFile(bare())
	f.Regions[0].Servers[0].Unset = map[string]bool{"appendonly": true}
	judge(t, "appendonly", []row{{"by default", f, check.Warned, []string{"appendonly is no by default: up to 1h is lost"}}})
}

// Of several files each is that of a server, which is judged by itself.
func TestEachFileIsJudged(t *testing.T) {
	var files []check.File
	for _, text := range []string{"appendonly yes", "appendonly yes\nmin-replicas-to-write 1\nmin-replicas-max-lag 0"} {
		files = append(files, ofServer(text))
	}
	judge(t, "min-replicas", []row{{"the second one, too", check.FactsOfFiles(noon, files), check.Broken, []string{"switches it off"}}})
}

// The servers of a lab lack much that a server has; nothing follows from that.
func TestALabIsNoFalseAlarm(t *testing.T) {
	lab := inLab(facts(region("us", settings("appendonly", "yes", "appendfsync", "always", "no-appendfsync-on-rewrite", "no", "save", "", "maxmemory", "0"),
		followed(), server(func(s *check.Server) { s.Vitals.Mode = known("cluster") }))))
	if got := outcomes(t, lab, target, check.Passed, check.NotApplicable); len(got) > 0 {
		t.Errorf("it finds %v", got)
	}
	if got := outcomes(t, lab, target)["promised-loss"]; got != check.Passed {
		t.Errorf("what is promised is %s", got)
	}
}

// Whatever servers of Redis Enterprise say of themselves, no rule holds it against the database.
func TestRedisEnterpriseIsNoFalseAlarm(t *testing.T) {
	said := func(r *check.Region) {
		s := &r.Servers[0]
		s.Vitals = vitals.Parse(noon, []vitals.Reply{{Command: vitals.Info, Value: resp.Value{Kind: resp.Bulk, Str: "redis_version:7.4.0\r\nrlec_version:7.22.0-28\r\nredis_mode:cluster\r\n" +
			"role:master\r\nconnected_slaves:0\r\naof_enabled:0\r\nmaxmemory:0\r\nmaxmemory_policy:allkeys-lru\r\nrdb_last_bgsave_status:err\r\nmem_fragmentation_ratio:9.1\r\nmem_fragmentation_bytes:900000000\r\n"}}})
		s.Vitals.Settings["lua-time-limit"] = known("5000")
	}
	for name, f := range map[string]*check.Facts{"by INFO": facts(region("us", said)),
		"by its REST API": facts(region("us", said, func(r *check.Region) {
			r.Servers[0].Vitals.Enterprise, r.Servers[0].Vitals.Settings, r.Management = vitals.Field[string]{}, nil, &check.ManagementFacts{}
		}))} {
		if got := outcomes(t, f, rpo(time.Second), check.Untold, check.NotApplicable); len(got) > 0 {
			t.Errorf("%s: it finds %v", name, got)
		}
	}
}
