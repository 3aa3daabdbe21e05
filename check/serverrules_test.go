package check_test

import (
	"testing"
	"time"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/vitals"
)

func memory(m vitals.Memory, namesAndValues ...string) *check.Facts {
	return facts(region("us", defaults(namesAndValues...), server(func(s *check.Server) { s.Vitals.Memory = m })))
}

func TestMaxMemory(t *testing.T) {
	judge(t, "maxmemory", []row{
		{"a limit passes", bare("maxmemory", "1073741824"), check.Passed, []string{"1,074 MB"}},
		{"none does not", bare(), check.Warned, []string{"there is no limit"}},
		{"one that is reached does not", memory(vitals.Memory{Used: known(int64(96))}, "maxmemory", "100"), check.Warned, []string{"96 bytes of 100 bytes"}},
		{"one that refuses writes is a failure", memory(vitals.Memory{Used: known(int64(101))}, "maxmemory", "100"), check.Broken, []string{"101 bytes of 100 bytes", "it refuses writes with OOM"}},
		{"what does not count for the limit fills no server", memory(vitals.Memory{Used: known(int64(101)), Uncounted: known(int64(1))}, "maxmemory", "100"), check.Warned, nil},
		{"nor one that evicts", memory(vitals.Memory{Used: known(int64(101))}, "maxmemory", "100", "maxmemory-policy", "allkeys-lru"), check.Warned, nil},
		{"where it may not be asked for INFO is taken", facts(region("us", refused, server(func(s *check.Server) { s.Vitals.Memory.Limit = known(int64(0)) }))), check.Warned, nil},
		{"but of Redis Enterprise", facts(region("us", ofEnterprise, server(func(s *check.Server) { s.Vitals.Memory.Limit = known(int64(0)) }))), check.Untold, nil},
		{"who tells neither is not judged", facts(region("us", refused)), check.Untold, nil},
	})
}

func TestNoEviction(t *testing.T) {
	lru := []string{"maxmemory", "100", "maxmemory-policy", "allkeys-lru"}
	judge(t, "no-eviction", []row{
		{"noeviction passes", bare(), check.Passed, nil},
		{"a cache is a choice", bare(lru...), check.Passed, []string{"as a cache does"}},
		{"without a limit nothing is evicted", bare("maxmemory-policy", "allkeys-lru"), check.Passed, []string{"no limit at which"}},
		{"keys that are given up are said", facts(region("us", defaults(lru...), server(func(s *check.Server) { s.Rates.Evicted = known(12.) }))), check.Warned, []string{"12 keys/s"}},
		{"where it may not be asked for INFO is taken", facts(region("us", refused, server(func(s *check.Server) { s.Vitals.Memory.Policy = known("noeviction") }))), check.Passed, nil},
		{"who tells neither is not judged", facts(region("us", refused)), check.Untold, nil},
	})
	judgeFor(t, rpo(time.Second), "no-eviction", []row{{"an RPO does not count what is evicted", bare(lru...), check.Warned, nil}})
}

func TestFragmentation(t *testing.T) {
	of := func(ratio float64, used, wasted int64) *check.Facts {
		return memory(vitals.Memory{Fragmentation: known(ratio), Used: known(used), Wasted: known(wasted)})
	}
	judge(t, "fragmentation", []row{
		{"next to none passes", of(1.1, 1e9, 1e8), check.Passed, []string{"1.1"}},
		{"a high ratio of next to nothing passes", of(9.5, 1e6, 1e7), check.Passed, []string{"uses little"}},
		{"much does not", of(2.1, 1e9, 1.1e9), check.Warned, []string{"2.1: 1,100 MB more than it uses"}},
		{"less than is used is swapped out", of(0.6, 1e9, 0), check.Warned, []string{"0.60", "swapped out"}},
		{"what is not told is not judged", bare(), check.Untold, nil},
	})
}

func TestLatencyMonitor(t *testing.T) {
	judge(t, "latency-monitor", []row{
		{"on passes", bare("latency-monitor-threshold", "100"), check.Passed, []string{"100 ms"}},
		{"off does not", bare(), check.Warned, nil},
		{"what may not be asked for is not judged", facts(region("us", refused)), check.Untold, nil},
	})
}
