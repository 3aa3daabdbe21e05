package drill_test

import (
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/slots"
)

// What is to be expected missing goes with how the fault was made.
func TestExpectedMissed(t *testing.T) {
	const ms = time.Millisecond
	kill := func(after time.Duration, shard int) drill.Step {
		return drill.Step{Phase: drill.PhaseFault, After: after, Action: drill.Action{Kind: drill.Kill, Region: drill.Local, Shard: shard}}
	}
	for _, row := range []struct {
		name      string
		way       drill.Way
		rto       time.Duration
		steps     []drill.Step
		low, high int
	}{
		{"servers that stop take with them what was on its way", drill.ByLab, 300 * ms, []drill.Step{kill(0, drill.AllShards)}, 40, 90},
		{"and so they may where others made the fault", drill.ByManual, 300 * ms, []drill.Step{kill(0, drill.AllShards)}, 40, 90},
		{"behind a proxy the lag is over before the cut-over", drill.ByProxy, 300 * ms, []drill.Step{kill(0, drill.AllShards)}, 0, 0},
		{"unless the cut-over came sooner", drill.ByProxy, 50 * ms, []drill.Step{kill(0, drill.AllShards)}, 0, 40},
		{"the shards that a proxy spares are written to until then", drill.ByProxy, 300 * ms, []drill.Step{kill(0, 1), kill(0, 2)}, 20, 45},
		{"what a proxy breaks later does not count", drill.ByProxy, 300 * ms, []drill.Step{kill(0, 1), kill(time.Second, 2)}, 30, 68},
	} {
		t.Run(row.name, func(t *testing.T) {
			r := measured()
			fault, cutOver := time.Second, time.Second+row.rto
			r.FaultAt, r.DetectedAt, r.DecidedAt, r.CutOverAt = &fault, &fault, &fault, &cutOver
			r.Way, r.Reached, r.Scenario.Steps = row.way, 1000, row.steps
			r.Maps = []slots.Map{{Region: "us", Shards: make([]slots.Shard, 4)}}
			if low, high := r.ExpectedMissed(); low != row.low || high != row.high {
				t.Errorf("%d-%d, want %d-%d", low, high, row.low, row.high)
			}
			if low, high := r.OnTheirWay(); low != 40 || high != 90 {
				t.Errorf("%d-%d on their way, want 40-90", low, high)
			}
		})
	}
}
