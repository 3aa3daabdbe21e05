package probe_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/probe"
)

// Whatever the interval is, and whether anything happens or not, there are at least two snapshots a second and at most twenty; and
// what has happened is shown at once.
func TestSnapshotsComeOftenEnoughAndNotTooOften(t *testing.T) {
	for _, interval := range []time.Duration{probe.MinInterval, 125 * time.Millisecond, 250 * time.Millisecond, time.Second, probe.MaxInterval} {
		for _, eventful := range []bool{false, true} {
			synctest.Test(t, func(t *testing.T) {
				d := deploy(40*time.Millisecond, 2, 2)
				c := d.config()
				c.Policy.Interval = interval
				c.Policy.Horizon = max(c.Policy.Horizon, c.Policy.Deadline+time.Duration(3*c.Policy.Down+1)*interval)
				ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
				defer cancel()
				calm := min(max(interval, 50*time.Millisecond), 450*time.Millisecond)
				var last *probe.Snapshot
				longest, events := time.Duration(0), 0
				var told time.Time // the first event since the last snapshot
				c.OnEvent = func(e probe.Event) {
					events++
					if told.IsZero() {
						told = e.At
					}
				}
				c.OnSnapshot = func(s *probe.Snapshot) {
					if last != nil {
						gap := s.At.Sub(last.At)
						longest = max(longest, gap)
						if gap < 50*time.Millisecond && ctx.Err() == nil { // the last one of a run does not wait
							t.Errorf("interval %v: two snapshots within %v", interval, gap)
						}
					}
					if waited := s.At.Sub(told); !told.IsZero() && waited > 75*time.Millisecond {
						t.Errorf("interval %v: what happened %v ago is not shown before", interval, waited)
					}
					last, told = s, time.Time{}
				}
				if eventful {
					down := false
					var flap func()
					flap = func() {
						down = !down
						d.regions[1].become(-1, map[bool]mode{false: serving, true: refusing}[down])
						if ctx.Err() == nil {
							time.AfterFunc(310*time.Millisecond, flap)
						}
					}
					time.AfterFunc(5*time.Second, flap)
				}
				if _, err := probe.Run(ctx, c); err != nil {
					t.Fatal(err)
				}
				if longest > calm+25*time.Millisecond {
					t.Errorf("interval %v: no snapshot for %v", interval, longest)
				}
				if eventful && events <= 2 { // the start and the end
					t.Errorf("interval %v: only %d events", interval, events)
				}
			})
		}
	}
}
