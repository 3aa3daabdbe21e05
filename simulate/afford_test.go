package simulate

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// spends is a part that takes so many steps a run, and remembers how many runs it had last.
func spends(steps int64, most int, had *int) part {
	return part{most: most, play: func(ctx context.Context, q Question) error {
		*had = q.Runs
		for range q.Runs {
			if err := spend(ctx, steps); err != nil {
				return err
			}
		}
		return nil
	}}
}

// Of runs there are as many as were asked for, or else as many as there are steps for, or else there is no simulation.
func TestAffordable(t *testing.T) {
	for _, test := range []struct {
		name          string
		asked         int
		always, twice int64 // steps of a run of a part, and of one that is simulated twice
		runs, cut     int   // 0: too long
	}{
		{"all of them", 200, 50, 0, 200, 0},
		{"as many as fill it", 200, 100, 0, 100, 200},
		{"fewer because of another part", 200, 90, 500, 100, 200},
		{"the fewest that say anything", 200, 500, 0, 20, 200},
		{"not even those", 200, 501, 0, 0, 0},
		{"few are not tried before", 10, 1000, 0, 10, 0},
		{"few that take twice as long as they may", 10, 2001, 0, 0, 0},
		{"one part that takes too long", 200, 1, 20_000, 0, 0},
	} {
		t.Run(test.name, func(t *testing.T) {
			var runs, twice int
			a := &Assessment{Question: Question{Runs: test.asked}}
			err := a.simulate(t.Context(), []part{spends(test.always, 0, &runs), spends(test.twice, 2, &twice)}, 10_000)
			if test.runs == 0 {
				if !errors.Is(err, ErrTooLong) {
					t.Errorf("%d runs, error %v, want ErrTooLong", runs, err)
				}
				return
			}
			if err != nil || runs != test.runs || twice != 2 || a.Question.Runs != test.runs || a.Asked != test.cut {
				t.Errorf("%d runs, %d of the other part, asked %d, error %v; want %d, 2, %d", runs, twice, a.Asked, err, test.runs, test.cut)
			}
		})
	}
}

// A trial of few runs may have been lucky: what takes far more steps than it let expect is ended.
func TestAllowance(t *testing.T) {
	a := &Assessment{Question: Question{Runs: 100}}
	steps := func(ctx context.Context, q Question) error { return spend(ctx, int64(q.Runs)*int64(q.Runs)*10) }
	if err := a.simulate(t.Context(), []part{{play: steps}}, 10_000); !errors.Is(err, ErrTooLong) {
		t.Errorf("error %v, want ErrTooLong", err)
	}
}

// What takes as long as it may ends when nobody waits any more, in the simulation and before it.
func TestInterrupted(t *testing.T) {
	p := probe.DefaultPolicy()
	p.Interval, p.Pause = probe.MinInterval, time.Second
	q := Question{Policy: p, Network: Network{Delay: 4 * time.Second, Sigma: 3, Retransmit: 0.5}, Connections: ConnectionsOf(p, time.Second),
		Regions: 3, Shards: 3, Runs: 1000}
	if err := q.Check(); err != nil {
		t.Fatal(err)
	}
	for name, after := range map[string]time.Duration{"at once": 0, "while deadlines settle": 50 * time.Millisecond} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithTimeout(t.Context(), after)
			defer cancel()
			began := time.Now()
			if _, err := Assess(ctx, q); !errors.Is(err, context.DeadlineExceeded) {
				t.Errorf("error %v, want that of the context", err)
			}
			if took := time.Since(began) - after; took > 5*time.Second {
				t.Errorf("it ends %v after nobody waits", took)
			}
		})
	}
}
