package heartbeat_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/heartbeat"
	"github.com/aafailover/aafailover/slots"
)

// evenly is the topology of regions that split the slots evenly, with so many shards.
func evenly(names []string, shards ...int) heartbeat.Topology {
	var t heartbeat.Topology
	for i, name := range names {
		m := slots.Map{Region: name, Source: slots.ClusterSlots}
		for _, ranges := range slots.Even(shards[i]) {
			m.Shards = append(m.Shards, slots.Shard{Address: name, Slots: ranges})
		}
		t.Maps = append(t.Maps, m)
	}
	t.Cover = slots.Cover(t.Maps, nil)
	return t
}

func TestWhatMakesNoSense(t *testing.T) {
	two := evenly([]string{"us", "eu"}, 1, 1)
	for _, test := range []struct {
		name   string
		change func(c *heartbeat.Config)
		want   string // in the error; "" for none
	}{
		{"two regions of which one is written", func(*heartbeat.Config) {}, ""},
		{"the longest interval, whose keys stay longer", func(c *heartbeat.Config) { c.Interval = time.Minute }, ""},
		{"no region", func(c *heartbeat.Config) { c.Maps, c.Stores = nil, nil }, "no region"},
		{"a region without a store", func(c *heartbeat.Config) { c.Stores = c.Stores[:1] }, "1 stores for 2 regions"},
		{"no region that may be written", func(c *heartbeat.Config) { c.Writable = nil }, "no region may be written"},
		{"a region to be written that there is not", func(c *heartbeat.Config) { c.Writable = []string{"ap"} }, "ap: to be written, and not one"},
		{"a region that is named twice", func(c *heartbeat.Config) { c.Topology = evenly([]string{"us", "us"}, 1, 1) }, "us: the region is named twice"},
		{"no slot", func(c *heartbeat.Config) { c.Cover = nil }, "no slot to try"},
		{"a slot that is none", func(c *heartbeat.Config) { c.Cover = []int{-1} }, "slot -1: not within"},
		{"slots in disorder", func(c *heartbeat.Config) { c.Cover = []int{2, 1} }, "slot 1: the slots to try must ascend"},
		{"a map that makes no sense", func(c *heartbeat.Config) {
			c.Maps[0].Shards = append(c.Maps[0].Shards, slots.Shard{Slots: []slots.Range{{First: 0, Last: 0}}})
		}, "slot 0 is owned by both"},
		{"an observer with a blank", func(c *heartbeat.Config) { c.Observer = "a b" }, `observer "a b"`},
		{"an interval that is load", func(c *heartbeat.Config) { c.Interval = time.Millisecond }, "interval 1ms"},
		{"a deadline after the keys have expired", func(c *heartbeat.Config) { c.Deadline = time.Minute }, "deadline 1m0s of the heartbeat keys: must be positive and at most 29s"},
		{"a negative time-out", func(c *heartbeat.Config) { c.Timeout = -1 }, "timeout -1ns"},
	} {
		t.Run(test.name, func(t *testing.T) {
			c := heartbeat.Config{Topology: two, Stores: make([]heartbeat.Store, 2), Writable: []string{"us"}, Prefix: "aafailover"}
			c.Maps = append([]slots.Map(nil), two.Maps...)
			test.change(&c)
			_, err := heartbeat.New(c)
			if (err == nil) != (test.want == "") || err != nil && !strings.Contains(err.Error(), test.want) {
				t.Errorf("%v, want %q", err, test.want)
			}
		})
	}
}

func TestHowLongAKeyStays(t *testing.T) {
	for interval, want := range map[time.Duration]time.Duration{
		100 * time.Millisecond: time.Minute, time.Second: time.Minute, 20 * time.Second: time.Minute, time.Minute: 3 * time.Minute,
	} {
		if got := heartbeat.Expiry(interval); got != want {
			t.Errorf("with a beat every %v a key stays %v, want %v", interval, got, want)
		}
	}
}

func TestCostOfBeating(t *testing.T) {
	for _, test := range []struct {
		name     string
		topology heartbeat.Topology
		writable []string
		interval time.Duration
		want     heartbeat.Cost // but for the bytes
	}{
		{"one region of three shards, by itself", evenly([]string{"us"}, 3), []string{"us"}, time.Second,
			heartbeat.Cost{Connections: 3, Keys: 3, WritesPerSecond: 3, ReadsPerSecond: 3}},
		{"three regions of three shards, one written", evenly([]string{"us", "eu", "ap"}, 3, 3, 3), []string{"us"}, time.Second,
			heartbeat.Cost{Connections: 9, Keys: 3, WritesPerSecond: 3, ReadsPerSecond: 9}},
		{"all written, twice a second", evenly([]string{"us", "eu", "ap"}, 3, 3, 3), []string{"us", "eu", "ap"}, time.Second / 2,
			heartbeat.Cost{Connections: 9, Keys: 9, WritesPerSecond: 18, ReadsPerSecond: 54}},
		{"five regions of 256 shards, all written", evenly([]string{"a", "b", "c", "d", "e"}, 256, 256, 256, 256, 256), []string{"a", "b", "c", "d", "e"}, time.Second,
			heartbeat.Cost{Connections: 1280, Keys: 1280, WritesPerSecond: 1280, ReadsPerSecond: 6400}},
		{"unequal sharding", evenly([]string{"us", "eu"}, 1, 4), []string{"eu"}, time.Second,
			heartbeat.Cost{Connections: 5, Keys: 4, WritesPerSecond: 4, ReadsPerSecond: 8}},
	} {
		t.Run(test.name, func(t *testing.T) {
			got := heartbeat.CostOf(heartbeat.Config{Topology: test.topology, Writable: test.writable, Interval: test.interval, Prefix: "aafailover"})
			// Every key crosses to all other regions.
			carried := got.ReadsPerSecond - got.WritesPerSecond
			if got.BytesPerSecond < 120*carried || got.BytesPerSecond > 200*carried {
				t.Errorf("%v bytes a second for %v writes that cross", got.BytesPerSecond, carried)
			}
			got.BytesPerSecond = 0
			if got != test.want {
				t.Errorf("%+v, want %+v", got, test.want)
			}
		})
	}
}
