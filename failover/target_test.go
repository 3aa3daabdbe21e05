package failover_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/probe"
)

// Of the regions that can be gone to, the one is chosen that lacks least of what was written in the one that is left.
func TestTargetLacksLeast(t *testing.T) {
	lost := time.Date(2030, 1, 1, 14, 9, 0, 0, time.UTC) // when us went away
	ago := func(d time.Duration) time.Time { return lost.Add(-d) }
	// cells are of slots 1, 2, …, and say how long before us went away the newest message was sent that arrived; -1 is none.
	cells := func(ages ...time.Duration) []probe.Cell {
		var all []probe.Cell
		for i, age := range ages {
			c := probe.Cell{Slot: i + 1, State: probe.LinkUnknown}
			if age >= 0 {
				c.LastDeliveredSent = ago(age)
			}
			all = append(all, c)
		}
		return all
	}
	link := func(to string, lastUp time.Time, cells []probe.Cell) probe.Link {
		return probe.Link{From: "us", To: to, State: probe.LinkUnknown, LastUp: lastUp, Cells: cells}
	}
	const hour = time.Hour
	var never time.Time
	for _, test := range []struct {
		name    string
		started time.Duration // before us went away
		policy  probe.Policy
		ready   [2]probe.Readiness // of eu and ap
		links   []probe.Link
		to      string
		why     string // the end of it
	}{
		{"both were up until the region went away", hour, probe.Policy{}, [2]probe.Readiness{},
			[]probe.Link{link("eu", ago(0), cells(0, 0)), link("ap", ago(0), cells(0, 0))}, "eu", "us is down"},
		{"one link had been silent long before", hour, probe.Policy{}, [2]probe.Readiness{},
			[]probe.Link{link("eu", ago(7*time.Minute), cells(7*time.Minute, 7*time.Minute)), link("ap", ago(0), cells(0, 0))}, "ap", "us is down"},
		{"one link had been silent long before, and only its last time up is known", hour, probe.Policy{}, [2]probe.Readiness{},
			[]probe.Link{link("eu", ago(7*time.Minute), nil), link("ap", ago(0), nil)}, "ap", "us is down"},
		{"one link had been silent on one shard", hour, probe.Policy{}, [2]probe.Readiness{},
			[]probe.Link{link("eu", ago(time.Minute), cells(0, time.Minute)), link("ap", ago(0), cells(0, 0))}, "ap", "us is down"},
		{"a shard of the region went away before the others did", hour, probe.Policy{}, [2]probe.Readiness{},
			[]probe.Link{link("us", ago(0), cells(0, hour/2)), link("eu", ago(hour/2), cells(0, hour/2)), link("ap", ago(hour/2), cells(0, hour/2))}, "eu", "us is down"},
		{"a shard of the region went away before, and one link was cut on the others", hour, probe.Policy{}, [2]probe.Readiness{},
			[]probe.Link{link("eu", ago(hour/2), cells(time.Minute, hour/2)), link("ap", ago(hour/2), cells(0, hour/2))}, "ap", "us is down"},
		{"a difference of a few messages counts for nothing", hour, probe.Policy{}, [2]probe.Readiness{},
			[]probe.Link{link("eu", ago(2*time.Second), cells(2*time.Second, 0)), link("ap", ago(0), cells(0, 0))}, "eu", "us is down"},
		{"where it takes longer to call a link down, more counts for nothing", hour, probe.PolicyOf(probe.Cautious), [2]probe.Readiness{},
			[]probe.Link{link("eu", ago(7*time.Second), cells(7*time.Second, 0)), link("ap", ago(0), cells(0, 0))}, "eu", "us is down"},
		{"late, but there", hour, probe.Policy{}, [2]probe.Readiness{},
			[]probe.Link{link("eu", ago(hour), cells(time.Second, time.Second)), link("ap", ago(0), cells(0, 0))}, "eu", "us is down"},
		{"a stalled link, which was minutes late", hour, probe.Policy{}, [2]probe.Readiness{},
			[]probe.Link{link("eu", ago(hour), cells(4*time.Minute, 4*time.Minute)), link("ap", ago(0), cells(0, 0))}, "ap", "us is down"},
		{"nothing has ever arrived on one link", hour, probe.Policy{}, [2]probe.Readiness{},
			[]probe.Link{link("eu", never, cells(-1, -1)), link("ap", ago(0), cells(0, 0))}, "ap", "us is down"},
		{"nothing has arrived on one link, but the run has just begun", time.Second, probe.Policy{}, [2]probe.Readiness{},
			[]probe.Link{link("eu", ago(24*hour), cells(0, -1)), link("ap", ago(0), cells(0, 0))}, "eu", "us is down"},
		{"the run began when the region was away, and an earlier one has seen both links", -time.Minute, probe.Policy{}, [2]probe.Readiness{},
			[]probe.Link{link("eu", ago(hour), cells(-1)), link("ap", ago(0), cells(-1))}, "ap", "us is down"},
		{"the run began when the region was away, and nobody has seen one link", -time.Minute, probe.Policy{}, [2]probe.Readiness{},
			[]probe.Link{link("eu", never, cells(-1)), link("ap", ago(0), cells(-1))}, "eu", "us is down"},
		{"nothing is known of any link", -time.Minute, probe.Policy{}, [2]probe.Readiness{},
			[]probe.Link{link("eu", never, cells(-1)), link("ap", never, cells(-1))}, "eu", "us is down"},
		{"both lack something, and the second less", hour, probe.Policy{}, [2]probe.Readiness{},
			[]probe.Link{link("us", ago(0), cells(0)), link("eu", ago(hour/2), cells(hour/2)), link("ap", ago(time.Minute), cells(time.Minute))},
			"ap", "us is down; what us wrote since 14:08:00 is not known to be in ap"},
		{"both lack the same, and the first is preferred", hour, probe.Policy{}, [2]probe.Readiness{},
			[]probe.Link{link("us", ago(0), cells(0)), link("eu", ago(time.Minute), cells(time.Minute)), link("ap", ago(59*time.Second), cells(59*time.Second))},
			"eu", "us is down; what us wrote since 14:08:00 is not known to be in eu"},
		{"nothing has ever arrived anywhere, though the region delivered its own", hour, probe.Policy{}, [2]probe.Readiness{},
			[]probe.Link{link("us", ago(0), cells(0)), link("eu", never, cells(-1)), link("ap", never, cells(-1))},
			"eu", "us is down; what us wrote since 13:09:00 is not known to be in eu"},
		{"what lacks more than a day, with its date", 72 * hour, probe.Policy{}, [2]probe.Readiness{probe.ReadyUnproven, probe.ReadyNo},
			[]probe.Link{link("eu", ago(48*hour), cells(48*hour)), link("ap", ago(0), cells(0))},
			"eu", "us is down; what us wrote since 2029-12-30 14:09:00 is not known to be in eu"},
		{"a region that is known to be stale or empty is worse than one that lacks something", hour, probe.Policy{}, [2]probe.Readiness{"", probe.ReadyNo},
			[]probe.Link{link("eu", ago(time.Minute), cells(time.Minute)), link("ap", ago(0), cells(0))},
			"eu", "us is down; what us wrote since 14:08:00 is not known to be in eu"},
		{"where none is safe, it is said", hour, probe.Policy{}, [2]probe.Readiness{probe.ReadyNo, probe.ReadyNo},
			[]probe.Link{link("eu", ago(0), cells(0)), link("ap", ago(0), cells(0))},
			"eu", "us is down; eu is not safe to come to, but there is no better region: proof"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &probe.Snapshot{At: lost.Add(time.Second), Started: ago(test.started), Verdict: probe.LocalFailure, Policy: test.policy, Links: test.links,
				Regions: []probe.Region{region("us", probe.RegionDown, ""), region("eu", probe.RegionAvailable, test.ready[0]), region("ap", probe.RegionAvailable, test.ready[1])}}
			d := failover.Decide(failover.Policy{}, s, failover.History{Active: "us"}, s.At)
			if d.Action != failover.FailOver || d.To != test.to || d.Why != test.why {
				t.Errorf("got %v to %q because %q, want to %q because %q", d.Action, d.To, d.Why, test.to, test.why)
			}
		})
	}
}

// A link that is known to be silent counts at once, however short it has been so.
func TestTargetIsNotWhereNothingArrives(t *testing.T) {
	at := time.Date(2030, 1, 1, 14, 9, 0, 0, time.UTC)
	s := &probe.Snapshot{At: at, Started: at.Add(-time.Hour), Verdict: probe.ReplicationFailure,
		Regions: []probe.Region{region("us", probe.RegionAvailable, ""), region("eu", probe.RegionAvailable, ""), region("ap", probe.RegionAvailable, "")},
		Links: []probe.Link{
			{From: "us", To: "eu", State: probe.LinkDown, Cells: []probe.Cell{{Slot: 1, State: probe.LinkDown, LastDeliveredSent: at.Add(-2 * time.Second)}}},
			{From: "us", To: "ap", State: probe.LinkUp, Cells: []probe.Cell{{Slot: 1, State: probe.LinkUp, LastDeliveredSent: at}}},
		}}
	policy := failover.Policy{OnReplicationFailure: failover.Move}
	if d := failover.Decide(policy, s, failover.History{Active: "us"}, at); d.To != "ap" {
		t.Errorf("got %v to %q because %q, want to ap", d.Action, d.To, d.Why)
	}
	s.Regions[2].State = probe.RegionDown
	d := failover.Decide(policy, s, failover.History{Active: "us"}, at)
	if d.To != "eu" || !strings.HasSuffix(d.Why, "; what us wrote since 14:08:58 is not known to be in eu") {
		t.Errorf("got %v to %q because %q, want to eu, and what is missing there", d.Action, d.To, d.Why)
	}
}
