package report_test

import (
	"fmt"
	"slices"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// start is when everything in the fixtures begins, in a zone that no result may show in JSON.
var start = time.Date(2026, 3, 1, 15, 2, 10, 0, time.FixedZone("CET", 3600))

func after(d time.Duration) time.Time { return start.Add(d) }

func ptr[T any](v T) *T { return &v }

const millisecond = time.Millisecond

// regionNames are those of the fixtures, the local one first.
var regionNames = []string{"us", "eu", "ap"}

// threeByThree are three regions of three shards each.
func threeByThree() []slots.Map {
	var maps []slots.Map
	for i, name := range regionNames {
		m := slots.Map{Region: name, Source: slots.ClusterSlots}
		for k, owned := range slots.Even(3) {
			m.Shards = append(m.Shards, slots.Shard{ID: fmt.Sprintf("%s-%040d", name, k), Address: fmt.Sprintf("10.%d.1.%d:6379", i, 11+k), Slots: owned})
		}
		maps = append(maps, m)
	}
	return maps
}

// snapshot is that of a deployment in which nothing is wrong.
func snapshot() *probe.Snapshot {
	maps := threeByThree()
	s := &probe.Snapshot{At: after(24 * time.Second), Started: start, Verdict: probe.Healthy, Since: after(time.Second),
		Sentence: "us, eu and ap are available and all 6 links are up", Coverage: true, Symmetric: true, Settled: true,
		Observer: "k3x9", Policy: probe.DefaultPolicy()}
	for i, m := range maps {
		r := probe.Region{Name: m.Region, Source: m.Source, State: probe.RegionAvailable, Since: after(time.Second), Writes: probe.WritesUnproven,
			FailbackReady: probe.ReadyUnproven, FailbackMissing: []string{"no write was tried"}}
		for _, shard := range m.Shards {
			r.Shards = append(r.Shards, probe.Shard{ID: shard.ID, Address: shard.Address, Slots: shard.Slots, State: probe.RegionAvailable,
				Since: after(time.Second), LastAnswer: s.At})
		}
		s.Regions = append(s.Regions, r)
		for k, to := range maps {
			l := probe.Link{From: m.Region, To: to.Region, State: probe.LinkUp, Since: after(time.Second), LastUp: s.At}
			trip := time.Duration(70*(i+k)+8) * millisecond
			if i == k {
				trip = 400 * time.Microsecond
			}
			l.RTT = probe.RTT{P50: trip, P99: trip + trip/8, Max: 2 * trip}
			for shard, slot := range slots.Cover(maps, nil) {
				l.Cells = append(l.Cells, probe.Cell{Slot: slot, Channel: slots.Channel("aafailover", slot, m.Region), FromShard: shard, ToShard: shard,
					State: probe.LinkUp, Since: after(time.Second), Sent: 96, Delivered: 95, Waiting: 1, RTT: l.RTT, LastUp: s.At,
					LastDelivered: s.At, LastDeliveredSent: s.At.Add(-trip)})
			}
			s.Links = append(s.Links, l)
		}
	}
	return s
}

// cutShard is a snapshot in which one link is down on one shard.
func cutShard() *probe.Snapshot {
	s := snapshot()
	s.Verdict, s.Since = probe.ReplicationFailure, after(17*time.Second)
	s.Sentence = "us→eu is down on shard 2 (slots 5461-10922) since 15:02:27"
	l := s.Link("us", "eu")
	l.State, l.Since, l.LastUp = probe.LinkDown, s.Since, after(14*time.Second)
	c := &l.Cells[1]
	c.State, c.Since, c.Sent, c.Delivered, c.Overdue, c.Waiting, c.LastUp = probe.LinkDown, s.Since, 96, 55, 37, 4, l.LastUp
	s.Findings = []probe.Finding{{Kind: probe.FindingLink, Severity: probe.Failure, Verdict: probe.ReplicationFailure, From: "us", To: "eu",
		Shards: []string{s.Regions[0].Shards[1].ID}, Slots: s.Regions[0].Shards[1].Slots, Since: s.Since, Text: s.Sentence}}
	for _, i := range []int{0, 1} {
		s.Regions[i].FailbackReady = probe.ReadyNo
		s.Regions[i].FailbackMissing = []string{"us→eu is down on shard 2", "no write was tried"}
	}
	return s
}

// regionDown is a snapshot in which the local region refuses connections.
func regionDown() *probe.Snapshot {
	s := snapshot()
	s.Verdict, s.Since = probe.LocalFailure, after(20*time.Second)
	s.Sentence = "us is down since 15:02:30: connections are refused"
	us := &s.Regions[0]
	us.State, us.Cause, us.Since = probe.RegionDown, probe.Refused, s.Since
	us.Detail = "dial tcp 10.0.1.11:6379: connect: connection refused"
	us.FailbackReady, us.FailbackMissing = probe.ReadyNo, []string{"us is down (refused)", "no write was tried"}
	for i := range us.Shards {
		us.Shards[i].State, us.Shards[i].Cause, us.Shards[i].Since = us.State, us.Cause, us.Since
	}
	for i := range s.Links {
		if l := &s.Links[i]; l.From == "us" || l.To == "us" {
			l.State, l.LastUp = probe.LinkUnknown, after(19*time.Second)
			for k := range l.Cells {
				l.Cells[k].State, l.Cells[k].Delivered, l.Cells[k].NoEvidence, l.Cells[k].LastUp = probe.LinkUnknown, 80, 15, l.LastUp
			}
		}
	}
	s.Findings = []probe.Finding{
		{Kind: probe.FindingRegion, Severity: probe.Failure, Verdict: probe.LocalFailure, Region: "us", Cause: probe.Refused, Since: s.Since, Text: s.Sentence},
		{Kind: probe.FindingLink, Severity: probe.Warning, Verdict: probe.Degraded, From: "eu", To: "ap", Since: after(21 * time.Second), Text: "eu→ap loses messages since 15:02:31"},
		{Kind: probe.FindingLink, Severity: probe.Warning, Verdict: probe.Degraded, From: "ap", To: "eu", Since: after(21 * time.Second), Text: "ap→eu loses messages since 15:02:31"},
	}
	return s
}

// events are some of each kind.
func events() []probe.Event {
	return []probe.Event{
		{At: start, Kind: probe.EventStart, Detail: "us, eu and ap, 3 slots"},
		{At: after(time.Second), Kind: probe.EventVerdict, State: string(probe.Healthy), Detail: "us, eu and ap are available and all 6 links are up"},
		{At: after(2 * time.Second), Kind: probe.EventShard, Region: "eu", Shard: 2, Was: "available", State: "impaired", Cause: probe.Loading},
		{At: after(17 * time.Second), Kind: probe.EventCell, From: "us", To: "eu", Slot: 5461, Was: "up", State: "down",
			Detail: "last delivered 15:02:24.311, 7 messages overdue"},
		{At: after(17 * time.Second), Kind: probe.EventLink, From: "us", To: "eu", Shard: -1, Slot: -1, Was: "up", State: "down", Detail: "1 of 3 cells"},
		{At: after(20 * time.Second), Kind: probe.EventRegion, Region: "us", Was: "available", State: "down", Cause: probe.Refused,
			Detail: "dial tcp 10.0.1.11:6379: connect: connection refused"},
		{At: after(24 * time.Second), Kind: probe.EventEnd, Shard: -1, Slot: -1},
	}
}

// passed is the record of a drill in which some writes were missed and all of them converged.
func passed() *drill.Record {
	scenario, _ := drill.ScenarioNamed("region-down")
	r := &drill.Record{
		Scenario: scenario, Run: "r7k2", Start: start, Maps: threeByThree(), From: 0, To: 1, Verdict: drill.Pass,
		Reason:  "us was lost, the application moved to eu and came back",
		FaultAt: ptr(3000 * millisecond), DetectedAt: ptr(3900 * millisecond), DecidedAt: ptr(3901 * millisecond), CutOverAt: ptr(3940 * millisecond),
		Lag: drill.Lag{P50: 41 * millisecond, P99: 63 * millisecond}, Rate: 1000, Reached: 991.5,
		Writes:   drill.Tally{Attempted: 9914, Acknowledged: 9871, Rejected: 31, Indeterminate: 12, Unsent: 40},
		HeldBack: 812, IndeterminateApplied: 5,
		RPO: drill.RPO{Missed: ptr(61 * millisecond)},
		Failback: drill.Failback{Available: ptr(200 * millisecond), Resynced: ptr(1900 * millisecond),
			Ready: ptr(2800 * millisecond), Done: ptr(2908 * millisecond)},
	}
	at := time.Duration(0)
	for _, p := range []struct {
		name string
		took time.Duration
	}{{drill.PhaseSteady, 3000}, {drill.PhaseFault, 1}, {drill.PhaseDetect, 900}, {drill.PhaseCutOver, 55}, {drill.PhaseOutage, 2500},
		{drill.PhaseHeal, 2}, {drill.PhaseResync, 2800}, {drill.PhaseFailBack, 110}, {drill.PhaseSettle, 1400}} {
		r.Phases = append(r.Phases, drill.Phase{Name: p.name, At: at, Duration: p.took * millisecond})
		at += p.took * millisecond
	}
	for n := range 47 {
		slot := slots.Spread(3)[n%3]
		ended := 2939*millisecond + time.Duration(n)*1300*time.Microsecond
		r.Missed = append(r.Missed, drill.Missed{Fate: drill.Converged, ConvergedAt: 8200*millisecond + time.Duration(n%3)*millisecond,
			Absent: drill.Absent{To: 1, Entry: drill.Entry{N: 2900 + n, Slot: slot, Sent: ended - millisecond, Ended: ended, Outcome: drill.Acknowledged}}})
	}
	r.Windows = drill.Windows(r.Missed, r.Maps, 100*millisecond)
	for _, expr := range []string{"failed over", "failed back", "lost == 0", "diverged == 0", "expired == 0", "at_failback == 0",
		"not acknowledged after the failback == 0"} {
		r.Assertions = append(r.Assertions, drill.Assertion{Expr: expr, Value: "0", OK: true})
	}
	r.Events = []probe.Event{
		{At: start, Kind: drill.EventPhase, Shard: -1, Slot: -1, Detail: drill.PhaseSteady},
		{At: after(3900 * millisecond), Kind: probe.EventRegion, Region: "us", Was: "available", State: "down", Cause: probe.Refused},
		{At: after(3901 * millisecond), Kind: drill.EventDecision, Shard: -1, Slot: -1,
			Detail: "fail over to eu: us is down: dial tcp 10.0.1.11:6379: connect: connection refused"},
	}
	return r
}

// failed is the record of a drill that lost some of the missed writes, and in which the application stayed away.
func failed() *drill.Record {
	r := passed()
	r.Verdict, r.Reason = drill.Fail, "asserted: failed back; measured: no"
	for i := range r.Missed {
		if i%5 == 0 {
			r.Missed[i].Fate, r.Missed[i].ConvergedAt = drill.Lost, 0
		}
	}
	r.Windows = drill.Windows(r.Missed, r.Maps, 100*millisecond)
	r.RPO.Lost = ptr(61 * millisecond)
	r.Failback.Ready, r.Failback.Done = nil, nil
	r.Assertions[1] = drill.Assertion{Expr: "failed back", Value: "no"}
	r.Assertions[2] = drill.Assertion{Expr: "lost == 0", Value: "10"}
	r.Phases = append(r.Phases[:7], r.Phases[8])
	r.Events = append(r.Events, probe.Event{At: after(9 * time.Second), Kind: drill.EventError, Shard: -1, Slot: -1,
		Detail: "us: clean up: connection refused: what is left expires within 10m0s"})
	return r
}

// scenario is one that comes with the program.
func scenario(name string) drill.Scenario {
	s, _ := drill.ScenarioNamed(name)
	return s
}

// stayed is the record of a drill in which a link was cut and the application stayed.
func stayed() *drill.Record {
	r := passed()
	return &drill.Record{Scenario: scenario("link-cut"), Run: r.Run, Start: start, Maps: r.Maps, To: -1, Verdict: drill.Pass,
		Reason: "the application stayed in us", FaultAt: ptr(3000 * millisecond), FaultBy: ptr(3001 * millisecond), Rate: 1000, Reached: 991.5,
		Writes: drill.Tally{Attempted: 9000, Acknowledged: 9000}, AtEnd: []int{0, 0, 0},
		Phases: []drill.Phase{{Name: drill.PhaseSteady, Duration: 3 * time.Second}, {Name: drill.PhaseFault, At: 3 * time.Second, Duration: millisecond},
			{Name: drill.PhaseDetect, At: 3001 * millisecond, Duration: 5 * time.Second}, {Name: drill.PhaseHeal, At: 8001 * millisecond, Duration: millisecond},
			{Name: drill.PhaseSettle, At: 8002 * millisecond, Duration: 2 * time.Second}},
		Events: []probe.Event{{At: after(5600 * millisecond), Kind: probe.EventVerdict, Was: "healthy", State: "replication_failure", Shard: -1, Slot: -1,
			Detail: "us and eu are cut off from each other since 15:02:15"}},
		Assertions: []drill.Assertion{{Expr: "failovers == 0", Value: "0", OK: true}, {Expr: "absent_at_end == 0", Value: "0", OK: true}}}
}

// aborted is the record of a drill that was ended before anything was broken, since its application did not do well.
func aborted() *drill.Record {
	r := passed()
	return &drill.Record{Scenario: r.Scenario, Run: r.Run, Start: start, Maps: r.Maps, To: -1, Verdict: drill.Fail,
		Reason: "the drill was aborted: errors > 5%: 7 of the last 100 writes failed", Rate: 1000, Reached: 991.5,
		Writes: drill.Tally{Attempted: 900, Acknowledged: 893, Rejected: 7}, Phases: []drill.Phase{{Name: drill.PhaseSteady, Duration: 900 * millisecond}},
		Assertions: []drill.Assertion{{Expr: "lost == 0", Value: drill.NotMeasured}, {Expr: "aborted if errors > 5%", Value: "7 of the last 100 writes failed"}}}
}

// movedTwice is the record of a drill whose second region failed, too, and whose fault was made by somebody else.
func movedTwice() *drill.Record {
	r := passed()
	r.Scenario, r.Reason = scenario("double-failure"), "the application moved to eu, then to ap and came back to us"
	r.FaultBy = ptr(3400 * millisecond)
	r.RPO.Missed = ptr(time.Duration(0))
	at := func(d time.Duration) *time.Duration { return ptr(d * millisecond) }
	r.Moves = []drill.Move{
		{To: 1, Kind: failover.FailOver, DecidedAt: 3901 * millisecond, CutOverAt: at(3940), Missing: 47, Why: "us is down: connection refused"},
		{From: 1, To: 2, Kind: failover.FailOver, DecidedAt: 5800 * millisecond, CutOverAt: at(5850), Missing: 31, Why: "eu is down: connection refused"},
		{From: 2, To: 0, Kind: failover.FailBack, DecidedAt: 9250 * millisecond, CutOverAt: at(9366), Why: "us is available, accepts writes, and holds what was written elsewhere"},
	}
	return r
}

// interrupted is the record of a drill that was ended by hand before the fault.
func interrupted() *drill.Record {
	r := passed()
	return &drill.Record{Scenario: r.Scenario, Run: r.Run, Start: start, Maps: r.Maps, To: -1, Verdict: drill.Inconclusive,
		Reason: "the drill was interrupted", Rate: 1000, Reached: 1000, Phases: r.Phases[:1], Writes: drill.Tally{Attempted: 900, Acknowledged: 900},
		Assertions: []drill.Assertion{{Expr: "failed over", Value: "no"}, {Expr: "lost == 0", Value: "0", OK: true}}}
}

// unhealed is the record of a drill whose lab died: the fault could not be undone, at either try.
func unhealed() *drill.Record {
	r := passed()
	gone := "heal the fault: lab (127.0.0.1:4100): connection refused"
	r.Verdict, r.Reason = drill.Inconclusive, "the fault may still be in force: "+gone+"\n"+gone
	r.Phases, r.Failback, r.AtFailback = r.Phases[:6], drill.Failback{}, 0
	for range 2 {
		r.Events = append(r.Events, probe.Event{At: after(9 * time.Second), Kind: drill.EventError, Shard: -1, Slot: -1, Detail: gone})
	}
	return r
}

// unbegun is the record of a drill that found a broken deployment.
func unbegun() *drill.Record {
	r := passed()
	return &drill.Record{Scenario: r.Scenario, Run: r.Run, Start: start, Maps: r.Maps, To: -1, Verdict: drill.Inconclusive, Rate: 1000,
		Reason:     "the deployment is not healthy: nothing is replicated between us and eu.",
		Assertions: []drill.Assertion{{Expr: "failed over", Value: "no"}, {Expr: "lost == 0", Value: "0", OK: true}}}
}

// ready is a preflight after which a drill may begin.
func ready() *drill.Preflight {
	return &drill.Preflight{
		Checks: []drill.Check{
			{Name: "links", State: drill.Passed, Text: "all regions can be used and all links are up"},
			{Name: "lag", State: drill.Passed, Text: "40.1ms at the 99th percentile, us→eu"},
			{Name: "writes", Region: "us", State: drill.Passed, Text: "us: a key was written, read and deleted on each of its 3 shards"},
			{Name: "memory", Region: "us", State: drill.Accepted, Text: "us (10.0.0.1:6379): it does not tell how much memory it may use"},
			{Name: "coverage", Region: "eu", State: drill.Noted, Text: "eu does not tell its sharding: 16 slots are tried, and a shard without any of them goes unseen"},
			{Name: "lock", State: drill.Passed, Text: "no other drill runs, and none can begin until this one has ended"},
		},
		Estimate: drill.Estimate{Duration: 45 * time.Second, MostDuration: 7 * time.Minute, Rate: 100, Keys: 4_500, MostKeys: 42_000,
			BytesPerKey: 1_172, Bytes: 5_274_000, MostBytes: 49_224_000, Connections: 450},
	}
}

// refused is the record of a drill that its preflight kept from beginning.
func refused() *drill.Record {
	r := unbegun()
	r.Preflight = ready()
	r.Preflight.Checks = append(r.Preflight.Checks[:3:3], drill.Check{Name: "memory", Region: "us", State: drill.Failed,
		Text: "us (10.0.0.1:6379): 810 MiB used and up to 47 MiB for the drill are more than 80% of its memory limit, 1.0 GiB, and it would evict keys of its owner (allkeys-lru)",
		Hint: "write less: --rate, --payload, shorter phases; or give the region more memory"})
	r.Reason = "preflight: " + r.Preflight.Checks[3].Text
	return r
}

// unshardedDrill is a drill on regions one of which does not tell its sharding.
func unshardedDrill() *drill.Record {
	r := passed()
	r.Maps = slices.Clone(r.Maps)
	r.Maps[1].Source = slots.Single
	return r
}

// slow is the record of a drill that did not reach the rate it was asked for, and missed nothing.
func slow() *drill.Record {
	r := passed()
	r.Rate, r.Reached, r.Missed, r.Windows, r.RPO = 20_000, 13_182, nil, nil, drill.RPO{}
	return r
}

// unsharded is a snapshot of two regions whose sharding is not known, in which one link is down on all of its 16 channels and the other
// on one of them.
func unsharded() *probe.Snapshot {
	s := snapshot()
	s.Coverage, s.Symmetric = false, false
	s.Regions = s.Regions[:2]
	s.Links = slices.DeleteFunc(s.Links, func(l probe.Link) bool { return l.From == "ap" || l.To == "ap" })
	for i := range s.Links {
		l := &s.Links[i]
		cell := l.Cells[0]
		l.Cells = nil
		for n, slot := range slots.Spread(16) {
			cell.Slot, cell.Channel = slot, slots.Channel("aafailover", slot, l.From)
			if l.From != l.To && (l.From == "us" || n == 3) {
				cell.State, cell.Overdue, cell.LastUp = probe.LinkDown, 7, after(time.Duration(n)*time.Second)
				l.State = probe.LinkDown
			}
			l.Cells = append(l.Cells, cell)
			cell.State, cell.Overdue = probe.LinkUp, 0
		}
	}
	for i := range s.Regions {
		for k := range s.Regions[i].Shards {
			s.Regions[i].Shards[k].ID = s.Regions[i].Name
		}
		s.Regions[i].Shards, s.Regions[i].Source = s.Regions[i].Shards[:1], slots.Single
	}
	s.Verdict, s.Sentence = probe.ReplicationFailure, "nothing is replicated between us and eu (coverage unproven: how us and eu are sharded is not known)"
	return s
}

// labStatus is that of a lab in which one region is down and one shard of a link is cut.
func labStatus() lab.Status {
	var st lab.Status
	for _, m := range threeByThree() {
		r := lab.RegionStatus{Name: m.Region, URL: "redis://" + m.Shards[0].Address, State: lab.Up}
		if m.Region == "ap" {
			r.State = lab.Down
		}
		for i, shard := range m.Shards {
			r.Shards = append(r.Shards, lab.ShardStatus{Number: i + 1, ID: shard.ID, Address: shard.Address, Slots: shard.Slots, State: r.State,
				Stale: m.Region == "eu" && i == 2, Keys: 3104, Clients: 2, Offset: 41233, Backlog: 1 << 20})
		}
		st.Regions = append(st.Regions, r)
		for _, to := range regionNames {
			if to == m.Region {
				continue
			}
			l := lab.LinkStatus{From: m.Region, To: to, Delay: 35}
			for i := range 3 {
				l.Streams = append(l.Streams, lab.StreamStatus{FromShard: i, ToShard: i, Behind: int64(i), Resumes: 1})
			}
			if m.Region == "us" && to == "eu" {
				l.State, l.Streams[1].State = lab.LinkCut, lab.LinkCut
			}
			st.Links = append(st.Links, l)
		}
	}
	return st
}
