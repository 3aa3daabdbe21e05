package check_test

import (
	"fmt"
	"math"
	"strings"
	"testing"
	"testing/quick"
	"time"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/vitals"
)

// written is a server to which so much was written in the 2 s that it was measured, with a backlog of so many bytes.
func written(rate float64, size int64) func(*check.Region) {
	return server(func(s *check.Server) {
		s.Rates.Effects, s.Measured = known(rate), 2*time.Second
		s.Vitals.Replication.BacklogSize = known(size)
	})
}

func hasReplica(r *check.Region) {
	r.Servers[0].Vitals.Replication.Replicas = known([]vitals.Follower{{Address: "10.0.0.2:6379", State: "online"}})
}

func TestOutageInBacklog(t *testing.T) {
	judge(t, "outage-in-backlog", []row{
		{"a backlog that holds the outage passes, with the arithmetic", facts(region("us", written(1000, 1<<20)), region("eu", written(1000, 1<<20))),
			check.Passed, []string{"us (us.example:6379): 1 kB/s written in 2.00 s x 10m of outage = 600 kB, and its backlog holds 1 MB"}},
		{"one that does not is a failure, which says what to set", facts(region("us", written(8400, 1<<20)), region("eu", written(1000, 1<<20))),
			check.Broken, []string{"8.4 kB/s written in 2.00 s x 10m of outage = 5 MB, and its backlog holds 1 MB: full after 2m5s",
				"[CONFIG SET repl-backlog-size 8mb, and the same in redis.conf]"}},
		{"what is set counts before what INFO says", facts(region("us", settings("repl-backlog-size", "16777216"), written(8400, 1<<20)), region("eu", written(0, 1<<20), hasReplica)),
			check.Passed, []string{"its backlog holds 17 MB"}},
		{"where nothing was written it says what the backlog bears", facts(region("us", written(0, 1<<20), hasReplica), region("eu", written(0, 1<<20), hasReplica)),
			check.Passed, []string{"nothing was written in 2.00 s; its backlog of 1 MB holds 10m at up to 1.7 kB/s"}},
		{"that one was looked at for longer by a few milliseconds is not said", facts(region("us", written(1000, 1<<20), server(func(s *check.Server) { s.Measured = 2013 * time.Millisecond })), region("eu", written(1000, 1<<20))),
			check.Passed, []string{"us (us.example:6379): 1 kB/s written in 2.00 s x"}},
		{"a server without replicas need not count what is written", facts(region("us", written(0, 1<<20)), region("eu", written(10, 1<<20))),
			check.Untold, []string{"a server without replicas need not count; its backlog of 1 MB holds 10m at up to 1.7 kB/s"}},
		{"but the lab does", inLab(facts(region("us", written(0, 1<<20)), region("eu", written(0, 1<<20)))), check.Passed, []string{"nothing was written in 2.00 s; its backlog of 1 MB holds 10m at up to 1.7 kB/s"}},
		{"what was not measured is not known", facts(region("us", settings("repl-backlog-size", "1048576")), region("eu", unreachable)),
			check.Untold, []string{"how much is written to it was not measured", "eu: it cannot be reached"}},
		{"nor is a size that may not be asked for", facts(region("us", server(func(s *check.Server) { s.Vitals.Replication.BacklogSize = notAllowed[int64]() })), region("eu", written(10, 1<<20))),
			check.Untold, []string{"may not ask for the size of its backlog"}},
		{"the backlog of a server of Redis Enterprise is not that between the regions", facts(region("us", ofEnterprise, written(8400, 1<<20)), region("eu", written(10, 1<<20))),
			check.Untold, []string{"only the REST API tells"}},
		{"which is judged where the REST API is asked", facts(region("us", func(r *check.Region) { r.Management = &check.ManagementFacts{} }), region("eu", func(r *check.Region) { r.Management = &check.ManagementFacts{} })),
			check.NotApplicable, []string{"see api-backlog"}},
		{"one region alone has no backlog for another", facts(region("us", written(8400, 1<<20))), check.NotApplicable, nil},
	})
}

// The setting that is advised holds the outage at the rate that was measured, and is no more than twice what is needed.
func TestTheAdvisedBacklogIsLargeEnough(t *testing.T) {
	rule, err := check.Find("outage-in-backlog")
	if err != nil {
		t.Fatal(err)
	}
	advised := func(rate float64, size int64, outage time.Duration) (string, check.Outcome) {
		f := facts(region("us", written(rate, size)), region("eu", unreachable))
		found := check.Run([]check.Rule{rule}, f, check.Target{Outage: outage}, false).Rules[0].Findings[0]
		return found.Fix, found.Outcome
	}
	err = quick.Check(func(rate uint32, size uint32, seconds uint16) bool {
		outage := time.Duration(seconds)*time.Second + time.Second
		need := float64(rate) * outage.Seconds()
		fix, outcome := advised(float64(rate), int64(size), outage)
		if (outcome == check.Broken) != (need > float64(size)) {
			return false
		}
		if outcome != check.Broken {
			return true
		}
		var mebibytes float64
		if _, err := fmt.Sscanf(strings.TrimPrefix(fix, "CONFIG SET repl-backlog-size "), "%fmb", &mebibytes); err != nil {
			return false
		}
		bytes := mebibytes * (1 << 20)
		return bytes >= need && bytes <= max(2*(need+1<<20), 1<<20)
	}, nil)
	if err != nil {
		t.Error(err)
	}
	for _, rate := range []float64{math.NaN(), math.Inf(1), -1} {
		if _, outcome := advised(rate, 1<<20, time.Minute); outcome != check.Untold {
			t.Errorf("a rate of %v is found to be a %s", rate, outcome)
		}
	}
}
