package simulate_test

import (
	"testing"
	"time"

	"github.com/aafailover/aafailover/simulate"
)

func compare(t *testing.T, q simulate.Question, commands float64) []simulate.ClientAssessment {
	t.Helper()
	all, err := simulate.Compare(t.Context(), q, commands)
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// A check every 5 s cannot see an endpoint that refuses sooner than its next PING, nor one that hangs sooner than its time-out
// after that.
func TestClients(t *testing.T) {
	q := usual()
	q.Runs = 1000
	all := compare(t, q, 100)
	if len(all) != len(simulate.Clients()) {
		t.Fatalf("%d of %d", len(all), len(simulate.Clients()))
	}
	for _, c := range all {
		slack := time.Second // three delays
		if c.Refused.Max > c.Client.Pause+slack || c.Refused.Median < c.Client.Pause/5 || c.Refused.P99 < c.Client.Pause*9/10 {
			t.Errorf("%s: refused %+v", c.Client.Name, c.Refused)
		}
		if longest := c.Client.Pause + c.Client.Timeout + slack; c.Hung.Max > longest || c.Hung.P99 < longest*8/10 || c.Hung.Median < c.Refused.Median {
			t.Errorf("%s: hung %+v", c.Client.Name, c.Hung)
		}
	}
	if jedis, other := all[1], all[3]; jedis.FalseAlarms < 1000*other.FalseAlarms {
		t.Errorf("a time-out of 1 s: %g false alarms a year, of 3 s: %g", jedis.FalseAlarms, other.FalseAlarms)
	}
}

// An application that is busy enough for the detector of commands finds a refusal sooner.
func TestClientsOfABusyApplication(t *testing.T) {
	q := usual()
	for i, c := range compare(t, q, 10_000) {
		if c.Refused.Max > 100*time.Millisecond {
			t.Errorf("%s: refused %+v, want 1,000 failures at 10,000 a second", c.Client.Name, c.Refused)
		}
		if idle := compare(t, q, 100)[i]; idle.Hung != c.Hung {
			t.Errorf("%s: hung %+v, and %+v with fewer commands", c.Client.Name, c.Hung, idle.Hung)
		}
	}
}
