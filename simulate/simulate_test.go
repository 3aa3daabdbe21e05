package simulate_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/internal/racetest"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/simulate"
)

// usual is a question about the default policy on a network like the one that it is for.
func usual() simulate.Question {
	q := simulate.Question{
		Policy:  probe.DefaultPolicy(),
		Network: simulate.Network{Delay: 80 * time.Millisecond, Sigma: 0.5, Loss: 0.01},
		Regions: 3, Shards: 3, Runs: 40 / racetest.Slowdown, Seed: 1,
	}
	return withPolicy(q, q.Policy)
}

func withPolicy(q simulate.Question, p probe.Policy) simulate.Question {
	q.Policy, q.Connections = p, simulate.ConnectionsOf(p, 2*time.Second)
	return q
}

// What is solved and what is counted in a simulation of the production code is the same, within the error of counting.
func TestFormulaAndSimulationAgree(t *testing.T) {
	t.Parallel()
	for name, change := range map[string]func(q *simulate.Question){
		"messages lost at random, a deadline that adapts":   func(*simulate.Question) {},
		"messages lost at random, a deadline that does not": func(q *simulate.Question) { q.Policy.Adapt = false },
		"messages lost in bursts": func(q *simulate.Question) {
			q.Policy.Adapt, q.Network.Burst = false, 300*time.Millisecond
		},
		"a short window": func(q *simulate.Question) { q.Policy.Adapt, q.Policy.Window = false, 8 },
		"a deadline between two rounds": func(q *simulate.Question) {
			q.Policy.Adapt, q.Policy.Deadline, q.Policy.Floor = false, 900*time.Millisecond, 0
		},
		"delays that are far apart": func(q *simulate.Question) {
			q.Policy.Adapt, q.Policy.Interval, q.Policy.Deadline, q.Policy.Floor = false, 100*time.Millisecond, 300*time.Millisecond, 0
			q.Network.Delay, q.Network.Sigma = 30*time.Millisecond, 0.9
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			q := usual()
			q.Runs = 120 / racetest.Slowdown
			change(&q)
			a, err := simulate.Agree(t.Context(), withPolicy(q, q.Policy))
			if err != nil {
				t.Fatal(err)
			}
			t.Logf("%+v", a)
			if a.Alarms < 40/racetest.Slowdown {
				t.Fatalf("%d alarms are too few to compare", a.Alarms)
			}
			if off := math.Abs(a.Solved - a.Counted); off > 3.5*a.Error+0.06*a.Solved {
				t.Errorf("solved %.1f an hour, counted %.1f ± %.1f", a.Solved, a.Counted, a.Error)
			}
		})
	}
}

// Every fault is named, nothing else is, and the formula says when.
func TestDetection(t *testing.T) {
	t.Parallel()
	q := usual()
	solved, err := simulate.Solve(t.Context(), q)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range solved.Solved {
		d, err := simulate.Detect(t.Context(), q, e.Fault)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%+v, by formula %v and %v", d, e.Median, e.P99)
		if d.Missed > 0 || d.Wrong > 0 || d.Runs != q.Runs {
			t.Errorf("%s: missed in %d and something else named in %d of %d runs", e.Fault, d.Missed, d.Wrong, d.Runs)
		}
		if ratio := float64(d.Median) / float64(e.Median); ratio < 0.88 || ratio > 1.12 {
			t.Errorf("%s: median %v, by formula %v", e.Fault, d.Median, e.Median)
		}
		if limit := e.P99 + q.Policy.Interval/2; d.P99 > limit {
			t.Errorf("%s: 99%% within %v, by formula within %v", e.Fault, d.P99, e.P99)
		}
	}
}

// A pause that is shorter than what the policy waits for raises no alarm, one that is much longer always does, and a pause of
// the observer never: that is not the regions' fault.
func TestOccasions(t *testing.T) {
	t.Parallel()
	q := usual()
	q.Runs = max(2, 10/racetest.Slowdown)
	for _, test := range []struct {
		name   string
		change func(n *simulate.Network)
		kind   simulate.HazardKind
		all    bool
	}{
		{"a shard that pauses for half a second", func(n *simulate.Network) {
			n.ServerPause = simulate.Occasion{Length: 500 * time.Millisecond, Every: time.Hour}
		}, simulate.ServerPauseHazard, false},
		{"a shard that pauses for ten seconds", func(n *simulate.Network) {
			n.ServerPause = simulate.Occasion{Length: 10 * time.Second, Every: time.Hour}
		}, simulate.ServerPauseHazard, true},
		{"an observer that pauses for ten seconds", func(n *simulate.Network) {
			n.ObserverPause = simulate.Occasion{Length: 10 * time.Second, Every: time.Hour}
		}, simulate.ObserverPauseHazard, false},
		{"delays that grow to half as much again", func(n *simulate.Network) {
			n.Slowdown, n.SlowdownFactor = simulate.Occasion{Length: time.Minute, Every: 24 * time.Hour}, 1.5
		}, simulate.SlowdownHazard, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			t.Parallel()
			q := q
			test.change(&q.Network)
			a, err := simulate.Assess(t.Context(), q)
			if err != nil {
				t.Fatal(err)
			}
			h := a.Hazards[len(a.Hazards)-1]
			want := 0
			if test.all {
				want = q.Runs
			}
			if h.Kind != test.kind || h.Counted == nil || h.Counted.Alarms != want || h.Counted.Occasions != q.Runs {
				t.Errorf("%s: %+v, want %d alarms in %d", h.Kind, h.Counted, want, q.Runs)
			}
			if a.Return.TooEarly > 0 || a.Return.Never > 0 || a.Return.Runs != q.Runs {
				t.Errorf("regions that come back: %+v", a.Return)
			}
		})
	}
}

// The same question has the same answer, however many cores there are.
func TestOneSeedOneAnswer(t *testing.T) {
	t.Parallel()
	q := usual()
	q.Runs, q.Network.Retransmit, q.Network.Burst = max(2, 4/racetest.Slowdown), 0.001, 100*time.Millisecond
	q.Network.ServerPause = simulate.Occasion{Length: time.Second, Every: time.Hour}
	answer := func() *simulate.Assessment {
		a, err := simulate.Assess(t.Context(), q)
		if err != nil {
			t.Fatal(err)
		}
		return a
	}
	first := answer()
	if diff := cmp.Diff(first, answer()); diff != "" {
		t.Errorf("another answer to the same question:\n%s", diff)
	}
	q.Seed = 2
	if cmp.Equal(first.Detections, answer().Detections) {
		t.Error("the same detections from another seed")
	}
}

func TestEnded(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := simulate.Assess(ctx, usual()); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v, want that of the context", err)
	}
}

func TestCheck(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(q *simulate.Question)
		want   string // in the error; "" for none
	}{
		{"the usual question", func(*simulate.Question) {}, ""},
		{"one region has no link", func(q *simulate.Question) { q.Regions = 1 }, "1 regions: must be 2 to 10"},
		{"no shards", func(q *simulate.Question) { q.Shards = 0 }, "0 shards"},
		{"no runs", func(q *simulate.Question) { q.Runs = 0 }, "0 runs"},
		{"a policy that makes no sense", func(q *simulate.Question) { q.Policy.Down = 0 }, "down 0"},
		{"no delay", func(q *simulate.Question) { q.Network.Delay = 0 }, "delay 0s"},
		{"a jitter that is not a number", func(q *simulate.Question) { q.Network.Sigma = math.NaN() }, "jitter NaN"},
		{"everything lost", func(q *simulate.Question) { q.Network.Loss = 1 }, "loss 1"},
		{"negative bursts", func(q *simulate.Question) { q.Network.Burst = -1 }, "burst -1ns"},
		{"pauses without time between", func(q *simulate.Question) {
			q.Network.ServerPause = simulate.Occasion{Length: time.Second, Every: time.Second}
		}, "must leave as much time between"},
		{"delays that shrink", func(q *simulate.Question) {
			q.Network.Slowdown = simulate.Occasion{Length: time.Second, Every: time.Hour}
		}, "slowdown to 0 times"},
		{"a delay of thousands of intervals", func(q *simulate.Question) { q.Policy.Interval, q.Network.Delay = 5*time.Millisecond, time.Minute },
			"delay 1m0s at an interval of 5ms: must be at most 1000 intervals"},
		{"a deadline of thousands of intervals", func(q *simulate.Question) {
			q.Policy.Interval, q.Policy.Deadline, q.Policy.Horizon = 5*time.Millisecond, time.Minute, 2*time.Minute
		}, "deadline 1m0s at an interval of 5ms: must be at most 1000 intervals"},
		{"no time for a reply", func(q *simulate.Question) { q.Connections.Timeout = 0 }, "timeout 0s"},
	} {
		t.Run(test.name, func(t *testing.T) {
			q := usual()
			test.change(&q)
			err := q.Check()
			if test.want == "" && err != nil || test.want != "" && (err == nil || !strings.Contains(err.Error(), test.want)) {
				t.Errorf("error %v, want %q", err, test.want)
			}
		})
	}
}
