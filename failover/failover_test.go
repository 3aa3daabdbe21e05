package failover_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/probe"
)

func region(name string, state probe.RegionState, ready probe.Readiness) probe.Region {
	return probe.Region{Name: name, State: state, FailbackReady: ready, FailbackMissing: []string{"proof"}}
}

func TestDecide(t *testing.T) {
	const (
		up       = probe.RegionAvailable
		down     = probe.RegionDown
		impaired = probe.RegionImpaired
		unseen   = probe.RegionUnobservable
	)
	now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	silent := []probe.Link{{From: "us", To: "us", State: probe.LinkUp}, {From: "us", To: "eu", State: probe.LinkDown}}
	apart := append(slices.Clone(silent), probe.Link{From: "eu", To: "us", State: probe.LinkNever})
	for _, test := range []struct {
		name    string
		policy  failover.Policy
		states  [3]probe.RegionState // us, eu, ap
		ready   probe.Readiness      // of us
		verdict probe.Verdict
		links   []probe.Link
		active  string
		since   time.Time
		action  failover.Action
		to      string
		why     string
	}{
		{"everything works", failover.Policy{}, [3]probe.RegionState{up, up, up}, "", probe.Healthy, nil, "us", now, failover.Remain, "us", "usable"},
		{"the active region is down", failover.Policy{}, [3]probe.RegionState{down, up, up}, "", probe.LocalFailure, nil, "us", now, failover.FailOver, "eu", "us is down"},
		{"the first target is down too", failover.Policy{}, [3]probe.RegionState{down, down, up}, "", probe.LocalFailure, nil, "us", now, failover.FailOver, "ap", "us is down"},
		{"a target that is not known is no target", failover.Policy{}, [3]probe.RegionState{down, unseen, up}, "", probe.LocalFailure, nil, "us", now, failover.FailOver, "ap", "us is down"},
		{"an impaired region is not left, for all that is known of it is a warning", failover.Policy{}, [3]probe.RegionState{impaired, up, up}, "", probe.Degraded, nil, "us", now, failover.Remain, "us", "us is impaired, which is no reason to leave it"},
		{"an impaired region is never moved to", failover.Policy{}, [3]probe.RegionState{down, impaired, up}, "", probe.LocalFailure, nil, "us", now, failover.FailOver, "ap", "us is down"},
		{"a region of which nothing is known is not left, and not called usable", failover.Policy{}, [3]probe.RegionState{unseen, up, up}, "", probe.Healthy, nil, "us", now, failover.Remain, "us", "what us does is not known"},
		{"nothing is known of the region, and failing back is left to others", failover.Policy{NoFailback: true}, [3]probe.RegionState{up, unseen, up}, probe.ReadyYes, probe.Healthy, nil, "eu", now, failover.Remain, "eu", "what eu does is not known"},
		{"there is nowhere to go", failover.Policy{}, [3]probe.RegionState{down, down, down}, "", probe.LocalFailure, nil, "us", now, failover.Alert, "us", "no other region to go to (eu is down; ap is down)"},
		{"the observer is what is broken", failover.Policy{}, [3]probe.RegionState{down, up, up}, "", probe.Unobservable, nil, "us", now, failover.Remain, "us", "observer"},
		{"no move for a replication failure by default", failover.Policy{}, [3]probe.RegionState{up, up, up}, "", probe.ReplicationFailure, silent, "us", now, failover.Remain, "us", "usable"},
		{"a move for a replication failure where the policy says so, to where what was written has arrived", failover.Policy{OnReplicationFailure: failover.Move}, [3]probe.RegionState{up, up, up}, "", probe.ReplicationFailure, silent, "us", now, failover.FailOver, "ap", "us->eu"},
		{"a move for a replication failure to where nothing arrives, when there is no other", failover.Policy{OnReplicationFailure: failover.Move}, [3]probe.RegionState{up, up, down}, "", probe.ReplicationFailure, silent, "us", now, failover.FailOver, "eu", "us->eu"},
		{"a region that works is not left for one that is alone itself", failover.Policy{OnReplicationFailure: failover.Move}, [3]probe.RegionState{up, up, up}, "", probe.ReplicationFailure, apart, "us", now, failover.FailOver, "ap", "us->eu"},
		{"two regions that are cut off from each other are not gone to and fro between", failover.Policy{OnReplicationFailure: failover.Move}, [3]probe.RegionState{up, up, down}, "", probe.ReplicationFailure, apart, "us", now, failover.Alert, "us", "no other region"},
		{"a region that is down is left even for one that is alone", failover.Policy{OnReplicationFailure: failover.Move}, [3]probe.RegionState{down, up, down}, "", probe.ReplicationFailure, apart, "us", now, failover.FailOver, "eu", "us is down"},
		{"the local region is back and proven safe", failover.Policy{}, [3]probe.RegionState{up, up, up}, probe.ReadyYes, probe.Healthy, nil, "eu", now.Add(-time.Minute), failover.FailBack, "us", "us is available"},
		{"back, but not proven safe", failover.Policy{}, [3]probe.RegionState{up, up, up}, probe.ReadyUnproven, probe.Healthy, nil, "eu", now.Add(-time.Minute), failover.Remain, "eu", "not proven"},
		{"back, but not safe", failover.Policy{}, [3]probe.RegionState{up, up, up}, probe.ReadyNo, probe.Healthy, nil, "eu", now.Add(-time.Minute), failover.Remain, "eu", "proof"},
		{"safe, but moved just now", failover.Policy{MinStay: time.Minute}, [3]probe.RegionState{up, up, up}, probe.ReadyYes, probe.Healthy, nil, "eu", now.Add(-time.Second), failover.Remain, "eu", "shorter than 1m0s"},
		{"the stay does not hold back a failover", failover.Policy{MinStay: time.Minute}, [3]probe.RegionState{up, down, up}, probe.ReadyNo, probe.RemoteFailure, nil, "eu", now.Add(-time.Second), failover.FailOver, "ap", "eu is down"},
		{"a region that is not safe is better than none", failover.Policy{}, [3]probe.RegionState{up, down, down}, probe.ReadyNo, probe.RemoteFailure, nil, "eu", now.Add(-time.Second), failover.FailOver, "us", "eu is down"},
		{"failing back is left to others", failover.Policy{NoFailback: true}, [3]probe.RegionState{up, up, up}, probe.ReadyYes, probe.Healthy, nil, "eu", now.Add(-time.Hour), failover.Remain, "eu", "left to others"},
		{"the active region is unknown here", failover.Policy{}, [3]probe.RegionState{up, up, up}, "", probe.Healthy, nil, "sa", now, failover.Remain, "sa", "not a region"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &probe.Snapshot{Verdict: test.verdict, Links: test.links, Regions: []probe.Region{
				region("us", test.states[0], test.ready), region("eu", test.states[1], ""), region("ap", test.states[2], "")}}
			d := failover.Decide(test.policy, s, failover.History{Active: test.active, Since: test.since}, now)
			if d.Action != test.action || d.To != test.to || !strings.Contains(d.Why, test.why) {
				t.Errorf("got %v to %q because %q, want %v to %q because …%s…", d.Action, d.To, d.Why, test.action, test.to, test.why)
			}
		})
	}
}

// A warning is no reason to leave; a shard that cannot be written to is.
func TestUnusable(t *testing.T) {
	const (
		up       = probe.RegionAvailable
		down     = probe.RegionDown
		impaired = probe.RegionImpaired
		unseen   = probe.RegionUnobservable
	)
	type shards []probe.Shard
	for _, test := range []struct {
		name   string
		state  probe.RegionState
		cause  probe.Cause
		detail string
		shards shards
		why    string // "": it is usable
	}{
		{"slow PINGs", impaired, probe.Timeout, "PINGs take more than 1s", shards{{State: impaired, Cause: probe.Timeout}}, ""},
		{"a failing SUBSCRIBE", impaired, probe.Permission, "NOPERM", shards{{State: impaired, Cause: probe.Permission}, {State: up}}, ""},
		{"refused PUBLISHes", impaired, probe.ServerRefused, "ERR", shards{{State: impaired, Cause: probe.ServerRefused}}, ""},
		{"a loop that stalls", impaired, probe.Stalled, "", shards{{State: impaired, Cause: probe.Stalled}}, ""},
		{"a connection that flaps", impaired, probe.Reset, "", shards{{State: impaired, Cause: probe.Reset}}, ""},
		{"no evidence", unseen, probe.NoCause, "", shards{{State: unseen}, {State: up}}, ""},
		{"a region that is down, with the words of the last error", down, probe.Refused, "connection refused", shards{{State: down}}, "us is down: connection refused"},
		{"a region that is down, with the cause where there are none", down, probe.Refused, "", nil, "us is down: refused"},
		{"a shard that is down", impaired, probe.Refused, "", shards{{State: up}, {State: down, Cause: probe.Refused, Detail: "us-2: connection refused"}},
			"us is down on shard 2: us-2: connection refused"},
		{"shards that are down, and others not known", unseen, probe.Timeout, "", shards{{State: down, Cause: probe.Timeout}, {State: unseen}, {State: down}},
			"us is down on shards 1 and 3: timeout"},
		{"three shards of four", impaired, probe.NoCause, "", shards{{State: down}, {State: down}, {State: up}, {State: down}}, "us is down on shards 1, 2 and 4"},
		{"many shards that are down", impaired, probe.NoCause, "", shards{{State: down}, {State: down}, {State: down}, {State: down}, {State: down}, {State: up}},
			"us is down on shards 1, 2, 3 and 2 more"},
		{"a shard that is read-only", impaired, probe.ReadOnly, "", shards{{State: up}, {State: up}, {State: impaired, Cause: probe.ReadOnly}},
			"us refuses writes on shard 3: read only"},
		{"all shards out of memory", impaired, probe.OutOfMemory, "", shards{{State: impaired, Cause: probe.OutOfMemory, Detail: "OOM"}, {State: impaired, Cause: probe.OutOfMemory}},
			"us refuses writes: OOM"},
		{"a region of which only the cause is told", impaired, probe.NoReplicas, "", nil, "us refuses writes: no replicas"},
		{"a cluster that is down", impaired, probe.ClusterDown, "", nil, "us refuses writes: cluster down"},
		{"a primary that is down", impaired, probe.MasterDown, "", nil, "us refuses writes: master down"},
		{"a region that is loading", impaired, probe.Loading, "", nil, "us refuses writes: loading"},
		{"one shard down, one read-only, one slow", impaired, probe.Refused, "",
			shards{{State: impaired, Cause: probe.ReadOnly}, {State: down, Cause: probe.Refused}, {State: impaired, Cause: probe.Timeout}},
			"us is down on shard 2: refused; us refuses writes on shard 1: read only"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := &probe.Snapshot{Verdict: probe.Degraded, Regions: []probe.Region{
				{Name: "us", State: test.state, Cause: test.cause, Detail: test.detail, Shards: test.shards}, region("eu", up, "")}}
			why, unusable := failover.Unusable(failover.Policy{}, s, "us")
			if why != test.why || unusable != (test.why != "") {
				t.Errorf("unusable %v because %q, want because %q", unusable, why, test.why)
			}
			d := failover.Decide(failover.Policy{}, s, failover.History{Active: "us"}, time.Now())
			if unusable != (d.Action == failover.FailOver) || unusable && d.Why != why {
				t.Errorf("unusable %v, and the decision is to %v because %q", unusable, d.Action, d.Why)
			}
			s.Verdict = probe.Unobservable
			if why, unusable := failover.Unusable(failover.Policy{}, s, "us"); unusable {
				t.Errorf("the observer cannot tell, and the region is left because %q", why)
			}
		})
	}
}

func TestUnusableWithoutEvidence(t *testing.T) {
	s := &probe.Snapshot{Verdict: probe.LocalFailure, Regions: []probe.Region{region("us", probe.RegionDown, "")}}
	for name, why := range map[string]func() (string, bool){
		"no snapshot":                   func() (string, bool) { return failover.Unusable(failover.Policy{}, nil, "us") },
		"a region that is not observed": func() (string, bool) { return failover.Unusable(failover.Policy{}, s, "sa") },
	} {
		if why, unusable := why(); unusable {
			t.Errorf("%s: unusable because %q", name, why)
		}
	}
	if why, unusable := failover.Unusable(failover.Policy{}, s, "us"); !unusable || why != "us is down" {
		t.Errorf("there is no other region: %v %q", unusable, why)
	}
}

// A region that works but is alone is only left where the policy says so.
func TestUnusableByReplication(t *testing.T) {
	s := &probe.Snapshot{Verdict: probe.ReplicationFailure, Regions: []probe.Region{region("us", probe.RegionAvailable, ""), region("eu", probe.RegionAvailable, "")},
		Links: []probe.Link{{From: "us", To: "us", State: probe.LinkUp}, {From: "us", To: "eu", State: probe.LinkDown}}}
	for reaction, want := range map[failover.Reaction]bool{"": false, failover.Stay: false, failover.Move: true} {
		if why, unusable := failover.Unusable(failover.Policy{OnReplicationFailure: reaction}, s, "us"); unusable != want {
			t.Errorf("reaction %q: unusable %v because %q", reaction, unusable, why)
		}
	}
}

func TestDecideWithoutASnapshot(t *testing.T) {
	d := failover.Decide(failover.Policy{}, nil, failover.History{Active: "us"}, time.Now())
	if d.Action != failover.Remain || d.To != "us" {
		t.Errorf("got %+v, want to remain in us", d)
	}
}

func TestPolicyCheck(t *testing.T) {
	if err := (failover.Policy{}).Check(); err != nil {
		t.Errorf("the zero policy: %v", err)
	}
	for name, p := range map[string]failover.Policy{
		"a negative stay":     {MinStay: -1},
		"an unknown reaction": {OnReplicationFailure: "panic"},
	} {
		if p.Check() == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
