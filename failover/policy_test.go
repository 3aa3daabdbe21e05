package failover_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/probe"
)

// three returns a snapshot of three regions that all work.
func three() *probe.Snapshot {
	at := time.Date(2030, 1, 1, 14, 9, 0, 0, time.UTC)
	return &probe.Snapshot{At: at, Started: at.Add(-time.Hour), Verdict: probe.Healthy, Regions: []probe.Region{
		region("us", probe.RegionAvailable, ""), region("eu", probe.RegionAvailable, ""), region("ap", probe.RegionAvailable, "")}}
}

func TestWeights(t *testing.T) {
	for _, test := range []struct {
		name    string
		weights map[string]int
		active  string
		lagging string // lacks a minute of what was written in the active region
		unsafe  string // stale, or empty
		action  failover.Action
		to      string
		why     string
	}{
		{"the heaviest is gone to", map[string]int{"eu": 5, "ap": 10}, "us", "", "", failover.FailOver, "ap", "us is down"},
		{"of equal weights, the first of the configuration", map[string]int{"eu": 5, "ap": 5}, "us", "", "", failover.FailOver, "eu", "us is down"},
		{"what is not named weighs 1", map[string]int{"ap": 2}, "us", "", "", failover.FailOver, "ap", "us is down"},
		{"the local region weighs more than all", map[string]int{"ap": failover.MaxWeight}, "eu", "", "", failover.FailOver, "us", "eu is down"},
		{"unless it is said to weigh less", map[string]int{"ap": 3, "us": 2}, "eu", "", "", failover.FailOver, "ap", "eu is down"},
		{"a region that lacks less is gone to whatever it weighs", map[string]int{"ap": 10}, "us", "ap", "", failover.FailOver, "eu", "us is down"},
		{"a region that is known to be unsafe is not gone to whatever it weighs", map[string]int{"ap": 10}, "us", "", "ap", failover.FailOver, "eu", "us is down"},
		{"a weight of 0 is never gone to", map[string]int{"eu": 0}, "us", "", "", failover.FailOver, "ap", "us is down"},
		{"not even when there is no other", map[string]int{"eu": 0, "ap": 0}, "us", "", "", failover.Alert, "us", "(eu has weight 0; ap has weight 0)"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := three()
			s.Region(test.active).State = probe.RegionDown
			if test.unsafe != "" {
				s.Region(test.unsafe).FailbackReady = probe.ReadyNo
			}
			for _, r := range s.Regions {
				sent := s.At
				if r.Name == test.lagging {
					sent = s.At.Add(-time.Minute)
				}
				s.Links = append(s.Links, probe.Link{From: test.active, To: r.Name, Cells: []probe.Cell{{Slot: 1, LastDeliveredSent: sent}}})
			}
			d := failover.Decide(failover.Policy{Weights: test.weights}, s, failover.History{Active: test.active}, s.At)
			if d.Action != test.action || d.To != test.to || !strings.Contains(d.Why, test.why) {
				t.Errorf("got %v to %q because %q, want %v to %q because …%s…", d.Action, d.To, d.Why, test.action, test.to, test.why)
			}
		})
	}
}

func TestARegionWithoutWeightIsNotReturnedTo(t *testing.T) {
	s := three()
	s.Regions[0].FailbackReady = probe.ReadyYes
	d := failover.Decide(failover.Policy{Weights: map[string]int{"us": 0}}, s, failover.History{Active: "eu"}, s.At)
	if d.Action != failover.Remain || d.To != "eu" || d.Why != "us has weight 0, so it is not returned to" {
		t.Errorf("got %v to %q because %q", d.Action, d.To, d.Why)
	}
}

func TestReactions(t *testing.T) {
	type react = map[probe.Cause]failover.Reaction
	const up, down, impaired = probe.RegionAvailable, probe.RegionDown, probe.RegionImpaired
	refused := probe.Shard{State: down, Cause: probe.Refused, Detail: "connection refused"}
	for _, test := range []struct {
		name   string
		react  react
		us     probe.Region
		action failover.Action
		doubt  failover.Doubt
		why    string
	}{
		{"a region is left by default", nil, probe.Region{State: down, Shards: []probe.Shard{refused}}, failover.FailOver, 0, "us is down: connection refused"},
		{"a cause that the policy stays for", react{probe.Refused: failover.Stay}, probe.Region{State: down, Shards: []probe.Shard{refused}}, failover.Remain, 0,
			"us is down: connection refused; the policy is to stay"},
		{"a cause that the policy only tells of", react{probe.Refused: failover.Raise}, probe.Region{State: down, Shards: []probe.Shard{refused}}, failover.Alert, 0,
			"us is down: connection refused; the policy is to stay"},
		{"another cause than those", react{probe.Timeout: failover.Stay}, probe.Region{State: down, Shards: []probe.Shard{refused}}, failover.FailOver, 0, "us is down"},
		{"of two shards, the reaction that does most is taken", react{probe.Refused: failover.Stay},
			probe.Region{State: impaired, Shards: []probe.Shard{refused, {State: down, Cause: probe.Timeout}}}, failover.FailOver, 0, "us is down on shard 2: timeout"},
		{"a wrong password is a doubt, and left for where the policy says so", react{probe.Authentication: failover.Move},
			probe.Region{State: down, Cause: probe.Authentication}, failover.FailOver, failover.OwnSettings, "us is down: authentication; our own user"},
		{"a wrong password, and somebody is to be told", react{probe.Authentication: failover.Raise},
			probe.Region{State: down, Cause: probe.Authentication}, failover.Alert, failover.OwnSettings, "the policy is to stay"},
		{"a region that only this observer does not reach", react{probe.Partitioned: failover.Raise},
			probe.Region{State: down, Cause: probe.Partitioned, Shards: []probe.Shard{refused}}, failover.Alert, failover.OnlyFromHere, "us answers other observers"},
		{"a server that is out of memory", react{probe.OutOfMemory: failover.Raise},
			probe.Region{State: impaired, Shards: []probe.Shard{{State: up}, {State: impaired, Cause: probe.OutOfMemory}}}, failover.Alert, 0, "us refuses writes on shard 2: out of memory"},
		{"a write that was tried and refused", react{probe.ReadOnly: failover.Stay},
			probe.Region{State: up, Writes: probe.WritesRefused, WritesCause: probe.ReadOnly}, failover.Remain, 0, "us refuses writes: read only; the policy is to stay"},
		{"a cause that is only a warning is no failure, whatever the policy", react{probe.Stalled: failover.Move},
			probe.Region{State: impaired, Shards: []probe.Shard{{State: impaired, Cause: probe.Stalled}}}, failover.Remain, 0, "us is impaired"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := three()
			test.us.Name = "us"
			s.Regions[0] = test.us
			d := failover.Decide(failover.Policy{React: test.react}, s, failover.History{Active: "us"}, s.At)
			if d.Action != test.action || d.Doubt != test.doubt || !strings.Contains(d.Why, test.why) {
				t.Errorf("got %v, doubt %d, because %q; want %v, doubt %d, because …%s…", d.Action, d.Doubt, d.Why, test.action, test.doubt, test.why)
			}
		})
	}
}

func TestAlertOnReplicationFailure(t *testing.T) {
	s := three()
	s.Links = []probe.Link{{From: "us", To: "eu", State: probe.LinkDown}}
	policy := failover.Policy{OnReplicationFailure: failover.Raise}
	d := failover.Decide(policy, s, failover.History{Active: "us"}, s.At)
	if d.Action != failover.Alert || d.To != "us" || d.Why != "replication us->eu is down" {
		t.Errorf("got %v to %q because %q", d.Action, d.To, d.Why)
	}
	// It says nothing against going home.
	s.Links[0].From, s.Links[0].To, s.Regions[0].FailbackReady = "eu", "ap", probe.ReadyYes
	if d := failover.Decide(policy, s, failover.History{Active: "eu"}, s.At); d.Action != failover.FailBack {
		t.Errorf("got %v because %q, want to fail back", d.Action, d.Why)
	}
	s.Regions[0].FailbackReady = probe.ReadyNo
	d = failover.Decide(policy, s, failover.History{Active: "eu"}, s.At)
	if want := "replication eu->ap is down; us is not proven safe to return to: [proof]"; d.Action != failover.Alert || d.Why != want {
		t.Errorf("got %v because %q, want an alert because %q", d.Action, d.Why, want)
	}
}

// What holds back a move that is a choice never holds back one that is not.
func TestHeldBack(t *testing.T) {
	now := three().At
	moved := func(ago ...time.Duration) failover.History {
		h := failover.History{Active: "us"}
		for i, a := range ago {
			h = h.After([]string{"eu", "us"}[i%2], now.Add(-a))
		}
		return h
	}
	const minute = time.Minute
	limit := failover.FlapLimit{Moves: 3, Within: 10 * minute}
	for _, test := range []struct {
		name   string
		policy failover.Policy
		h      failover.History
		broken bool // the active region is down, and not only without replication
		action failover.Action
		why    string
	}{
		{"fewer moves than the limit", failover.Policy{Flap: limit}, moved(9*minute, 8*minute), false, failover.FailOver, "replication"},
		{"as many moves as the limit", failover.Policy{Flap: limit}, moved(9*minute, 8*minute, 7*minute, 6*minute), false, failover.Alert, "the flap limit of 3/10m0s is reached: 4 moves in the last 10m0s"},
		{"moves that are longer ago", failover.Policy{Flap: limit}, moved(29*minute, 18*minute, 17*minute, 6*minute), false, failover.FailOver, "replication"},
		{"a region that is down is left all the same", failover.Policy{Flap: limit}, moved(9*minute, 8*minute, 7*minute, 6*minute), true, failover.FailOver, "us is down"},
		{"a stay that is too short for a choice", failover.Policy{MinStay: 7 * minute}, moved(9*minute, 6*minute), false, failover.Alert, "the stay in us is shorter than 7m0s"},
		{"a stay that is long enough", failover.Policy{MinStay: 5 * minute}, moved(9*minute, 6*minute), false, failover.FailOver, "replication"},
		{"a region that is down is left however short the stay was", failover.Policy{MinStay: 7 * minute}, moved(9*minute, 6*minute), true, failover.FailOver, "us is down"},
	} {
		t.Run(test.name, func(t *testing.T) {
			s := three()
			s.Links = []probe.Link{{From: "us", To: "eu", State: probe.LinkDown}}
			if test.broken {
				s.Regions[0].State = probe.RegionDown
			}
			test.policy.OnReplicationFailure = failover.Move
			d := failover.Decide(test.policy, s, test.h, now)
			if d.Action != test.action || !strings.Contains(d.Why, test.why) {
				t.Errorf("got %v because %q, want %v because …%s…", d.Action, d.Why, test.action, test.why)
			}
		})
	}
	t.Run("a failback is held back by the flap limit", func(t *testing.T) {
		s := three()
		s.Regions[0].FailbackReady = probe.ReadyYes
		d := failover.Decide(failover.Policy{Flap: limit}, s, moved(9*minute, 8*minute, 7*minute), now)
		if d.Action != failover.Remain || !strings.Contains(d.Why, "us is safe to return to, but the flap limit of 3/10m0s is reached") {
			t.Errorf("got %v because %q", d.Action, d.Why)
		}
	})
}

func TestCheckOfPolicies(t *testing.T) {
	for _, test := range []struct {
		name   string
		policy failover.Policy
		want   string // "": it makes sense
	}{
		{"the zero value", failover.Policy{}, ""},
		{"everything", failover.Policy{Weights: map[string]int{"eu": 0, "ap": 1000}, React: map[probe.Cause]failover.Reaction{probe.Timeout: failover.Raise},
			OnReplicationFailure: failover.Raise, MinStay: time.Second, Flap: failover.FlapLimit{Moves: 1, Within: time.Second}}, ""},
		{"weights out of bounds", failover.Policy{Weights: map[string]int{"eu": -1, "ap": 1001}}, "weight 1001 of ap: must be 0 to 1000\nweight -1 of eu: must be 0 to 1000"},
		{"a reaction that there is not", failover.Policy{OnReplicationFailure: "run"}, `reaction "run" to a replication failure: must be failover, stay or alert`},
		{"a reaction to a cause that there is not", failover.Policy{React: map[probe.Cause]failover.Reaction{probe.Timeout: ""}}, `reaction "" to timeout: must be failover, stay or alert`},
		{"a reaction to nothing", failover.Policy{React: map[probe.Cause]failover.Reaction{probe.NoCause: failover.Stay}}, "a reaction to no cause makes no sense"},
		{"a negative stay", failover.Policy{MinStay: -1}, "minimum stay -1ns: must not be negative"},
		{"a flap limit without moves", failover.Policy{Flap: failover.FlapLimit{Within: 1}}, "flap limit of 0 moves: must be 1 to 100"},
		{"a flap limit without a time", failover.Policy{Flap: failover.FlapLimit{Moves: 1}}, "flap limit within 0s: must be more than 0"},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := ""
			if err := test.policy.Check(); err != nil {
				got = err.Error()
			}
			if got != test.want {
				t.Errorf("got %q, want %q", got, test.want)
			}
		})
	}
}
