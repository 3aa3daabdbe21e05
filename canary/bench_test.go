package canary_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aafailover/aafailover/canary"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/probe"
)

// What a snapshot of 5 regions of 256 shards costs the goroutine that observes.
func BenchmarkObserve(b *testing.B) {
	t := evenly(256, "us", "eu", "ap", "sa", "af")
	t.Stores = make([]drill.Store, len(t.Maps))
	c, err := canary.New(canary.Config{Topology: t, Writable: []string{"us"}, Rate: 10})
	if err != nil {
		b.Fatal(err)
	}
	now := time.Now()
	s := &probe.Snapshot{At: now}
	for _, m := range t.Maps {
		r := probe.Region{Name: m.Region, State: probe.RegionAvailable}
		for i, h := range m.Shards {
			r.Shards = append(r.Shards, probe.Shard{ID: fmt.Sprint(i), Slots: h.Slots, State: probe.RegionAvailable, Connected: now})
		}
		s.Regions = append(s.Regions, r)
		for _, to := range t.Maps {
			l := probe.Link{From: m.Region, To: to.Region}
			for _, slot := range t.Cover {
				l.Cells = append(l.Cells, probe.Cell{Slot: slot, LastDelivered: now, LastDeliveredSent: now})
			}
			s.Links = append(s.Links, l)
		}
	}
	for b.Loop() {
		c.Observe(s)
	}
}
