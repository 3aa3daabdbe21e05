package simulate

import (
	"context"
	"math"
	"slices"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// Agreement compares what is solved with what is simulated, of links in a network in which false alarms are frequent.
type Agreement struct {
	Loss    float64 // of the network: high
	Down    int     // of the policy: low
	Solved  float64 // false alarms of one link an hour
	Counted float64
	Error   float64 // standard error of what was counted
	Alarms  int
	Time    time.Duration // simulated, of all links together
}

// So many deployments are simulated to compare, together for so many rounds for each of Question.Runs.
const (
	worlds     = 16
	roundsEach = 250
)

// Agree counts the false alarms on links of regions of one shard, in a network and with a policy that make them frequent
// enough: with few overdue messages needed, and messages lost.
func Agree(ctx context.Context, q Question) (Agreement, error) {
	q.Regions, q.Shards = 2, 1
	q.Policy.Down = min(q.Policy.Down, 2)
	var err error
	if q.Network.Loss, err = frequent(ctx, q); err != nil {
		return Agreement{}, err
	}
	length := time.Duration(roundsEach*q.Runs/worlds) * q.Policy.Interval
	counts := make([]int, worlds)
	deadlines := make([][]time.Duration, worlds)
	err = each(ctx, worlds, func(ctx context.Context, number int) error {
		w, err := newWorld(ctx, q, number)
		if err != nil {
			return err
		}
		w.settle()
		silent := make([]bool, q.Regions*q.Regions)
		w.watch = func(s *probe.Snapshot) {
			for i := range s.Links {
				l := &s.Links[i]
				if l.Loop() {
					continue
				}
				if l.State.Silent() && !silent[i] {
					counts[number]++
				}
				silent[i] = l.State.Silent()
			}
		}
		deadlines[number] = w.deadlines(length)
		return w.err
	})
	if err != nil {
		return Agreement{}, err
	}
	links := q.Regions * (q.Regions - 1)
	a := Agreement{Loss: q.Network.Loss, Down: q.Policy.Down, Time: length * worlds * time.Duration(links)}
	for _, c := range counts {
		a.Alarms += c
	}
	hours := a.Time.Hours()
	a.Counted, a.Error = float64(a.Alarms)/hours, math.Sqrt(float64(max(a.Alarms, 1)))/hours
	a.Solved = newSolver(q, slices.Concat(deadlines...)...).links() / Year.Hours()
	return a, nil
}

// frequent returns a loss with which a link raises a false alarm about every 500 messages.
func frequent(ctx context.Context, q Question) (float64, error) {
	low, high := 0.0, 0.6
	for range 12 {
		if ctx.Err() != nil {
			return 0, ctx.Err()
		}
		q.Network.Loss = (low + high) / 2
		if newSolver(q, q.Policy.Deadline).links() > perYear(q.Policy.Interval)/500 {
			high = q.Network.Loss
		} else {
			low = q.Network.Loss
		}
	}
	return math.Round(low*100) / 100, nil
}
