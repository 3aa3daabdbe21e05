package check_test

import (
	"math/rand/v2"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/drill/durability"
	"github.com/aafailover/aafailover/redisconf"
	"github.com/aafailover/aafailover/vitals"
)

func TestPromisedLoss(t *testing.T) {
	two := followed(follower("10.0.0.2:6379"), follower("10.0.0.3:6379"))
	guarded := []string{"appendonly", "yes", "min-replicas-to-write", "1", "min-replicas-max-lag", "5"}
	judge(t, "promised-loss", []row{
		{"without a target it is told", logged(), check.Untold, []string{"power cut: up to 1.00 s is lost (appendfsync everysec", "does not tell its replicas"}},
		{"as is that there is no bound", facts(region("us", defaults("save", ""), followed())), check.Passed, []string{"power cut: there is no bound", "no RPO is given"}},
		{"and what a promotion takes", facts(region("us", defaults("appendonly", "yes"), two)), check.Passed, []string{"promotion: there is no bound to what is lost (replication is asynchronous"}},
		{"what may not be asked for is not judged", facts(region("us", refused)), check.Untold, nil},
		{"nor what decides on it", inInfo(true), check.Untold, nil},
		{"a region that cannot be reached is not judged", facts(region("us", unreachable)), check.Untold, nil},
	})
	judgeFor(t, rpo(5*time.Second), "promised-loss", []row{
		{"settings that promise the RPO pass", facts(region("us", defaults(guarded...), two)), check.Passed, []string{"the RPO is 5.00 s", "promotion: up to 5.00 s"}},
		{"replication alone promises nothing", facts(region("us", defaults("appendonly", "yes"), two)), check.Broken, []string{"CONFIG SET min-replicas-to-write 1, CONFIG SET min-replicas-max-lag 5"}},
		{"nor do snapshots promise seconds", facts(region("us", defaults(), followed())), check.Broken, []string{"up to 1h is lost", "CONFIG SET appendonly yes, CONFIG SET appendfsync everysec"}},
		{"nor does a log that is not flushed", facts(region("us", defaults("appendonly", "yes", "appendfsync", "no"), followed())), check.Broken, []string{"appendfsync no"}},
		{"nor one that is not flushed during a rewrite", facts(region("us", defaults("appendonly", "yes", "no-appendfsync-on-rewrite", "yes"), followed())), check.Broken, []string{"up to 30.00 s"}},
		{"a file is judged by its own", fromFile(logged()), check.Passed, nil},
	})
	judgeFor(t, rpo(0), "promised-loss", []row{
		{"nothing is lost by always", facts(region("us", defaults("appendonly", "yes", "appendfsync", "always"), followed())), check.Passed, []string{"nothing is lost"}},
		{"everysec is too little for that", facts(region("us", defaults("appendonly", "yes"), followed())), check.Broken, []string{"CONFIG SET appendfsync always"}},
		{"of a promotion only WAIT promises it", facts(region("us", defaults("appendonly", "yes", "appendfsync", "always", "min-replicas-to-write", "1"), two)), check.Untold, []string{"WAIT 1"}},
	})
}

// That a region cannot be asked is said once, though a crash and a promotion are judged there.
func TestPromisedLossSaysOnceWhoCouldNotBeAsked(t *testing.T) {
	rule, err := check.Find("promised-loss")
	if err != nil {
		t.Fatal(err)
	}
	found := check.Run([]check.Rule{rule}, facts(region("us", unreachable), region("eu", unreachable)), target, false).Rules[0].Findings
	if len(found) != 2 || found[0].Subject == found[1].Subject {
		t.Errorf("%+v", found)
	}
}

// What is promised here and what a drill says to be promised are the same, whatever the settings; of snapshots a drill
// knows how much is written, and here the least that can be is counted with.
func TestPromisesAreThoseOfTheDrill(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	one := func(of ...string) string { return of[rng.IntN(len(of))] }
	for range 500 {
		names := []string{"appendonly", "appendfsync", "no-appendfsync-on-rewrite", "min-replicas-to-write", "min-replicas-max-lag", "save"}
		values := []string{one("yes", "no"), one("always", "everysec", "no"), one("yes", "no"), one("0", "1"), one("0", "1", "10"), one("", "60 1", "3600 1 60 1", "5 1 1 1000", "60 10000")}
		var conf redisconf.Config
		var pairs []string
		for i, name := range names {
			conf, pairs = conf.With(name, values[i]), append(pairs, name, values[i])
		}
		settings := durability.SettingsOf(conf)
		f := facts(region("us", defaults(pairs...), followed(follower("10.0.0.2:6379"), follower("10.0.0.3:6379"))))

		cut := durability.Circumstances{Crash: durability.PowerCut, Recovery: durability.Restarted, Rate: 1 / 3600.}
		for _, rate := range []float64{1. / 3600, 1, 1000} {
			cut.Rate = rate
			drilled, here := durability.Promised(settings, cut), mostLost(t, f, "power cut: ")
			if exact := settings.AOF || len(settings.Save) == 0; exact && (drilled.Unbounded != (here < 0) || !drilled.Unbounded && drilled.RPO != here) {
				t.Fatalf("%v: a drill promises %+v, and here it is %v", pairs, drilled, here)
			}
			if here >= 0 && (drilled.Unbounded || rate >= 1 && drilled.RPO > here) {
				t.Fatalf("%v: a drill promises %+v at %v/s, and here no more than %v is lost", pairs, drilled, rate, here)
			}
		}
		promoted := durability.Promised(settings, durability.Circumstances{Crash: durability.PowerCut, Recovery: durability.Promoted, Rate: 1, Replicas: 2})
		if here := mostLost(t, f, "promotion: "); promoted.Unbounded != (here < 0) || !promoted.Unbounded && promoted.RPO != here {
			t.Fatalf("%v: a drill promises %+v of a promotion, and here it is %v", pairs, promoted, here)
		}
	}
}

// mostLost is what the rule says is lost at the most; -1 is that there is no bound.
func mostLost(t *testing.T, f *check.Facts, of string) time.Duration {
	t.Helper()
	rule, err := check.Find("promised-loss")
	if err != nil {
		t.Fatal(err)
	}
	for _, found := range check.Run([]check.Rule{rule}, f, target, false).Rules[0].Findings {
		text, ok := strings.CutPrefix(found.Text, of)
		switch {
		case !ok:
		case strings.HasPrefix(text, "nothing is lost"):
			return 0
		case strings.HasPrefix(text, "there is no bound"):
			return -1
		default:
			amount, _, _ := strings.Cut(strings.TrimPrefix(text, "up to "), " is lost")
			if d, err := time.ParseDuration(strings.ReplaceAll(amount, " ", "")); err == nil {
				return d
			}
		}
	}
	t.Fatalf("the rule says nothing of what a %s takes", strings.TrimSuffix(of, ": "))
	return 0
}

func TestPromisedRecovery(t *testing.T) {
	held := func(used int64) func(*check.Region) {
		return server(func(s *check.Server) { s.Vitals.Memory.Used = known(used) })
	}
	alone := region("us", defaults(), followed(), held(1.2e9))
	lone := func(r *check.Region) {
		s := check.Server{Address: "10.0.0.9:6379", Shard: 7}
		s.Vitals.Replication.Replicas = known([]vitals.Follower{})
		r.Servers = append(r.Servers, s)
	}
	after := func(d time.Duration) *check.Facts { return everySentinel(func(s *check.Sentinel) { s.DownAfter = d }) }
	timeout := func(d time.Duration) *check.Facts {
		return facts(region("us", defaults("cluster-node-timeout", strconv.FormatInt(d.Milliseconds(), 10)), clusterOf(3), hasReplica))
	}
	judge(t, "promised-recovery", []row{
		{"without a target the estimate is told", watched(3), check.Passed, []string{"in about 10.00 s, by an estimate: down-after-milliseconds 5.00 s + 1.00 s to agree + 1.00 s to elect + 3.00 s", "no RTO is given"}},
		{"as is that of a cluster", timeout(15 * time.Second), check.Passed, []string{"in about 32.00 s, by an estimate: cluster-node-timeout 15.00 s x 2"}},
		{"and what a start takes", facts(alone), check.Passed, []string{"has to be started again and to read 1,200 MB, some 12 s at 100 MB/s"}},
		{"a shard without a replica waits for its server", facts(region("us", defaults("cluster-node-timeout", "5000"), clusterOf(3), hasReplica, lone)), check.Passed, []string{"elect a replica", "us (10.0.0.9:6379): it has no replica"}},
		{"nobody is known who promotes a replica", pair(nil), check.Untold, []string{"redis+sentinel://"}},
		{"nobody told of replicas", bare(), check.Untold, nil},
		{"a service does it by itself", facts(region("us", ofEnterprise, followed())), check.Untold, []string{"cluster manager"}},
		{"a redis.conf does not tell who promotes", fromFile(bare()), check.NotApplicable, nil},
		{"a sentinel.conf does", sentinelFile(func(*check.Sentinel) {}), check.Passed, nil},
	})
	judgeFor(t, rto(10*time.Second), "promised-recovery", []row{
		{"an estimate within the RTO passes", watched(3), check.Passed, []string{"the RTO is 10.00 s"}},
		{"one beyond it says what to set", after(30 * time.Second), check.Broken, []string{"SENTINEL SET mymaster down-after-milliseconds 5000"}},
		{"for a cluster, too", timeout(15 * time.Second), check.Broken, []string{"CONFIG SET cluster-node-timeout 4000"}},
		{"nor is one shard of several", facts(region("us", defaults("cluster-node-timeout", "2000"), clusterOf(3), hasReplica, lone)), check.Broken, []string{"us (10.0.0.9:6379): it has no replica"}},
		{"a server alone is not replaced", facts(alone), check.Broken, []string{"give it a replica"}},
		{"but by another region", facts(alone, alone), check.Untold, []string{"applications go to another region"}},
	})
	judgeFor(t, rto(2*time.Second), "promised-recovery", []row{
		{"no setting of sentinels is fast enough for some RTO", after(5 * time.Second), check.Broken, []string{"no down-after-milliseconds is that short"}},
		{"nor one of a cluster", timeout(5 * time.Second), check.Broken, []string{"no cluster-node-timeout is that short"}},
	})
}
