package canary_test

import (
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/canary"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/internal/racetest"
	"github.com/aafailover/aafailover/slots"
)

// evenly are regions of so many equal shards.
func evenly(shards int, regions ...string) canary.Topology {
	var t canary.Topology
	for _, name := range regions {
		m := slots.Map{Region: name}
		for i := range shards {
			m.Shards = append(m.Shards, slots.Shard{ID: name, Address: name, Slots: []slots.Range{{First: i * slots.Count / shards, Last: (i+1)*slots.Count/shards - 1}}})
		}
		t.Maps = append(t.Maps, m)
	}
	t.Cover = slots.Cover(t.Maps, nil)
	return t
}

// A canary that runs for months takes no more memory than after the first hours:
// whether all arrives, or one region is away for days.
func TestMemoryStaysFlat(t *testing.T) {
	t.Parallel()
	const rate, span = 10, 10 * 24 * time.Hour / racetest.Slowdown // ten days, of 8.6 million writes; with the race detector one
	random := rand.New(rand.NewPCG(1, 2))
	b := canary.NewBook(canary.Config{Topology: evenly(3, "us", "eu", "ap"), Writable: []string{"us"}, Prefix: "aafailover", Rate: rate})
	var settled, listed, mapped int
	for at := time.Duration(0); at < span; at += time.Second / rate {
		n := b.Write(0, at, drill.Acknowledged)
		away := at > span/3 && at < span/2 // eu is
		for region := 1; region < 3; region++ {
			if region == 1 && away {
				continue
			}
			lag := time.Duration(random.IntN(100)) * time.Millisecond
			b.Read(drill.Reading{Write: n, Region: region, Began: at + lag, Ended: at + lag + time.Millisecond, Found: true})
		}
		if at%time.Minute < time.Second/rate {
			b.Plan(at)
			b.Expire(at)
			room, list, entries := b.Sizes()
			if at < 3*time.Hour {
				settled = max(settled, room)
				continue
			}
			listed, mapped = max(listed, list), max(mapped, entries)
			if room > settled {
				t.Fatalf("after %v there is room for %d writes, and %d were enough at first", at, room, settled)
			}
		}
	}
	// An hour of writes, a minute more, and what append rounds up to.
	if most := 2 * rate * 3660; listed > 2*most || mapped > 100 {
		t.Errorf("lists grew to %d, maps to %d", listed, mapped)
	}
	if pages := settled; pages > rate*3700+2048 {
		t.Errorf("room for %d writes", pages)
	}
}

// A write that was readable is looked for again once the connections to the region
// were made anew, and what a former connection had found says nothing then.
func TestOtherServerHasNothing(t *testing.T) {
	t.Parallel()
	b := canary.NewBook(canary.Config{Topology: evenly(1, "us", "eu"), Writable: []string{"us"}, Prefix: "aafailover", Rate: 1})
	b.Connect(time.Second)
	n := b.Write(0, 2*time.Second, drill.Acknowledged)
	found := drill.Reading{Write: n, Region: 1, Began: 3 * time.Second, Ended: 3 * time.Second, Found: true}
	b.Read(found)
	if open := b.Plan(10 * time.Second); len(open[1]) != 0 {
		t.Errorf("it is still looked for: %v", open)
	}
	b.Connect(20 * time.Second) // both regions
	if open := b.Plan(21 * time.Second); len(open[0]) != 1 || len(open[1]) != 1 {
		t.Errorf("after new connections it is looked for in: %v", open)
	}
	b.Read(found) // that began before
	if open := b.Plan(22 * time.Second); len(open[1]) != 1 {
		t.Errorf("an old reading counts: %v", open)
	}
}

// What is missing in one region is known to exist in another only as long as it is found there: a replica that was given the
// data of another primary has lost it, and its clients are still connected.
func TestWhatIsGoneHoldsNothingBack(t *testing.T) {
	t.Parallel()
	b := canary.NewBook(canary.Config{Topology: evenly(1, "us", "eu"), Writable: []string{"us"}, Prefix: "aafailover", Rate: 1})
	b.Connect(time.Second)
	const writes = 1200 // more than one look asks for
	for range writes {
		n := b.Write(0, 2*time.Second, drill.Acknowledged)
		b.Read(drill.Reading{Write: n, Region: 1, Began: 3 * time.Second, Ended: 3 * time.Second})
	}
	if n := b.Lacking(1, 10*time.Second); n != writes {
		t.Fatalf("%d writes are missing in eu, want %d", n, writes)
	}
	asked := 0
	for at := 10 * time.Second; at < 14*time.Second; at += 100 * time.Millisecond {
		for _, n := range b.Plan(at)[0] {
			asked++
			b.Read(drill.Reading{Write: n, Region: 0, Began: at, Ended: at}) // us has lost it
		}
	}
	if n := b.Lacking(1, 14*time.Second); n != 0 {
		t.Errorf("%d writes that are nowhere any more are still missing in eu", n)
	}
	if again := b.Plan(15 * time.Second)[0]; asked < writes || len(again) > 500 {
		t.Errorf("us was asked for %d of %d writes, and for %d at once afterwards", asked, writes, len(again))
	}
}

// What makes no sense is said before anything is written.
func TestConfigCheck(t *testing.T) {
	t.Parallel()
	good := canary.Config{Topology: evenly(2, "us", "eu"), Writable: []string{"eu"}, Rate: 10}
	if err := good.Check(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		name  string
		wrong func(*canary.Config)
		says  string
	}{
		{"one region alone", func(c *canary.Config) { c.Topology = evenly(2, "eu") }, "at least two regions"},
		{"nothing to write to", func(c *canary.Config) { c.Cover = nil }, "at least one slot"},
		{"nothing that may be written", func(c *canary.Config) { c.Writable = nil }, "no region may be written"},
		{"a region that is not there", func(c *canary.Config) { c.Writable = []string{"eu", "ap"} }, "ap: to be written, and not one of the regions"},
		{"no rate", func(c *canary.Config) { c.Rate = 0 }, "0 writes/s makes no sense"},
		{"a load test", func(c *canary.Config) { c.Rate = 5000 }, "5000 writes/s makes no sense"},
		{"a life too short to follow anything", func(c *canary.Config) { c.Expiry = time.Second }, "canary expiry 1s"},
		{"more keys than are allowed", func(c *canary.Config) { c.Rate, c.Expiry = 1000, time.Hour }, "3600000 keys in every region"},
		{"a negative time-out", func(c *canary.Config) { c.Timeout = -1 }, "must be positive"},
		{"a policy that makes no sense", func(c *canary.Config) { c.Failover = failover.Policy{MinStay: -1} }, "minimum stay"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := good
			test.wrong(&c)
			if err := c.Check(); err == nil || !strings.Contains(err.Error(), test.says) {
				t.Errorf("got %v, want …%s…", err, test.says)
			}
			if _, err := canary.New(c); err == nil {
				t.Error("it can be made all the same")
			}
		})
	}
	if _, err := canary.New(good); err == nil || !strings.Contains(err.Error(), "0 stores for 2 regions") {
		t.Errorf("without stores: %v", err)
	}
}

// The cost of a canary is known before it begins.
func TestCost(t *testing.T) {
	t.Parallel()
	cost := canary.CostOf(canary.Config{Topology: evenly(2, "us", "eu", "ap"), Rate: 10, Prefix: "aafailover", Run: "canary-x"})
	if cost.Keys != 36000 || cost.WritesPerSecond != 10 || cost.ReadsPerSecond != 20 || cost.Connections != 6 || cost.BytesPerSecond < 1000 || cost.BytesPerSecond > 4000 {
		t.Errorf("%+v", cost)
	}
	if cost := canary.CostOf(canary.Config{}); cost.WritesPerSecond != 0 || cost.Keys != 0 {
		t.Errorf("of nothing: %+v", cost)
	}
}

// A region that flaps for months leaves the last incidents behind, and no more.
func TestIncidentsAreBounded(t *testing.T) {
	t.Parallel()
	b := canary.NewBook(canary.Config{Topology: evenly(1, "us", "eu"), Writable: []string{"us"}, Prefix: "aafailover", Rate: 1})
	const flaps = 500
	for i := range flaps {
		at := time.Duration(i) * time.Second
		b.Write(i%2, at, drill.Acknowledged)
		b.CutOver(i%2, 1-i%2, at+time.Second/2)
	}
	all := b.Incidents()
	if len(all) > 2*canary.MaxIncidents || all[len(all)-1].Number != flaps {
		t.Errorf("%d incidents are kept, the last is number %d", len(all), all[len(all)-1].Number)
	}
}
