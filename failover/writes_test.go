package failover_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/probe"
)

// A write that was tried and refused proves what channels cannot, unless it was our own user that was refused.
func TestRefusedWrites(t *testing.T) {
	const (
		up      = probe.RegionAvailable
		refused = probe.WritesRefused
	)
	for _, test := range []struct {
		name   string
		state  probe.RegionState // of us
		writes probe.Writes
		cause  probe.Cause
		eu     probe.Cause // why eu refuses writes, NoCause if it does not
		action failover.Action
		to     string
		doubt  failover.Doubt
		why    string
	}{
		{"out of memory", up, refused, probe.OutOfMemory, 0, failover.FailOver, "eu", 0, "us refuses writes: out of memory"},
		{"a server error that nobody has a word for", up, refused, probe.ServerRefused, 0, failover.FailOver, "eu", 0, "us refuses writes: server error"},
		{"refused for a reason that is not told", up, refused, probe.NoCause, 0, failover.FailOver, "eu", 0, "us refuses writes"},
		{"an impaired region that refuses writes", probe.RegionImpaired, refused, probe.ReadOnly, 0, failover.FailOver, "eu", 0, "us refuses writes: read only"},
		{"proven", up, probe.WritesProven, 0, 0, failover.Remain, "us", 0, "us is usable"},
		{"unproven", up, probe.WritesUnproven, 0, 0, failover.Remain, "us", 0, "us is usable"},
		{"refused before the observer lost sight of the region", probe.RegionUnobservable, refused, probe.ReadOnly, 0, failover.Remain, "us", 0, "not known"},
		{"our own user may not write", up, refused, probe.Permission, 0, failover.Remain, "us", failover.OwnSettings, "us refuses writes of this user: permission; a right that our own user lacks"},
		{"our own user is not let in", up, refused, probe.Authentication, 0, failover.Remain, "us", failover.OwnSettings, "our own user or password"},
		{"nobody goes to where writes are refused", up, refused, probe.OutOfMemory, probe.ReadOnly, failover.FailOver, "ap", 0, "us refuses writes"},
		{"nobody goes to where writes are refused, from a region that is down", probe.RegionDown, "", 0, probe.ReadOnly, failover.FailOver, "ap", 0, "us is down"},
		{"where only our own user may not write, others may go", probe.RegionDown, "", 0, probe.Permission, failover.FailOver, "eu", 0, "us is down"},
	} {
		t.Run(test.name, func(t *testing.T) {
			us, eu := region("us", test.state, ""), region("eu", up, "")
			us.Writes, us.WritesCause = test.writes, test.cause
			if test.eu != probe.NoCause {
				eu.Writes, eu.WritesCause = refused, test.eu
			}
			s := &probe.Snapshot{Verdict: probe.LocalFailure, Regions: []probe.Region{us, eu, region("ap", up, "")}}
			d := failover.Decide(failover.Policy{}, s, failover.History{Active: "us"}, time.Now())
			if d.Action != test.action || d.To != test.to || d.Doubt != test.doubt || !strings.Contains(d.Why, test.why) {
				t.Errorf("got %v to %q, doubt %d, because %q, want %v to %q, doubt %d, because …%s…", d.Action, d.To, d.Doubt, d.Why, test.action, test.to, test.doubt, test.why)
			}
		})
	}
}

func TestNowhereToGoSaysWhy(t *testing.T) {
	eu := region("eu", probe.RegionAvailable, probe.ReadyNo)
	eu.Writes, eu.WritesCause = probe.WritesRefused, probe.ReadOnly
	s := &probe.Snapshot{Verdict: probe.LocalFailure, Regions: []probe.Region{region("us", probe.RegionDown, ""), eu,
		region("ap", probe.RegionImpaired, ""), region("sa", probe.RegionUnobservable, "")}}
	d := failover.Decide(failover.Policy{}, s, failover.History{Active: "us"}, time.Now())
	want := "us is down, but there is no other region to go to (eu refuses writes: read only; ap is impaired; what sa does is not known)"
	if d.Action != failover.Alert || d.To != "us" || d.Why != want {
		t.Errorf("got %v to %q because %q, want an alert because %q", d.Action, d.To, d.Why, want)
	}
}
