package check_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aafailover/aafailover/check"
)

// watchedBy is a region with so many sentinels that agree on everything, on machines of their own, changed as a row wants it.
func watchedBy(n int, change ...func(*check.Sentinel)) func(*check.Region) {
	return func(r *check.Region) {
		r.Service, r.Discovery = "mymaster", []string{"10.0.0.11:26379"}
		for i := range n {
			s := check.Sentinel{Address: fmt.Sprintf("10.0.0.1%d:26379", i+1), Primary: "10.0.0.1:6379", Quorum: n/2 + 1, Known: n,
				DownAfter: 5 * time.Second, FailoverTimeout: time.Minute, ParallelSyncs: 1,
				Replicas: []check.SentinelReplica{{Address: "10.0.0.2:6379", Priority: 100}, {Address: "10.0.0.3:6379", Priority: 100}}}
			if i < len(change) && change[i] != nil {
				change[i](&s)
			}
			r.Sentinels = append(r.Sentinels, s)
		}
	}
}

func watched(n int, change ...func(*check.Sentinel)) *check.Facts {
	return facts(region("us", watchedBy(n, change...)))
}

// everySentinel is the same change to three of them.
func everySentinel(change func(*check.Sentinel)) *check.Facts {
	return watched(3, change, change, change)
}

// sentinelFile makes the facts those of a sentinel.conf, which knows of no other sentinel.
func sentinelFile(change func(*check.Sentinel)) *check.Facts {
	f := watched(1, func(s *check.Sentinel) { s.Known, s.Replicas = 0, nil; change(s) })
	f.Files, f.Regions[0].Servers = []check.File{{Name: "sentinel.conf", Sentinel: true}}, nil
	return f
}

func gone(s *check.Sentinel) { *s = check.Sentinel{Address: s.Address, Failed: "connection refused"} }

// twice are three sentinels of which down ones do not answer, neither by the name that is configured nor by the address
// that the others have for them.
func twice(down int) *check.Facts {
	lost := func(s *check.Sentinel) { s.Down = down }
	if down == 2 {
		return facts(region("us", watchedBy(5, threeAreKnown(lost), gone, gone, gone, gone)))
	}
	return facts(region("us", watchedBy(4, threeAreKnown(lost), threeAreKnown(lost), gone, gone)))
}

func threeAreKnown(change func(*check.Sentinel)) func(*check.Sentinel) {
	return func(s *check.Sentinel) { s.Known, s.Quorum = 3, 2; change(s) }
}

func TestSentinels(t *testing.T) {
	discovered := func(r *check.Region) { r.Discovery = []string{"10.0.0.11:26379"} }
	quorum := func(n int) func(*check.Sentinel) { return func(s *check.Sentinel) { s.Quorum = n } }
	down := func(n int) func(*check.Sentinel) { return func(s *check.Sentinel) { s.Down = n } }
	at := func(address string) func(*check.Sentinel) { return func(s *check.Sentinel) { s.Address = address } }
	after := func(d time.Duration) func(*check.Sentinel) { return func(s *check.Sentinel) { s.DownAfter = d } }
	timeout := func(d time.Duration) func(*check.Sentinel) { return func(s *check.Sentinel) { s.FailoverTimeout = d } }
	syncs := func(n int) func(*check.Sentinel) { return func(s *check.Sentinel) { s.ParallelSyncs = n } }
	for _, rule := range []struct {
		id   string
		rows []row
	}{
		{"sentinel-count", []row{
			{"three pass", watched(3), check.Passed, []string{"us: there are 3 sentinels: 1 may be lost"}},
			{"those that could not be asked count", watched(3, gone, gone), check.Passed, nil},
			{"as do those that are known to others only", watched(1, func(s *check.Sentinel) { s.Known = 5 }), check.Passed, []string{"5 sentinels: 2 may be lost"}},
			{"one that does not answer under two addresses counts once", twice(1), check.Passed, []string{"there are 3 sentinels: 1 may be lost"}},
			{"four are no better than three", watched(4), check.Warned, []string{"1 may be lost, as of 3"}},
			{"two are none", watched(2), check.Broken, []string{"no majority is left"}},
			{"one is none", watched(1), check.Broken, []string{"there is 1 sentinel"}},
			{"a file knows of no other", sentinelFile(quorum(2)), check.NotApplicable, nil},
		}},
		{"sentinel-quorum", []row{
			{"the majority passes", watched(3), check.Passed, []string{"the quorum is 2 of 3 sentinels; the majority of 2 elects"}},
			{"less than the majority, but not one, may be", everySentinelOf(5, quorum(2)), check.Passed, nil},
			{"one is too few", everySentinel(quorum(1)), check.Warned, []string{"begins a failover", "[SENTINEL SET mymaster quorum 2, at each sentinel]"}},
			{"more than the majority may lose fewer", everySentinel(quorum(3)), check.Warned, []string{"0 may be lost, and with the majority of 2 it were 1"}},
			{"more than there are never agree", everySentinel(quorum(4)), check.Broken, []string{"no failover ever begins"}},
			{"in a file two pass", sentinelFile(quorum(2)), check.Passed, []string{"the majority of 3 sentinels"}},
			{"and one does not", sentinelFile(quorum(1)), check.Warned, nil},
			{"what is not told is not judged", everySentinel(quorum(0)), check.Untold, nil},
		}},
		{"sentinels-up", []row{
			{"all up pass", watched(3), check.Passed, nil},
			{"one that is down is said", watched(3, gone, down(1), down(1)), check.Warned, []string{"1 of 3 sentinels is down, as the others say: no other may be lost"}},
			{"without a majority there is no failover", watched(3, gone, gone, down(2)), check.Broken, []string{"there is no majority"}},
			{"two of three that are down under two addresses each are no two of five", twice(2), check.Broken, []string{"2 of 3 sentinels are down", "there is no majority"}},
			{"one that is down for us alone is not down", watched(3, gone), check.Untold, []string{"could not be asked from here"}},
		}},
		{"sentinels-agree", []row{
			{"the same of everything passes", watched(3), check.Passed, []string{"3 sentinels name 10.0.0.1:6379"}},
			{"two primaries are a split", watched(3, func(s *check.Sentinel) { s.Primary = "10.0.0.2:6379" }), check.Broken, []string{"10.0.0.2:6379: 10.0.0.11:26379"}},
			{"settings that differ are said", watched(3, after(time.Minute)), check.Warned, []string{"down-after-milliseconds 60000"}},
			{"as is another number of sentinels", watched(3, func(s *check.Sentinel) { s.Known = 4 }), check.Warned, []string{"SENTINEL RESET mymaster"}},
			{"one alone agrees with itself", watched(3, gone, gone), check.NotApplicable, nil},
		}},
		{"sentinels-apart", []row{
			{"hosts of their own pass", watched(3), check.Passed, []string{"3 sentinels run on as many hosts"}},
			{"two of three on one are none without it", watched(3, at("10.0.0.12:26380")), check.Broken, []string{"2 of 3 sentinels run on 10.0.0.12"}},
			{"two of five may be", watched(5, at("10.0.0.12:26380")), check.Warned, nil},
			{"on this machine it is a test", watched(3, at("127.0.0.1:26379")), check.NotApplicable, nil},
			{"one alone has none to be apart from", watched(1), check.NotApplicable, nil},
		}},
		{"sentinel-down-after", []row{
			{"five seconds pass", watched(3), check.Passed, []string{"us: down-after-milliseconds is 5.00 s"}},
			{"one is too short", everySentinel(after(time.Second)), check.Warned, []string{"SENTINEL SET mymaster down-after-milliseconds 5000"}},
			{"what is not told is not judged", everySentinel(after(0)), check.Untold, nil},
			{"a file tells it", sentinelFile(after(30 * time.Second)), check.Passed, []string{"30.00 s"}},
		}},
		{"sentinel-failover-timeout", []row{
			{"a minute passes", watched(3), check.Passed, []string{"a second attempt comes 2m after the first"}},
			{"a second is given up", everySentinel(timeout(time.Second)), check.Warned, []string{"given up"}},
			{"what is not told is not judged", everySentinel(timeout(0)), check.Untold, nil},
		}},
		{"sentinel-parallel-syncs", []row{
			{"one passes", watched(3), check.Passed, nil},
			{"two of two that are left are all", watched(3, func(s *check.Sentinel) {
				s.ParallelSyncs, s.Replicas = 2, append(s.Replicas, check.SentinelReplica{Address: "10.0.0.4:6379", Priority: 100})
			}), check.Warned, []string{"all of the 2 replicas"}},
			{"one replica that is left is copied to alone", everySentinel(syncs(2)), check.Passed, nil},
			{"a file tells no replicas", sentinelFile(syncs(3)), check.Warned, nil},
			{"what is not told is not judged", everySentinel(syncs(0)), check.Untold, nil},
		}},
	} {
		t.Run(rule.id, func(t *testing.T) {
			judge(t, rule.id, append(rule.rows,
				row{"without sentinels there is nothing to judge", bare(), check.NotApplicable, nil},
				row{"the discovery service of Redis Enterprise is no sentinel", facts(region("us", watchedBy(1), ofEnterprise)), check.NotApplicable, nil},
				row{"nor are there in a region that is down, whose URL has none", facts(region("us", unreachable)), check.NotApplicable, []string{"no sentinel is given"}},
				row{"those of a URL that could not be reached are not judged", facts(region("us", unreachable, discovered)), check.Untold, nil},
				row{"nor are sentinels that could not be asked", watched(2, gone, gone), check.Untold, []string{"no sentinel tells: 10.0.0.11:26379: "}}))
		})
	}
	judgeFor(t, rto(10*time.Second), "sentinel-down-after", []row{
		{"the RTO is over before a failover begins", everySentinel(after(30 * time.Second)), check.Broken, []string{"SENTINEL SET mymaster down-after-milliseconds 5000"}},
	})
	judgeFor(t, rto(5*time.Second), "sentinel-failover-timeout", []row{
		{"a second attempt is too late for the RTO", watched(3), check.Warned, []string{"failover-timeout 30000"}},
	})
}

func everySentinelOf(n int, change func(*check.Sentinel)) *check.Facts {
	var all []func(*check.Sentinel)
	for range n {
		all = append(all, change)
	}
	return watched(n, all...)
}
