package cmd

import (
	"bytes"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover/habit"
)

// Nobody waits minutes for a comparison who did not ask for that, and a single drill has the times of the clients themselves.
func TestAComparisonTakesLessThanAMinute(t *testing.T) {
	root := newRoot(Process{Stdout: new(bytes.Buffer)})
	times := func(command ...string) (t clientTimes, err error) {
		c, _, err := root.Find(command)
		if err != nil {
			return t, err
		}
		if t.grace, err = c.Flags().GetDuration("client-grace"); err != nil {
			return t, err
		}
		t.back, err = c.Flags().GetDuration("client-return")
		return t, err
	}
	compared, err := times("drill", "compare")
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{drill.DefaultScenario, "region-lost", "region-hang"} {
		scenario, _ := drill.ScenarioNamed(name)
		f := drillFlags{times: compared}
		f.drill.Scenario = scenario
		if takes := f.takes(false); takes < 20*time.Second || takes >= time.Minute {
			t.Errorf("%s takes %v", name, takes)
		}
		if one, all := f.takes(false), f.takes(true); all <= 2*one {
			t.Errorf("%s: one after the other takes %v, at the same time %v", name, all, one)
		}
	}
	usual := habit.Ping()
	if single, err := times("drill"); err != nil || single.grace != usual.Grace || single.back != usual.Return {
		t.Errorf("a single drill: %+v, %v", single, err)
	}
}
