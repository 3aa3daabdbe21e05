package check_test

import (
	"testing"
	"time"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/redisconf"
)

func TestMinReplicas(t *testing.T) {
	two := followed(follower("10.0.0.2:6379"), follower("10.0.0.3:6379"))
	copied, silent := follower("10.0.0.2:6379"), follower("10.0.0.3:6379")
	copied.State, silent.Lag.Value = "wait_bgsave", 11*time.Second
	one := followed(follower("10.0.0.2:6379"))
	with := func(replicas func(*check.Region), namesAndValues ...string) *check.Facts {
		return facts(region("us", defaults(namesAndValues...), replicas))
	}
	watched := func(r *check.Region) { r.Sentinels = []check.Sentinel{{Address: "10.0.0.7:26379"}} }
	judge(t, "min-replicas", []row{
		{"one of two passes", with(two, "min-replicas-to-write", "1"), check.Passed, []string{"1 of 2 replicas, with a lag of 10.00 s"}},
		{"all of them refuse writes when one is lost", with(two, "min-replicas-to-write", "2"), check.Warned, []string{"when one is lost", "min-replicas-to-write 1"}},
		{"as does one of one", with(one, "min-replicas-to-write", "1"), check.Warned, []string{"1 replica is connected"}},
		{"more than there are refuse every write now", with(one, "min-replicas-to-write", "2"), check.Broken, []string{"it refuses every write"}},
		{"as they do without any", with(followed(), "min-replicas-to-write", "1"), check.Broken, []string{"no replicas are connected"}},
		{"one that is copied to does not count", with(followed(copied, copied), "min-replicas-to-write", "1"), check.Broken, []string{"of 2 replicas 0 are online with a lag of 10.00 s at the most: it refuses every write now"}},
		{"nor does one that was silent for longer", with(followed(follower("10.0.0.2:6379"), silent), "min-replicas-to-write", "2"), check.Broken, []string{"of 2 replicas 1 are online"}},
		{"a lag of 0 switches it off", with(two, "min-replicas-to-write", "1", "min-replicas-max-lag", "0"), check.Broken, []string{"switches it off"}},
		{"without it a failover throws writes away", facts(region("us", defaults(), two, watched)), check.Warned, []string{"[CONFIG SET min-replicas-to-write 1"}},
		{"where nobody is promoted meanwhile that is a choice", with(two), check.Passed, nil},
		{"with one replica it is a choice", facts(region("us", defaults(), one, watched)), check.Passed, []string{"every write while the replica is away"}},
		{"without replicas it is right", with(followed()), check.NotApplicable, nil},
		{"and may be whatever it is", facts(region("us", refused, followed())), check.NotApplicable, nil},
		{"a file does not tell how many there are", fromFile(bare("min-replicas-to-write", "1")), check.Passed, []string{"one replica more than that"}},
		{"nor where it is off", fromFile(bare()), check.Passed, []string{"which is right where there is none"}},
		{"what may not be asked for is not judged", facts(region("us", refused)), check.Untold, nil},
	})
	judgeFor(t, rpo(time.Second), "min-replicas", []row{{"an RPO asks for it", with(two), check.Warned, nil}})
	judgeFor(t, profile(t, redisconf.LowLatency), "min-replicas", []row{{"low latency does not", facts(region("us", defaults(), two, watched)), check.Passed, nil}})
}
