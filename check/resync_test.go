package check_test

import (
	"testing"

	"github.com/aafailover/aafailover/check"
)

func TestReplicaBacklog(t *testing.T) {
	judge(t, "replica-backlog", []row{
		{"one that holds the outage passes", facts(region("us", written(1000, 1<<20), hasReplica)), check.Passed, []string{"= 600 kB, and its backlog holds 1 MB"}},
		{"one that does not is a failure", facts(region("us", written(8400, 1<<20), hasReplica)), check.Broken, []string{"full after 2m5s", "repl-backlog-size 8mb"}},
		{"without a replica nobody comes back to it", facts(region("us", written(8400, 1<<20), followed())), check.NotApplicable, nil},
		{"who does not tell is not judged", bare(), check.Untold, nil},
		{"nor is Redis Enterprise", facts(region("us", ofEnterprise, written(8400, 1<<20), hasReplica)), check.Untold, nil},
	})
}

func TestReplicaBuffer(t *testing.T) {
	buffer := func(limit string, used int64, rate float64) *check.Facts {
		return facts(region("us", defaults("client-output-buffer-limit", "normal 0 0 0 "+limit+" pubsub 1 1 1"), hasReplica, server(func(s *check.Server) {
			s.Vitals.Memory.Used, s.Rates.Effects = known(used), known(rate)
		})))
	}
	judge(t, "replica-buffer", []row{
		{"one that lasts for a copy passes, with the arithmetic", buffer("slave 268435456 67108864 60", 1e9, 1e6), check.Passed,
			[]string{"268 MB, or 67 MB for 1m behind", "1 MB/s written fill that in 2m7s", "a copy of 1,000 MB takes some 20.00 s"}},
		{"one that does not begins copies anew", buffer("slave 268435456 67108864 60", 50e9, 1e6), check.Broken,
			[]string{"takes some 16m40s", `[CONFIG SET client-output-buffer-limit "replica 2048mb 2048mb 60"`}},
		{"the hard limit counts where it is reached first", buffer("slave 67108864 33554432 60", 1e9, 10e6), check.Broken, []string{"10 MB/s written fill that in 6.71 s"}},
		{"a limit below the backlog is that of the backlog", facts(region("us", defaults("client-output-buffer-limit", "slave 1048576 0 0", "repl-backlog-size", "268435456"))),
			check.Passed, []string{"268 MB behind"}},
		{"a new server calls it replica", buffer("replica 268435456 67108864 60", 1e9, 1e6), check.Passed, nil},
		{"no limit takes memory instead", buffer("slave 0 0 0", 1e9, 1e9), check.Passed, []string{"there is no limit"}},
		{"next to none is dropped by a burst", buffer("slave 1024 0 0", 1, 0), check.Warned, []string{"drops it"}},
		{"what lasts for days is told in days", buffer("slave 268435456 67108864 60", 1e6, 200), check.Passed, []string{"200 bytes/s written fill that in 4 days"}},
		{"where nothing is written it is told", buffer("slave 268435456 67108864 60", 1e9, 0), check.Passed, []string{"nothing was written"}},
		{"a file has no data, and tells the limit", fromFile(bare()), check.Passed, []string{"268 MB, or 67 MB for 1m"}},
		{"what is no limit is not judged", bare("client-output-buffer-limit", "slave x 1 1"), check.Untold, nil},
		{"nor what may not be asked for", facts(region("us", refused)), check.Untold, nil},
		{"without a replica there is no buffer", facts(region("us", defaults(), followed())), check.NotApplicable, nil},
		{"whatever its limit is", facts(region("us", refused, followed())), check.NotApplicable, nil},
	})
}
