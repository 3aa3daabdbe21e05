package failover_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/probe"
)

// What fails for a setting of the observer says nothing of the application's connections.
func TestOwnSettings(t *testing.T) {
	const down, up = probe.RegionDown, probe.RegionAvailable
	all := func(c probe.Cause, detail string) probe.Region {
		return probe.Region{State: down, Cause: c, Detail: detail, Shards: []probe.Shard{{State: down, Cause: c, Detail: detail}, {State: down, Cause: c}}}
	}
	shards := func(shards ...probe.Shard) probe.Region {
		return probe.Region{State: probe.RegionImpaired, Shards: shards}
	}
	loop := func(c probe.Cell, retired uint64) []probe.Link {
		return []probe.Link{{From: "us", To: "us", Cells: []probe.Cell{c}, Retired: probe.Counts{Delivered: retired}}}
	}
	for _, test := range []struct {
		name  string
		us    probe.Region
		links []probe.Link
		doubt failover.Doubt
		leave bool
		why   string
	}{
		{"a wrong password", all(probe.Authentication, "WRONGPASS no."), nil, failover.OwnSettings, false,
			"us is down: WRONGPASS no; our own user or password settings may be what is wrong"},
		{"a certificate that is not accepted", all(probe.TLS, "x509: unknown authority"), nil, failover.OwnSettings, false,
			"us is down: x509: unknown authority; our own TLS certificate settings may be what is wrong"},
		{"a certificate that is not accepted any more, where it was before", all(probe.TLS, "pin"), loop(probe.Cell{Delivered: 7}, 0), failover.OwnSettings, false, "TLS"},
		{"a region of which no shard is told", probe.Region{State: down, Cause: probe.Authentication}, nil, failover.OwnSettings, false, "us is down: authentication; our own user"},
		{"something else than Redis, from the start on", all(probe.Protocol, "HTTP"), loop(probe.Cell{Sent: 7}, 0), failover.OwnSettings, false, "us is down: HTTP; our own address"},
		{"something else than Redis, where Redis has answered", all(probe.Protocol, "HTTP"), loop(probe.Cell{Delivered: 1}, 0), failover.NoDoubt, true, "us is down: HTTP"},
		{"something else than Redis, where it has answered on slots that were tried before", all(probe.Protocol, "HTTP"), loop(probe.Cell{}, 1), failover.NoDoubt, true, "us is down: HTTP"},
		{"a name that does not resolve, which the region itself may serve", all(probe.NameNotFound, ""), nil, failover.NoDoubt, true, "us is down: name not found"},
		{"too many clients, which meets everybody", all(probe.MaxClients, ""), nil, failover.NoDoubt, true, "us is down: max clients"},
		{"a wrong password on one shard of two", shards(probe.Shard{State: up}, probe.Shard{State: down, Cause: probe.Authentication}), nil, failover.OwnSettings, false,
			"us is down on shard 2: authentication; our own user"},
		{"a wrong password on one shard, and another one that refuses connections",
			shards(probe.Shard{State: down, Cause: probe.Authentication}, probe.Shard{State: down, Cause: probe.Refused}), nil, failover.NoDoubt, true,
			"us is down on shard 2: refused"},
		{"a wrong password on one shard, and another one that is read-only",
			shards(probe.Shard{State: down, Cause: probe.Authentication}, probe.Shard{State: probe.RegionImpaired, Cause: probe.ReadOnly}), nil, failover.NoDoubt, true,
			"us refuses writes on shard 2: read only"},
		{"a wrong password on one shard, where a write that was tried tells that the region is out of memory",
			probe.Region{State: probe.RegionImpaired, Writes: probe.WritesRefused, WritesCause: probe.OutOfMemory, Shards: []probe.Shard{{State: up}, {State: down, Cause: probe.Authentication}}},
			nil, failover.NoDoubt, true, "us refuses writes: out of memory"},
		{"a right to subscribe that is missing, which is a warning", shards(probe.Shard{State: probe.RegionImpaired, Cause: probe.Permission}), nil, failover.NoDoubt, false,
			"us is impaired"},
	} {
		t.Run(test.name, func(t *testing.T) {
			test.us.Name = "us"
			s := &probe.Snapshot{Verdict: probe.LocalFailure, Regions: []probe.Region{test.us, region("eu", up, "")}, Links: test.links}
			d := failover.Decide(failover.Policy{}, s, failover.History{Active: "us"}, time.Now())
			if d.Doubt != test.doubt || (d.Action == failover.FailOver) != test.leave || !strings.Contains(d.Why, test.why) {
				t.Errorf("got %v, doubt %d, because %q; want to leave: %v, doubt %d, because …%s…", d.Action, d.Doubt, d.Why, test.leave, test.doubt, test.why)
			}
			if why, unusable := failover.Unusable(failover.Policy{}, s, "us"); unusable != test.leave {
				t.Errorf("unusable %v because %q", unusable, why)
			}
		})
	}
}

// The region that is left for a setting's sake, or not, may be another one than the local.
func TestOwnSettingsElsewhere(t *testing.T) {
	s := &probe.Snapshot{Verdict: probe.RemoteFailure, Regions: []probe.Region{region("us", probe.RegionAvailable, probe.ReadyYes),
		{Name: "eu", State: probe.RegionDown, Cause: probe.Authentication}}}
	for name, test := range map[string]struct {
		policy failover.Policy
		action failover.Action
	}{
		"the local region is proven safe to return to": {failover.Policy{}, failover.FailBack},
		"failing back is left to others":               {failover.Policy{NoFailback: true}, failover.Remain},
	} {
		d := failover.Decide(test.policy, s, failover.History{Active: "eu"}, time.Now())
		if d.Action != test.action || d.Doubt != failover.OwnSettings {
			t.Errorf("%s: got %v, doubt %d, because %q", name, d.Action, d.Doubt, d.Why)
		}
	}
}

// A region that answers other observers is left by what runs here, and by nobody else.
func TestPartitioned(t *testing.T) {
	us := probe.Region{Name: "us", State: probe.RegionDown, Cause: probe.Partitioned, Detail: "connection refused", Shards: []probe.Shard{{State: probe.RegionDown, Cause: probe.Refused}}}
	for name, test := range map[string]struct {
		eu     probe.RegionState
		action failover.Action
		why    string
	}{
		"there is another region":  {probe.RegionAvailable, failover.FailOver, "us answers other observers, but not this one"},
		"there is no other region": {probe.RegionDown, failover.Alert, "us answers other observers, but not this one, but there is no other region to go to (eu is down)"},
	} {
		s := &probe.Snapshot{Verdict: probe.LocalFailure, Regions: []probe.Region{us, region("eu", test.eu, "")}}
		d := failover.Decide(failover.Policy{}, s, failover.History{Active: "us"}, time.Now())
		if d.Action != test.action || d.Doubt != failover.OnlyFromHere || d.Why != test.why {
			t.Errorf("%s: got %v, doubt %d, because %q", name, d.Action, d.Doubt, d.Why)
		}
	}
}
