package faults_test

import (
	"bytes"
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/faults"
	"github.com/aafailover/aafailover/probe"
)

var killUS = drill.Action{Kind: drill.Kill, Region: "us"}

// What the operator is asked for, and how it is known to be done.
func TestManual(t *testing.T) {
	startUS := drill.Action{Kind: drill.Start, Region: "us"}
	synctest.Test(t, func(t *testing.T) {
		var said bytes.Buffer
		lines := make(chan string)
		m := &faults.Manual{Say: &said, Lines: lines, Within: time.Minute}
		operator := func(after time.Duration) {
			go func() {
				<-time.After(after)
				lines <- ""
			}()
		}
		do := func(a drill.Action, after time.Duration) {
			t.Helper()
			operator(after)
			began := time.Now()
			if err := m.Do(t.Context(), a); err != nil || time.Since(began) != after {
				t.Errorf("%v: %v after %v", a, err, time.Since(began))
			}
		}
		do(killUS, 10*time.Second)
		do(drill.Action{Kind: drill.Slow, From: "us", To: "eu", OneWay: true, Delay: time.Second}, time.Second)
		do(drill.Action{Kind: drill.Hang, Region: "eu", Shard: 2}, time.Second)
		do(startUS, 59*time.Second)
		go func() {
			for range 2 {
				synctest.Wait() // what is typed before somebody is asked does not count
				lines <- "done"
			}
		}()
		for range 2 {
			if err := m.Heal(t.Context()); err != nil {
				t.Error(err)
			}
		}
		if diff := cmp.Diff(strings.Join([]string{
			"now: make us unreachable, so that it refuses connections, then press Enter (within 1m0s)", "noted: kill us",
			"now: slow the replication from us to eu down by 1s, then press Enter (within 1m0s)", "noted: slow us->eu by 1s",
			"now: make shard 2 of eu hang, so that it takes connections and answers nothing, then press Enter (within 1m0s)", "noted: hang shard 2 of eu",
			"now: bring us back, then press Enter (within 1m0s)", "noted: start us",
			"now: undo it: bring shard 2 of eu back, then press Enter (within 1m0s)", "noted: start shard 2 of eu",
			"now: undo it: let the replication from us to eu go on, then press Enter (within 1m0s)", "noted: mend us->eu", "",
		}, "\n"), said.String()); diff != "" {
			t.Error(diff)
		}
	})
}

// Enter before it was asked for does not count, nor does the end of the input.
func TestManualIsNotDeceived(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &faults.Manual{Say: new(bytes.Buffer), Lines: faults.Lines(strings.NewReader(strings.Repeat("too early\n", 100))), Within: time.Minute}
		synctest.Wait()
		if err := m.Do(t.Context(), killUS); !errors.Is(err, faults.ErrNobody) {
			t.Error(err)
		}
		// It was asked for, so somebody may have done it: Heal asks, too.
		if err := m.Heal(t.Context()); !errors.Is(err, faults.ErrNobody) {
			t.Error(err)
		}
	})
}

func TestManualIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		m := &faults.Manual{Say: new(bytes.Buffer), Lines: make(chan string)}
		began := time.Now()
		err := m.Do(t.Context(), killUS)
		if took := time.Since(began); !errors.Is(err, faults.ErrNobody) || err.Error() != "kill us: nobody did it within 5m0s" || took != faults.DefaultWithin {
			t.Errorf("%v after %v", err, took)
		}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(time.Second, cancel)
		if err := m.Do(ctx, killUS); !errors.Is(err, context.Canceled) {
			t.Errorf("called off: %v", err)
		}
	})
}

// A fault that the probe sees needs no keyboard; what it showed before is no evidence.
func TestManualIsSeen(t *testing.T) {
	snapshot := func(us probe.RegionState, link probe.LinkState) *probe.Snapshot {
		return &probe.Snapshot{
			Regions: []probe.Region{{Name: "us", State: us, Shards: []probe.Shard{{State: us}}}, {Name: "eu", State: probe.RegionAvailable}},
			Links:   []probe.Link{{From: "us", To: "eu", State: link}, {From: "eu", To: "us", State: probe.LinkUp}},
		}
	}
	up, down := probe.RegionAvailable, probe.RegionDown
	for _, row := range []struct {
		name      string
		action    drill.Action
		snapshots []*probe.Snapshot // one a second, the first at once
		seen      time.Duration     // 0: never
	}{
		{"a region that goes down", killUS, []*probe.Snapshot{snapshot(up, probe.LinkUp), snapshot(probe.RegionUnobservable, probe.LinkUp), snapshot(down, probe.LinkDown)}, 2 * time.Second},
		{"the shard of a region", drill.Action{Kind: drill.Hang, Region: "us", Shard: 1}, []*probe.Snapshot{snapshot(up, probe.LinkUp), snapshot(down, probe.LinkUp)}, time.Second},
		{"a shard that there is not", drill.Action{Kind: drill.Hang, Region: "us", Shard: 2}, []*probe.Snapshot{snapshot(up, probe.LinkUp), snapshot(down, probe.LinkUp)}, 0},
		{"one that was down before", killUS, []*probe.Snapshot{snapshot(down, probe.LinkDown), snapshot(down, probe.LinkDown)}, 0},
		{"one that comes back", drill.Action{Kind: drill.Start, Region: "us"}, []*probe.Snapshot{snapshot(down, probe.LinkDown), snapshot(up, probe.LinkDown)}, time.Second},
		{"a link that goes down one way", drill.Action{Kind: drill.Cut, From: "us", To: "eu", OneWay: true}, []*probe.Snapshot{snapshot(up, probe.LinkUp), snapshot(up, probe.LinkDown)}, time.Second},
		{"one way is not both", drill.Action{Kind: drill.Cut, From: "us", To: "eu"}, []*probe.Snapshot{snapshot(up, probe.LinkUp), snapshot(up, probe.LinkDown)}, 0},
		{"a link that is late", drill.Action{Kind: drill.Slow, From: "us", To: "eu", OneWay: true}, []*probe.Snapshot{snapshot(up, probe.LinkUp), snapshot(up, probe.LinkLate)}, time.Second},
		{"a link that is mended", drill.Action{Kind: drill.Mend, From: "us", To: "eu"}, []*probe.Snapshot{snapshot(up, probe.LinkLate), snapshot(up, probe.LinkUp)}, time.Second},
		{"a region that nobody knows", drill.Action{Kind: drill.Kill, Region: "ap"}, []*probe.Snapshot{snapshot(down, probe.LinkLate)}, 0},
		{"nothing to see", killUS, nil, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sight := new(faults.Sight)
				m := &faults.Manual{Say: new(bytes.Buffer), Seen: sight.Await, Within: time.Minute}
				if err := m.Check(drill.Scenario{}); err != nil {
					t.Error(err)
				}
				var shown sync.WaitGroup
				defer shown.Wait()
				shown.Go(func() {
					for _, s := range row.snapshots {
						sight.Snapshot(s)
						<-time.After(time.Second)
					}
				})
				synctest.Wait()
				began := time.Now()
				err := m.Do(t.Context(), row.action)
				switch took := time.Since(began); {
				case row.seen == 0 && !errors.Is(err, faults.ErrNobody):
					t.Errorf("seen after %v, %v", took, err)
				case row.seen > 0 && (err != nil || took != row.seen):
					t.Errorf("%v after %v, want %v", err, took, row.seen)
				}
			})
		})
	}
}

func TestManualNeedsSomebody(t *testing.T) {
	if err := new(faults.Manual).Check(drill.Scenario{Name: "mine"}); !errors.Is(err, faults.ErrCannot) {
		t.Error(err)
	}
}

// Who calls a drill off before he made what he was asked for is not waited for to undo it; who made it is.
func TestManualCalledOff(t *testing.T) {
	for _, row := range []struct {
		name          string
		before, after bool // all looks as it should, before it was asked for and after it was called off
		waits         bool
	}{
		{"nothing was made", true, true, false},
		{"it was made, and not confirmed yet", true, false, true},
		{"it never looked as it will when it is undone, so that looks tell nothing", false, false, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var said bytes.Buffer
				m := &faults.Manual{Say: &said, Lines: make(chan string), Within: time.Minute, Holds: func(drill.Action) bool { return row.before }}
				ctx, cancel := context.WithTimeout(t.Context(), time.Second)
				defer cancel()
				if err := m.Do(ctx, killUS); !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("called off: %v", err)
				}
				m.Holds = func(drill.Action) bool { return row.after }
				if err := m.Heal(t.Context()); errors.Is(err, faults.ErrNobody) != row.waits {
					t.Errorf("healed: %v; said:\n%s", err, &said)
				}
				if told := strings.Contains(said.String(), "not seen: kill us; if you made it, undo it: bring us back\n"); told == row.waits {
					t.Errorf("said:\n%s", &said)
				}
			})
		})
	}
}
