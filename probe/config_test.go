package probe_test

import (
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

func TestPolicyCheck(t *testing.T) {
	if err := probe.DefaultPolicy().Check(); err != nil {
		t.Fatal(err)
	}
	for _, test := range []struct {
		change func(*probe.Policy)
		want   string
	}{
		{func(p *probe.Policy) { p.Interval = 0 }, "interval 0s: must be at least 5ms"},
		{func(p *probe.Policy) { p.Interval = time.Microsecond }, "interval 1µs: must be at least 5ms"},
		{func(p *probe.Policy) { p.Interval = -time.Second }, "interval -1s: must be at least 5ms"},
		{func(p *probe.Policy) { p.Interval = time.Hour; p.Horizon = time.Hour }, "interval 1h0m0s: must be at most 1m0s"},
		{func(p *probe.Policy) { p.Deadline = 0 }, "deadline 0s: must be positive"},
		{func(p *probe.Policy) { p.Deadline = -time.Second }, "deadline -1s: must be positive"},
		{func(p *probe.Policy) { p.Deadline = 10 * time.Minute; p.Horizon = time.Hour },
			"deadline 10m0s: must be at most 1m0s: a link that is silent for longer is not up"},
		{func(p *probe.Policy) { p.Horizon = time.Second }, "horizon 1s: must be longer than the deadline, 1s"},
		{func(p *probe.Policy) { p.Horizon = 2 * time.Hour }, "horizon 2h0m0s: must be at most 1h0m0s"},
		{func(p *probe.Policy) { p.Horizon = time.Hour; p.Interval = 5 * time.Millisecond },
			"horizon 1h0m0s: is more than 65536 intervals of 5ms"},
		{func(p *probe.Policy) { p.Horizon = 2 * time.Second },
			"horizon 2s: must be at least 5.75s, the longest that a silence takes to be called down\n" +
				"horizon 2s: must be at least 2.75s, what a link that loses half of its messages takes to be called degraded\n" +
				"horizon 2s: must be at least 2.5s, what a region that hangs takes to be called down"},
		{func(p *probe.Policy) { p.Window, p.Degraded, p.Horizon = 1000, 100, 10*time.Second },
			"horizon 10s: must be at least 51.25s, what a link that loses half of its messages takes to be called degraded"},
		{func(p *probe.Policy) { p.Interval, p.Horizon, p.Unanswered = time.Minute, time.Hour, 1000 },
			"horizon 1h0m0s: must be at least 16h40m1s, what a region that hangs takes to be called down"},
		{func(p *probe.Policy) { p.Up = 0 }, "up 0: must be at least 1"},
		{func(p *probe.Policy) { p.Down = 2000 }, "down 2000: must be at most 1000"},
		{func(p *probe.Policy) { p.Window = 3 }, "window 3: must be at least up, 4, and degraded, 3"},
		{func(p *probe.Policy) { p.UpFor = -1 }, "up for -1ns: must not be negative"},
		{func(p *probe.Policy) { p.Pause = 0 }, "pause 0s: must be at least 50ms: nothing is that punctual"},
		{func(p *probe.Policy) { p.Pause = time.Millisecond }, "pause 1ms: must be at least 50ms: nothing is that punctual"},
		{func(p *probe.Policy) { p.Attempts, p.Errors = -1, -2 }, "attempts -1: must be at least 1\nerrors -2: must be at least 1"},
	} {
		p := probe.DefaultPolicy()
		test.change(&p)
		if err := p.Check(); err == nil || err.Error() != test.want {
			t.Errorf("got %v\nwant %s", err, test.want)
		}
	}
}

func TestConfigCheck(t *testing.T) {
	for _, test := range []struct {
		change func(*probe.Config)
		want   string
	}{
		{func(c *probe.Config) { c.Maps, c.Endpoints = nil, nil }, "no region to observe"},
		{func(c *probe.Config) { c.Endpoints = c.Endpoints[:1] }, "1 endpoints for 2 regions"},
		{func(c *probe.Config) { c.Cover = nil }, "no slot to try"},
		{func(c *probe.Config) { c.Cover = []int{16384} }, "slot 16384: not within 0-16383"},
		{func(c *probe.Config) { c.Cover = []int{5, 5} }, "slot 5: the slots to try must ascend"},
		{func(c *probe.Config) { c.Maps[1].Region = "us" }, "us: the region is named twice"},
		{func(c *probe.Config) { c.Maps[1].Shards = nil }, "eu: the region has no shard"},
		{func(c *probe.Config) { c.Observer = "Me" }, `observer "Me": must be 1 to 32 of 0-9, a-z and '-'`},
		{func(c *probe.Config) { c.Policy.Deadline = 0 }, "deadline 0s: must be positive"},
	} {
		c := deploy(0, 1, 1).config()
		test.change(&c)
		_, err := probe.Run(t.Context(), c)
		if err == nil || err.Error() != test.want {
			t.Errorf("got %v\nwant %s", err, test.want)
		}
	}
}

func TestCost(t *testing.T) {
	c := deploy(0, 3, 3, 3).config()
	got := probe.CostOf(c)
	// 3 regions x 3 shards x 2 connections; 9 messages and 9 PINGs every quarter of a second; each message comes back
	// from 3 regions and is replicated to 2.
	want := probe.Cost{Connections: 18, MessagesPerSecond: 36, PingsPerSecond: 36, DeliveriesPerSecond: 108}
	bytes := 0
	for _, slot := range c.Cover {
		for _, m := range c.Maps {
			channel := slots.Channel("aafailover", slot, m.Region)
			command := "*3\r\n$7\r\nPUBLISH\r\n$00\r\n" + channel + "\r\n$00\r\naaf1 01234567 123456 0123456789abcdef\r\n"
			bytes += 4 * 2 * len(command)
		}
	}
	want.BytesPerSecond = float64(bytes)
	if got != want {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	if none := probe.CostOf(probe.Config{}); none != (probe.Cost{}) {
		t.Errorf("of nothing: %+v", none)
	}
}

func TestCauseTextsAreReadBack(t *testing.T) {
	for c := probe.NoCause; c <= probe.Stalled; c++ {
		var again probe.Cause
		text, _ := c.MarshalText()
		if err := again.UnmarshalText(text); err != nil || again != c || strings.Contains(string(text), " ") {
			t.Errorf("%d: %q is read as %q, %v", c, text, again, err)
		}
	}
}
