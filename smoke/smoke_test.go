package smoke_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/smoke"
)

var start = time.Date(2026, 3, 1, 14, 2, 10, 0, time.UTC)

// even are maps of regions that are sharded equally.
func even(shards int, names ...string) []slots.Map {
	var maps []slots.Map
	for _, name := range names {
		m := slots.Map{Region: name, Source: slots.ClusterSlots}
		for _, owned := range slots.Even(shards) {
			m.Shards = append(m.Shards, slots.Shard{Slots: owned})
		}
		maps = append(maps, m)
	}
	return maps
}

// healthy is what was seen, for so long, of two regions of which nothing is wrong. Round trips from us to eu take p99 90 ms, back
// 120 ms.
func healthy(lasting time.Duration) smoke.Seen {
	s := &probe.Snapshot{Started: start, At: start.Add(lasting), Verdict: probe.Healthy, Settled: true, Coverage: true,
		Sentence: "us and eu are available and all 2 links are up", Policy: probe.DefaultPolicy()}
	names := []string{"us", "eu"}
	for _, name := range names {
		s.Regions = append(s.Regions, probe.Region{Name: name, State: probe.RegionAvailable, FailbackReady: probe.ReadyUnproven,
			FailbackMissing: []string{"no write was tried"}, Shards: []probe.Shard{{Since: start, Connected: start}}})
		for _, to := range names {
			l := probe.Link{From: name, To: to, State: probe.LinkUp, Cells: []probe.Cell{{State: probe.LinkUp, Since: start, Delivered: 20}},
				RTT: probe.RTT{P50: 80 * time.Millisecond, P99: 90 * time.Millisecond, Max: 95 * time.Millisecond}}
			if name == "eu" {
				l.RTT = probe.RTT{P50: 85 * time.Millisecond, P99: 120 * time.Millisecond, Max: 300 * time.Millisecond}
			}
			s.Links = append(s.Links, l)
		}
	}
	return smoke.Seen{Maps: even(3, names...), Snapshot: s}
}

func limits(t *testing.T, texts ...string) []drill.Condition {
	t.Helper()
	var all []drill.Condition
	for _, text := range texts {
		c, err := smoke.ParseLimit(text)
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, c)
	}
	return all
}

func TestWhatIsConcluded(t *testing.T) {
	t.Parallel()
	ready := func(s *probe.Snapshot, r probe.Readiness, missing ...string) {
		for i := range s.Regions {
			s.Regions[i].FailbackReady, s.Regions[i].FailbackMissing = r, missing
		}
	}
	for _, row := range []struct {
		name     string
		limits   []string
		failback bool
		change   func(*smoke.Seen)
		verdict  smoke.Verdict
		sentence string // a part of it
		outcomes string // of sharding, regions, links, round trip and failback
		text     string // a part of an answer
	}{
		{"all is well, and no write was tried", nil, false, func(*smoke.Seen) {}, smoke.Pass, "healthy: us and eu are available", "pass pass pass pass could_not_tell", "3 shards in us and eu, equal"},
		{"a limit holds on every link", []string{"500ms"}, false, func(*smoke.Seen) {}, smoke.Pass, "healthy", "pass pass pass pass could_not_tell", "p99 120 ms on eu→us, limit 500ms"},
		{"a limit is missed on one link", []string{"p99<=100ms"}, false, func(*smoke.Seen) {}, smoke.Fail, "round trip: p99 120 ms on eu→us, limit 100ms", "pass pass pass failure could_not_tell", ""},
		{"of several limits the one that is missed is told", []string{"p50<=100ms", "max<=200ms"}, false, func(*smoke.Seen) {}, smoke.Fail, "round trip: max 300 ms on eu→us, limit 200ms", "pass pass pass failure could_not_tell", ""},
		{"a limit, and no round trip to hold against it", []string{"500ms"}, false, func(s *smoke.Seen) {
			for i := range s.Snapshot.Links {
				s.Snapshot.Links[i].RTT = probe.RTT{}
			}
		}, smoke.Inconclusive, "round trip: nothing was measured", "pass pass pass could_not_tell could_not_tell", ""},
		{"the sharding differs, which is no failure", nil, false, func(s *smoke.Seen) { s.Maps = append(even(3, "us"), even(2, "eu")...) }, smoke.Pass, "healthy", "warning pass pass pass could_not_tell", "not equal: us has 3 shards and eu has 2 shards"},
		{"an endpoint that does not tell its shards", nil, false, func(s *smoke.Seen) { s.Maps[1].Source = slots.Single }, smoke.Pass, "healthy", "could_not_tell pass pass pass could_not_tell", "eu does not tell its shards"},
		{"that was required", nil, false, func(s *smoke.Seen) {
			s.Maps[1].Source = slots.Single
			s.Snapshot.Verdict, s.Snapshot.Sentence = probe.Degraded, "coverage is required and not proven"
			s.Snapshot.Findings = []probe.Finding{{Kind: probe.FindingCoverage, Verdict: probe.Degraded, Text: "coverage is required and not proven"}}
		}, smoke.Fail, "degraded: coverage is required", "failure pass pass pass could_not_tell", ""},
		{"a region is down", nil, false, func(s *smoke.Seen) {
			s.Snapshot.Verdict, s.Snapshot.Sentence = probe.RemoteFailure, "eu is down: connections are refused"
			s.Snapshot.Findings = []probe.Finding{{Kind: probe.FindingRegion, Region: "eu", Verdict: probe.RemoteFailure, Text: "eu is down: connections are refused"}}
			s.Snapshot.Regions[1].State = probe.RegionDown
			for i := range s.Snapshot.Links[1:] {
				s.Snapshot.Links[i+1].State = probe.LinkUnknown
			}
			s.Maps[1].Shards = nil
		}, smoke.Fail, "remote failure: eu is down", "could_not_tell failure could_not_tell pass could_not_tell", "1 of 2 available: eu is down: connections are refused"},
		{"a link is down", nil, false, func(s *smoke.Seen) {
			s.Snapshot.Verdict, s.Snapshot.Sentence = probe.ReplicationFailure, "us→eu is down"
			s.Snapshot.Findings = []probe.Finding{{Kind: probe.FindingLink, From: "us", To: "eu", Verdict: probe.ReplicationFailure, Text: "us→eu is down"}}
			s.Snapshot.Links[1].State = probe.LinkDown
		}, smoke.Fail, "replication failure: us→eu is down", "pass pass failure pass could_not_tell", "1 of 2 up: us→eu is down"},
		{"a loop that loses messages is about its region", nil, false, func(s *smoke.Seen) {
			s.Snapshot.Verdict, s.Snapshot.Sentence = probe.Degraded, "us loses messages of its own"
			s.Snapshot.Findings = []probe.Finding{{Kind: probe.FindingLink, From: "us", To: "us", Verdict: probe.Degraded, Text: "us loses messages of its own"}}
		}, smoke.Fail, "degraded: us loses", "pass failure pass pass could_not_tell", ""},
		{"the observer is what is broken", nil, false, func(s *smoke.Seen) {
			s.Snapshot.Verdict, s.Snapshot.Sentence = probe.Unobservable, "nothing can be said yet"
		}, smoke.Inconclusive, "nothing can be said yet", "pass could_not_tell pass pass could_not_tell", ""},
		{"no region answers", nil, false, func(s *smoke.Seen) { *s = smoke.Seen{Maps: []slots.Map{{Region: "us"}}, Why: "no region answers"} },
			smoke.Inconclusive, "nothing could be observed: no region answers", "could_not_tell could_not_tell could_not_tell could_not_tell could_not_tell", "us did not tell"},
		{"no region answers, and why is known of each", nil, false, func(s *smoke.Seen) {
			*s = smoke.Seen{Maps: []slots.Map{{Region: "us"}, {Region: "eu"}, {Region: "ap"}}, Why: "no region answers",
				Errors: []string{"us (10.0.0.1:6379): ping: NOAUTH Authentication required.", "eu (10.1.0.1:6379): connect: no answer in time", "ap (10.2.0.1:6379): connect: no answer in time"}}
		}, smoke.Inconclusive, "nothing could be observed: no region answers", "could_not_tell could_not_tell could_not_tell could_not_tell could_not_tell",
			"no region answers: us (10.0.0.1:6379): ping: NOAUTH Authentication required; eu (10.1.0.1:6379): connect: no answer in time; and 1 more"},
		{"every region is ready, as was required", nil, true, func(s *smoke.Seen) { ready(s.Snapshot, probe.ReadyYes) }, smoke.Pass, "healthy", "pass pass pass pass pass", "yes"},
		{"whether they are is not proven, and is required", nil, true, func(*smoke.Seen) {}, smoke.Inconclusive, "failback: unproven (no write was tried)", "pass pass pass pass could_not_tell", ""},
		{"one is not, and it is required", nil, true, func(s *smoke.Seen) {
			ready(s.Snapshot, probe.ReadyYes)
			s.Snapshot.Regions[1].FailbackReady, s.Snapshot.Regions[1].FailbackMissing = probe.ReadyNo, []string{"writes are refused"}
		}, smoke.Fail, "failback: no for eu (writes are refused), yes for us", "pass pass pass pass failure", ""},
		{"one is not, and nobody asked", nil, false, func(s *smoke.Seen) {
			s.Snapshot.Regions[1].FailbackReady, s.Snapshot.Regions[1].FailbackMissing = probe.ReadyNo, []string{"late messages still arrive on us→eu"}
		}, smoke.Pass, "healthy", "pass pass pass pass warning", "no for eu (late messages"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			seen := healthy(5 * time.Second)
			row.change(&seen)
			got := smoke.Question{Limits: limits(t, row.limits...), Failback: row.failback}.Judge(seen)
			var outcomes, texts []string
			for _, a := range got.Answers {
				outcomes, texts = append(outcomes, string(a.Outcome)), append(texts, a.Text)
			}
			if got.Verdict != row.verdict || !strings.Contains(got.Sentence, row.sentence) || strings.Join(outcomes, " ") != row.outcomes || !strings.Contains(strings.Join(texts, "\n"), row.text) {
				t.Errorf("%s, %s: %s\n%s", got.Verdict, got.Sentence, outcomes, strings.Join(texts, "\n"))
			}
		})
	}
}

func TestWhenEnoughWasSeen(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		lasting  time.Duration
		limits   []string
		failback bool
		change   func(*probe.Snapshot)
		want     bool
	}{
		{"all is well, and has been for a while", 2 * time.Second, nil, false, func(*probe.Snapshot) {}, true},
		{"all has been well for a moment only", time.Second, nil, false, func(*probe.Snapshot) {}, false},
		{"a connection was made anew", 3 * time.Second, nil, false, func(s *probe.Snapshot) { s.Regions[0].Shards[0].Connected = start.Add(2 * time.Second) }, false},
		{"something is broken, which is known at once", 0, nil, false, func(s *probe.Snapshot) { s.Verdict = probe.RemoteFailure }, true},
		{"something seems broken, and not all is known", 0, nil, false, func(s *probe.Snapshot) { s.Verdict, s.Settled = probe.RemoteFailure, false }, false},
		{"this process slept", 3 * time.Second, nil, false, func(s *probe.Snapshot) { s.Paused = true }, false},
		{"nothing can be said", 3 * time.Second, nil, false, func(s *probe.Snapshot) { s.Verdict = probe.Unobservable }, false},
		{"enough round trips for a limit", 3 * time.Second, []string{"1s"}, false, func(*probe.Snapshot) {}, true},
		{"too few round trips of one link for a limit", 3 * time.Second, []string{"1s"}, false, func(s *probe.Snapshot) { s.Links[2].Cells[0].Delivered = 19 }, false},
		{"as few, and no limit", 3 * time.Second, nil, false, func(s *probe.Snapshot) { s.Links[2].Cells[0].Delivered = 19 }, true},
		{"readiness is awaited where it is required", 3 * time.Second, nil, true, func(*probe.Snapshot) {}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			s := healthy(row.lasting).Snapshot
			row.change(s)
			if got := (smoke.Question{Limits: limits(t, row.limits...), Failback: row.failback}).Enough(s); got != row.want {
				t.Errorf("%t", got)
			}
		})
	}
}

func TestLimitsThatSayNothing(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, text, want string }{
		{"another percentile", "p95<=1s", `"p95" is not measured`},
		{"no unit", "p99<=500", `"500" is not a time`},
		{"no time", "fast", "there is no comparison in it"},
		{"what always holds", "p99>=0s", "that is always so"},
		{"less than no time", "-1s", "is not a time"},
	} {
		if c, err := smoke.ParseLimit(row.text); err == nil || !strings.Contains(err.Error(), row.want) {
			t.Errorf("%s: %v, %v", row.name, c, err)
		}
	}
}
