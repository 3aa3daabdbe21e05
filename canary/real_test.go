//go:build unix

package canary_test

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/aafailover/aafailover/canary"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
)

// A primary and its replica, in real time: replication stops, the primary dies, the
// replica is made a primary; what the canary reports is what the servers hold.
func TestRealOutage(t *testing.T) {
	primary := redistest.Start(t)
	replica := redistest.Replica(t, primary)
	options := region.Options{Timeout: time.Second}
	d := &diary{}
	c := canary.Config{Writable: []string{"us", "eu"}, Prefix: "aafailover", Run: "canary-real", Rate: 100, CauseOf: region.CauseOf}
	var endpoints []probe.Endpoint
	for _, r := range []config.Region{{Name: "us", Address: primary.Addr}, {Name: "eu", Address: replica.Addr}} {
		m, err := region.Discover(t.Context(), r, options)
		if err != nil {
			t.Fatal(err)
		}
		c.Maps = append(c.Maps, m)
		c.Stores = append(c.Stores, &spy{Store: region.NewClient(r, m, options), region: r.Name, diary: d})
		endpoints = append(endpoints, region.NewEndpoint(r, m, options))
	}
	c.Cover = slots.Cover(c.Maps, nil)
	told := make(chan canary.Incident, 8)
	c.OnEvent = func(_ probe.Event, i canary.Incident) { told <- i }
	watcher, err := canary.New(c)
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Minute)
	defer cancel()
	var running sync.WaitGroup
	running.Go(func() { watcher.Run(ctx) })
	running.Go(func() {
		_, err := probe.Run(ctx, probe.Config{Policy: probe.DefaultPolicy(), Prefix: "aafailover", Maps: c.Maps, Endpoints: endpoints, Cover: c.Cover,
			Proof: watcher.Proof, OnSnapshot: watcher.Observe})
		if err != nil {
			t.Error(err)
		}
	})
	defer running.Wait()
	defer cancel()
	until := func(what string, ok func(canary.State) bool) {
		t.Helper()
		for !ok(watcher.State()) {
			select {
			case <-time.After(10 * time.Millisecond):
			case <-ctx.Done():
				t.Fatalf("never: %s; %+v", what, watcher.State())
			}
		}
	}
	until("writes become visible in eu", func(s canary.State) bool { return len(s.Lags) == 1 && s.Lags[0].Writes > 50 })

	// The link is gone; us goes on taking writes that eu does not get.
	set := func(s *redistest.Server, args ...string) {
		t.Helper()
		if v := s.Do(t, args...); v.Str != "OK" {
			t.Fatalf("%q: %v", args, v)
		}
	}
	set(replica, "REPLICAOF", "NO", "ONE")
	before := watcher.State().Writes.Acknowledged
	until("us takes writes alone", func(s canary.State) bool { return s.Writes.Acknowledged > before+50 })
	primary.Kill()
	var incident canary.Incident
	select {
	case incident = <-told:
	case <-ctx.Done():
		t.Fatalf("no incident: %+v", watcher.State())
	}
	d.mu.Lock()
	writes := slices.Clone(d.writes)
	d.mu.Unlock()
	missed := 0
	for _, w := range writes {
		if w.err == nil && w.region == "us" && replica.Do(t, "EXISTS", w.key).Int == 0 {
			missed++
		}
	}
	if missed < 50 || incident.Missed() != missed || incident.Fates[drill.Pending] != missed || incident.Unread != 0 {
		t.Errorf("reported %d missed, %v by fate, %d unread; truly %d", incident.Missed(), incident.Fates, incident.Unread, missed)
	}
	until("the canary writes in eu", func(s canary.State) bool { return s.Active == "eu" })
	for _, key := range replica.Do(t, "KEYS", "aafailover:*:canary-real:*").Elems {
		if ttl := replica.Do(t, "TTL", key.Str).Int; ttl < 1 || ttl > 3600 {
			t.Fatalf("key %q stays %d s", key.Str, ttl)
		}
	}
}
