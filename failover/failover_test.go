package failover_test

import (
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
		{"an impaired region is left, but never moved to", failover.Policy{}, [3]probe.RegionState{impaired, impaired, up}, "", probe.LocalFailure, nil, "us", now, failover.FailOver, "ap", "us is impaired"},
		{"there is nowhere to go", failover.Policy{}, [3]probe.RegionState{down, down, down}, "", probe.LocalFailure, nil, "us", now, failover.Remain, "us", "no other region"},
		{"the observer is what is broken", failover.Policy{}, [3]probe.RegionState{down, up, up}, "", probe.Unobservable, nil, "us", now, failover.Remain, "us", "observer"},
		{"no move for a replication failure by default", failover.Policy{}, [3]probe.RegionState{up, up, up}, "", probe.ReplicationFailure, silent, "us", now, failover.Remain, "us", "usable"},
		{"a move for a replication failure where the policy says so", failover.Policy{OnReplicationFailure: failover.Move}, [3]probe.RegionState{up, up, up}, "", probe.ReplicationFailure, silent, "us", now, failover.FailOver, "eu", "us->eu"},
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
