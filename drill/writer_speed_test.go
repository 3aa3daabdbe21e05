package drill_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
)

// whole is the slot map of a region that is one server.
func whole(name, address string) slots.Map {
	return slots.Map{Region: name, Shards: []slots.Shard{{ID: "1", Address: address, Slots: []slots.Range{{First: 0, Last: slots.Count - 1}}}}}
}

// application is a configuration with one region, a real server, as far as
// writing to it alone needs it.
func application(t testing.TB, rate float64, connections int, m drill.Manners) drill.Config {
	t.Helper()
	s := redistest.Start(t)
	given, err := config.ParseRegionFlag("us=redis://" + s.Addr)
	if err != nil {
		t.Fatal(err)
	}
	store := region.NewApplication(given, whole("us", s.Addr), region.Options{}, m)
	t.Cleanup(func() { _ = store.Close() })
	if err := store.Connect(t.Context()); err != nil {
		t.Fatal(err)
	}
	return drill.Config{Prefix: "aafailover", Run: "r", Cover: []int{0, 5461, 10923}, Stores: []drill.Store{store},
		Rate: rate, Payload: 64, Connections: connections, WriteTimeout: time.Second, Expiry: time.Hour, Manners: m}
}

// BenchmarkReadBack tells how many keys a second are read back.
func BenchmarkReadBack(b *testing.B) {
	c := application(b, 2_000_000, 16, drill.Manners{Pipeline: 100})
	l, _ := drill.Load(b.Context(), c, 0, time.Second)
	keys := 0
	for b.Loop() {
		found := drill.ReadBack(b.Context(), c, l, 0)
		if keys += found; found != l.Len() {
			b.Fatalf("%d of %d are found", found, l.Len())
		}
	}
	b.ReportMetric(float64(keys)/b.Elapsed().Seconds(), "keys/s")
}

// BenchmarkWriter tells how many writes a second the application comes to.
func BenchmarkWriter(b *testing.B) {
	for _, test := range []struct{ connections, pipeline int }{{16, 1}, {50, 1}, {16, 16}, {8, 100}} {
		b.Run(fmt.Sprintf("connections=%d/pipeline=%d", test.connections, test.pipeline), func(b *testing.B) {
			c := application(b, 2_000_000, test.connections, drill.Manners{Pipeline: test.pipeline})
			for b.Loop() {
				l, _ := drill.Load(b.Context(), c, 0, 2*time.Second)
				tally := l.Tally()
				b.ReportMetric(float64(tally.Acknowledged)/2, "writes/s")
				if tally.Indeterminate+tally.Rejected+tally.Unsent > 0 {
					b.Errorf("%+v", tally)
				}
			}
		})
	}
}
