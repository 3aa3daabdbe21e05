package check_test

import (
	"testing"

	"github.com/aafailover/aafailover/check"
)

func TestRegionEviction(t *testing.T) {
	policy := func(p string) func(*check.Region) {
		return server(func(s *check.Server) { s.Vitals.Memory.Policy = known(p) })
	}
	judge(t, "region-eviction", []row{
		{"noeviction passes", facts(region("us", policy("noeviction")), region("eu", policy("noeviction"))), check.Passed, []string{"us (us.example:6379): noeviction"}},
		{"any other is a warning", facts(region("us", policy("noeviction")), region("eu", policy("allkeys-lru"))), check.Warned,
			[]string{"eu (eu.example:6379): allkeys-lru: an Active-Active database evicts keys from 80% of its limit on", "CONFIG SET maxmemory-policy noeviction"}},
		{"a setting counts before what INFO says", facts(region("us", settings("maxmemory-policy", "volatile-ttl"), policy("noeviction")), region("eu", policy("noeviction"))), check.Warned, []string{"volatile-ttl"}},
		{"what may not be asked is not known", facts(region("us", policy("noeviction")), region("eu")), check.Untold, []string{"it does not tell its eviction policy"}},
		{"one region evicts for itself", facts(region("us", policy("allkeys-lru"))), check.NotApplicable, nil},
	})
}

// uses is a server that uses so many bytes of a limit.
func uses(used, limit int64) func(*check.Region) {
	return server(func(s *check.Server) { s.Vitals.Memory.Used, s.Vitals.Memory.Limit = known(used), known(limit) })
}

func TestMemoryHeadroom(t *testing.T) {
	const mb = 1_000_000
	other := region("eu", uses(100*mb, 1000*mb))
	judge(t, "memory-headroom", []row{
		{"room passes", facts(region("us", uses(790*mb, 1000*mb)), other), check.Passed, []string{"us (us.example:6379): it uses 790 MB of 1,000 MB (79%)"}},
		{"from where keys are evicted it is a warning", facts(region("us", uses(800*mb, 1000*mb)), other), check.Warned, []string{"(80%): an Active-Active database evicts keys from 80% on where it may, and from Redis 8.4 on refuses writes from 95% on"}},
		{"from where writes are refused it is a failure", facts(region("us", uses(950*mb, 1000*mb)), other), check.Broken, []string{"While a region is away, only its removal frees memory then"}},
		{"so is more than there is", facts(region("us", uses(1100*mb, 1000*mb)), other), check.Broken, nil},
		{"what is written is estimated", facts(region("us", uses(500*mb, 1000*mb), written(100_000, 1<<20)), other), check.Passed,
			[]string{"at the 100 kB/s that are written in 2.00 s the rest is full after 1h23m20s, if all of it is new"}},
		{"and is a warning where the outage is longer", facts(region("us", uses(500*mb, 1000*mb), written(1_000_000, 1<<20)), other), check.Warned,
			[]string{"full after 8m20s, if all of it is new: sooner than an outage of 10m is over"}},
		{"no limit is a warning", facts(region("us", uses(mb, 0)), other), check.Warned, []string{"us (us.example:6379): it has no memory limit", "CONFIG SET maxmemory"}},
		{"a setting tells the limit where INFO does not", facts(region("us", settings("maxmemory", "1000000"), server(func(s *check.Server) { s.Vitals.Memory.Used = known(int64(500_000)) })), other), check.Passed, []string{"(50%)"}},
		{"a limit that is not told is not known", facts(region("us"), other), check.Untold, []string{"it does not tell its memory limit"}},
		{"that of Redis Enterprise is the cluster's", facts(region("us", uses(mb, 0), ofEnterprise), other), check.Untold, []string{"its memory limit is one of the cluster"}},
		{"a lab has none", inLab(facts(region("us", uses(mb, 0)), other)), check.NotApplicable, nil},
		{"one region keeps nothing for others", facts(region("us", uses(950*mb, 1000*mb))), check.NotApplicable, nil},
	})
}
