package probe

import (
	"testing"
	"time"
)

func TestTimeBetweenSnapshots(t *testing.T) {
	const ms = time.Millisecond
	for _, test := range []struct {
		name       string
		interval   time.Duration
		cells      int
		calm, soon time.Duration
	}{
		{"one for each round", 250 * ms, 9, 250 * ms, 50 * ms},
		{"and no more than 20 a second", 5 * ms, 9, 50 * ms, 50 * ms},
		{"and no fewer than two", time.Minute, 9, 450 * ms, 50 * ms},
		{"5 regions of 256 shards", 250 * ms, 6400, 250 * ms, 96 * ms},
		{"which are observed more often", 50 * ms, 6400, 96 * ms, 96 * ms},
		{"as many cells as can be observed", 250 * ms, 100_000, 450 * ms, 450 * ms},
	} {
		if calm, soon := snapshotEvery(test.interval, test.cells, false), snapshotEvery(test.interval, test.cells, true); calm != test.calm || soon != test.soon {
			t.Errorf("%s: every %v, or %v when something has changed; want %v, %v", test.name, calm, soon, test.calm, test.soon)
		}
	}
}

// The time between snapshots is for as many cells as there are now.
func TestAnObserverCountsItsCells(t *testing.T) {
	c := newVirtual(t, 3, DefaultPolicy()).state.config
	for range c.Maps {
		c.Endpoints = append(c.Endpoints, struct{ Endpoint }{})
	}
	o, err := NewObserver(*c, time.Now)
	if err != nil {
		t.Fatal(err)
	}
	for slots := range 3 {
		if want := 3 * 3 * (slots + 1); o.cells != want {
			t.Errorf("%d cells, want %d", o.cells, want)
		}
		more := *o.state.topology
		more.Cover = append(more.Cover[:len(more.Cover):len(more.Cover)], slots+1)
		if _, err := o.Change(more); err != nil {
			t.Fatal(err)
		}
	}
}
