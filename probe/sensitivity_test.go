package probe_test

import (
	"fmt"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/probe"
)

func TestASensitivityIsReadBack(t *testing.T) {
	for _, word := range []string{"fast", "balanced", "cautious"} {
		var s probe.Sensitivity
		if err := s.Set(word); err != nil || s.String() != word {
			t.Errorf("%q is read as %q, %v", word, s, err)
		}
		if err := probe.PolicyOf(s).Check(); err != nil {
			t.Errorf("%s: %v", word, err)
		}
	}
	s := probe.Fast
	if err := s.Set("quick"); err == nil || s != probe.Fast || err.Error() != `sensitivity "quick": must be fast, balanced or cautious` {
		t.Errorf("%q %v", s, err)
	}
	if probe.DefaultPolicy() != probe.PolicyOf(probe.Balanced) || probe.PolicyOf("quick") != probe.PolicyOf(probe.Balanced) {
		t.Error("what is not said is not balanced")
	}
}

func TestEachSensitivityFindsAFaultInTime(t *testing.T) {
	faults := []struct {
		name   string
		happen func(*deployment)
		want   probe.Verdict
		within map[probe.Sensitivity]time.Duration
	}{
		{"the endpoint refuses connections", func(d *deployment) { d.regions[1].become(-1, refusing) }, probe.RemoteFailure,
			map[probe.Sensitivity]time.Duration{probe.Fast: 500 * time.Millisecond, probe.Balanced: time.Second, probe.Cautious: 5 * time.Second}},
		{"the endpoint hangs", func(d *deployment) { d.regions[1].become(-1, hanging) }, probe.RemoteFailure,
			map[probe.Sensitivity]time.Duration{probe.Fast: 1500 * time.Millisecond, probe.Balanced: 3 * time.Second, probe.Cautious: 10 * time.Second}},
		{"the link is silent", func(d *deployment) { d.cutOff(0, 1, true) }, probe.ReplicationFailure,
			map[probe.Sensitivity]time.Duration{probe.Fast: 1500 * time.Millisecond, probe.Balanced: 3 * time.Second, probe.Cautious: 10 * time.Second}},
	}
	for _, fault := range faults {
		for s, limit := range fault.within {
			t.Run(fmt.Sprintf("%s, %s", s, fault.name), func(t *testing.T) {
				for phase := range 10 {
					synctest.Test(t, func(t *testing.T) {
						d := deploy(100*time.Millisecond, 3, 3, 3)
						c := d.config()
						c.Policy = probe.PolicyOf(s)
						d.redial = c.Policy.Interval
						r := rehearse(t, c)
						r.until(20*time.Second, "healthy", verdict(probe.Healthy))
						r.pass(5*time.Second + time.Duration(phase)*c.Policy.Interval/10)
						fault.happen(d)
						r.until(limit, "found", verdict(fault.want))
						r.end()
					})
				}
			})
		}
	}
}
