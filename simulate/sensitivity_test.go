package simulate_test

import (
	"testing"
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/simulate"
)

// The sensitivities keep what they promise, on the network that each of them is for, with at most one false alarm in ten years
// on 3 regions of 3 shards.
func TestSensitivities(t *testing.T) {
	t.Parallel()
	for _, test := range []struct {
		name    string
		policy  probe.Sensitivity
		network simulate.Network
		within  map[simulate.Fault]time.Duration
	}{
		{
			"fast on links of 40 ms that lose one message of 1,000", probe.Fast,
			simulate.Network{Delay: 40 * time.Millisecond, Sigma: 0.5, Loss: 0.001},
			map[simulate.Fault]time.Duration{simulate.Refused: 500 * time.Millisecond, simulate.Hung: 1500 * time.Millisecond, simulate.Silent: 1500 * time.Millisecond},
		},
		{
			"balanced on links of 80 ms that lose one message of 100", probe.Balanced,
			simulate.Network{Delay: 80 * time.Millisecond, Sigma: 0.5, Loss: 0.01},
			map[simulate.Fault]time.Duration{simulate.Refused: time.Second, simulate.Hung: 3 * time.Second, simulate.Silent: 3 * time.Second},
		},
		{
			"cautious on links of 80 ms that lose one message of 5, in bursts", probe.Cautious,
			simulate.Network{Delay: 80 * time.Millisecond, Sigma: 0.5, Loss: 0.2, Burst: 250 * time.Millisecond},
			map[simulate.Fault]time.Duration{simulate.Refused: 10 * time.Second, simulate.Hung: 10 * time.Second, simulate.Silent: 10 * time.Second},
		},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			q := usual()
			q.Network = test.network
			q = withPolicy(q, probe.PolicyOf(test.policy))
			a, err := simulate.Solve(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			if n := a.FalseAlarms(); n > 0.1 {
				t.Errorf("%.3g false alarms a year, and 0.1 are promised", n)
			}
			for _, e := range a.Solved {
				t.Logf("%s: median %v, 99%% %v", e.Fault, e.Median, e.P99)
				if limit := test.within[e.Fault]; e.P99 > limit {
					t.Errorf("%s: 99%% within %v by formula, and %v is promised", e.Fault, e.P99, limit)
				}
				d, err := simulate.Detect(t.Context(), q, e.Fault)
				if err != nil {
					t.Fatal(err)
				}
				if limit := test.within[e.Fault]; d.Missed > 0 || d.Wrong > 0 || d.P99 > limit {
					t.Errorf("%s: %+v, and %v is promised", e.Fault, d, limit)
				}
			}
		})
	}
}
