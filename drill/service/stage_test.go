package service_test

import (
	"cmp"
	"context"
	"errors"
	"hash/maphash"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/service"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/faults"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/proxy"
	"github.com/aafailover/aafailover/recorder"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
)

// stage is a lab in memory with the recording proxies of a service before it, and everything that a drill of that takes.
type stage struct {
	lab     *lab.Lab
	truth   *lab.Truth
	proxies []*proxy.Proxy
	config  service.Config
}

// lag is how long an effect is on its way between two regions, one way.
const lag = 40 * time.Millisecond

// hasty are limits that make drills end soon, also where nothing comes.
var hasty = service.Limits{Healthy: 10 * time.Second, Within: 5 * time.Second, Fault: time.Second, Move: 5 * time.Second, Resync: 10 * time.Second,
	Return: 10 * time.Second, Fence: 5 * time.Second, Read: 5 * time.Second, Items: 100_000, Attempts: 50 * time.Millisecond}

// setUp starts a lab for a scenario. It is within a bubble of synctest.
func setUp(t *testing.T, scenario drill.Scenario, lag time.Duration) *stage {
	t.Helper()
	var network memnet.Network
	s := &stage{truth: &lab.Truth{}}
	regions := []lab.RegionConfig{{Name: "us", Shards: 3}, {Name: "eu", Shards: 2}}
	if scenario.Needs.Regions > 2 {
		regions = append(regions, lab.RegionConfig{Name: "ap", Shards: 1})
	}
	var err error
	s.lab, err = lab.Start(t.Context(), lab.Config{Regions: regions, Truth: s.truth, Listen: network.Listen, Seed: 1,
		Delay: func(string, string) time.Duration { return lag }})
	if err != nil {
		t.Fatal(err)
	}
	status, err := s.lab.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	log, err := recorder.NewLog(recorder.LogOptions{Regions: len(regions), Start: time.Now(), Seed: maphash.MakeSeed()})
	if err != nil {
		t.Fatal(err)
	}
	s.config = service.Config{Scenario: scenario, Prefix: "aafailover", Fault: faults.NewLab(s.lab, status), Way: drill.ByLab, Log: log,
		Probe: probe.DefaultPolicy(), Failover: failover.Policy{}, Limits: hasty}
	tapped := make([]recorder.Region, len(regions))
	for i, r := range status.Regions {
		given, err := config.ParseRegionFlag(r.Name + "=" + r.URL)
		if err != nil {
			t.Fatal(err)
		}
		options := region.Options{Dial: network.Dial, Timeout: time.Second}
		m, err := region.Discover(t.Context(), given, options)
		if err != nil {
			t.Fatal(err)
		}
		s.config.Maps = append(s.config.Maps, m)
		s.config.Endpoints = append(s.config.Endpoints, region.NewEndpoint(given, m, options))
		s.config.Readers = append(s.config.Readers, region.NewVerifier(given, m, options, log.Seed()))
		p := proxy.New(proxy.Options{Dial: network.Dial, Listen: network.Listen, Join: network.Dial})
		tapped[i].Address = p.Addr
		s.proxies = append(s.proxies, p)
	}
	taps := recorder.New(recorder.Options{Log: log, Regions: tapped})
	for i, p := range s.proxies {
		_ = p.Close()
		s.proxies[i] = proxy.New(proxy.Options{Dial: network.Dial, Listen: network.Listen, Join: network.Dial,
			Tap: func(c proxy.Connection) proxy.Tap { return taps.Tap(i, c) }})
	}
	s.config.Cover = slots.Cover(s.config.Maps, nil)
	return s
}

func (s *stage) close(t *testing.T) {
	t.Helper()
	for _, p := range s.proxies {
		_ = p.Close()
	}
	if err := s.lab.Close(); err != nil {
		t.Error(err)
	}
}

// play drills a service with some habits in simulated time, and hands over what came of it.
func play(t *testing.T, scenario drill.Scenario, h habits, change func(*stage), check func(*testing.T, *stage, *client, *service.Record, error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := setUp(t, scenario, cmp.Or(h.lag, lag))
		defer s.close(t)
		if change != nil {
			change(s)
		}
		c := newClient(s, h)
		s.config.Launch = func(context.Context) error { c.start(); return nil }
		record, err := service.Run(t.Context(), s.config)
		c.stop()
		if err != nil && !errors.Is(err, context.Canceled) {
			logTimeline(t, record)
		}
		check(t, s, c, record, err)
		t.Logf("%s because %q; %+v", record.Verdict, record.Reason, record.Accounts)
		if t.Failed() {
			logTimeline(t, record)
		}
	})
}

// logTimeline tells what happened in a drill.
func logTimeline(t *testing.T, r *service.Record) {
	t.Helper()
	t.Logf("%s because %q; accounts %+v; moves %s", r.Verdict, r.Reason, r.Accounts, drawn(r.Moves))
	for _, e := range r.Events {
		switch e.Kind {
		case drill.EventPhase, drill.EventReached, drill.EventError, drill.EventAction, drill.EventLooked, service.EventService:
			t.Logf("%8v %s %s", e.At.Sub(r.Start).Round(time.Millisecond), e.Kind, e.Detail)
		}
	}
}
