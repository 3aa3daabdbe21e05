package habit_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/failover/habit"
	"github.com/aafailover/aafailover/faults"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
)

// What clients are compared on: a region that refuses connections; one that comes back and does not catch up for half a minute; a
// replication that stops.
const (
	regionStops = `
name: region-stops
summary: the region stops
means: it is away
setting: none
steady: 3s
outage: 8s
settle: 1s
steps:
  - {phase: fault, do: kill, region: local}
  - {phase: heal, do: start, region: local}
`
	regionIsStale = `
name: region-is-stale
summary: the region comes back and cannot catch up for half a minute
means: it is old
setting: none
steady: 3s
outage: 8s
settle: 1s
steps:
  - {phase: fault, do: kill, region: local}
  - {phase: heal, do: cut, from: others, to: local, oneWay: true}
  - {phase: heal, do: start, region: local}
  - {phase: heal, after: 30s, do: mend, from: others, to: local, oneWay: true}
`
	linksStop = `
name: links-stop
summary: nothing gets from the region to the others
means: it is alone
setting: none
stays: true
steady: 3s
outage: 20s
settle: 1s
steps:
  - {phase: fault, do: cut, from: local, to: others}
  - {phase: heal, do: mend, from: local, to: others}
`
)

// pinged is a region as a client PINGs it.
type pinged struct{ *region.Client }

func (p pinged) Ping(ctx context.Context) error { return p.Connect(ctx) }

// drilled runs a scenario on a lab with a client; nil is the policy.
func drilled(t *testing.T, scenario string, settings *habit.Settings) *drill.Record {
	t.Helper()
	redistest.Quiet()
	network := new(memnet.Network)
	l, err := lab.Start(t.Context(), lab.Config{Listen: network.Listen, Regions: []lab.RegionConfig{{Name: "us", Shards: 2}, {Name: "eu", Shards: 2}}})
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = l.Close() }()
	status, err := l.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := drill.Config{
		Prefix: "aafailover", Run: "compared", Seed: 1, Probe: probe.DefaultPolicy(), Failover: failover.Policy{}, Fault: faults.NewLab(l, status),
		Rate: 50, Payload: 16, Connections: 16, WriteTimeout: time.Second, Expiry: 2 * time.Hour, Limits: drill.DefaultLimits(),
	}
	if c.Scenario, err = drill.ParseScenario("scenario", []byte(scenario)); err != nil {
		t.Fatal(err)
	}
	c.Limits.Resync = 3 * time.Minute
	var names []string
	var pingers []habit.Pinger
	for _, r := range status.Regions {
		given, err := config.ParseRegionFlag(r.Name + "=" + r.URL)
		if err != nil {
			t.Fatal(err)
		}
		o := region.Options{Dial: network.Dial, Timeout: 3 * time.Second}
		m, err := region.Discover(t.Context(), given, o)
		if err != nil {
			t.Fatal(err)
		}
		c.Maps = append(c.Maps, m)
		c.Endpoints = append(c.Endpoints, region.NewEndpoint(given, m, o))
		c.Stores = append(c.Stores, region.NewClient(given, m, o))
		pingers = append(pingers, pinged{region.NewClient(given, m, o)})
		names = append(names, r.Name)
	}
	c.Cover = slots.Cover(c.Maps, nil)
	ctx, cancel := context.WithCancel(t.Context())
	var pinging sync.WaitGroup
	if settings != nil {
		client, err := habit.New(names, *settings, time.Now(), nil)
		if err != nil {
			t.Fatal(err)
		}
		c.Guide = client
		pinging.Go(func() { habit.Check(ctx, client, pingers) })
	}
	record, err := drill.Run(t.Context(), c)
	cancel()
	pinging.Wait()
	for _, p := range pingers {
		_ = p.(pinged).Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return record
}

// rto is the time to the first write elsewhere, 0 when there was none.
func rto(r *drill.Record) time.Duration {
	took, _ := r.RTO()
	return took.Total
}

// course is where the application went, with "!" where it took no write.
func course(r *drill.Record) string {
	text := ""
	for _, m := range r.Moves {
		text += fmt.Sprintf("%v %s", m.Kind, r.Maps[m.To].Region)
		if m.CutOverAt == nil {
			text += "!"
		}
		text += "; "
	}
	return text
}

func TestTheSameFaultsWithThePolicyAndWithPING(t *testing.T) {
	ping := habit.Ping()
	ping.Grace, ping.Return = 5*time.Second, 10*time.Second // which are minutes by default, and only make this take longer
	for name, test := range map[string]struct {
		scenario string
		check    func(t *testing.T, policy, ping *drill.Record)
	}{
		"a region that stops is left sooner by who watches it more closely": {regionStops, func(t *testing.T, policy, ping *drill.Record) {
			if rto(policy) == 0 || rto(policy) > 2*time.Second || rto(ping) <= 0 || rto(ping) > 7*time.Second {
				t.Errorf("it took %v and %v", rto(policy), rto(ping))
			}
			if policy.Failback.Done == nil || ping.Failback.Done == nil || *ping.Failback.Done > 30*time.Second {
				t.Errorf("back after %v and %v", policy.Failback.Done, ping.Failback.Done)
			}
		}},
		"a region that is stale is returned to by who only PINGs it": {regionIsStale, func(t *testing.T, policy, ping *drill.Record) {
			if last := policy.Moves[len(policy.Moves)-1]; last.Kind != failover.FailBack || last.CutOverAt == nil ||
				*last.CutOverAt-*policy.FaultAt < 30*time.Second || policy.AtFailback > 0 {
				t.Errorf("the policy: %s %v after the fault, when %d writes were missing", course(policy), *last.CutOverAt-*policy.FaultAt, policy.AtFailback)
			}
			if got, want := course(ping), "fail over eu; fail back us!; "; got != want {
				t.Errorf("PING: %q, want %q", got, want)
			}
		}},
		"a replication that stops makes neither move": {linksStop, func(t *testing.T, policy, ping *drill.Record) {
			if len(policy.Moves)+len(ping.Moves) > 0 {
				t.Errorf("moved: %q and %q", course(policy), course(ping))
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			records := make([]*drill.Record, 2)
			for i, settings := range []*habit.Settings{nil, &ping} {
				synctest.Test(t, func(t *testing.T) { records[i] = drilled(t, test.scenario, settings) })
			}
			t.Logf("policy: RTO %v, missed %d, %s", rto(records[0]), len(records[0].Missed), course(records[0]))
			t.Logf("PING: RTO %v, missed %d, early %d, %s", rto(records[1]), len(records[1].Missed), records[1].Early, course(records[1]))
			test.check(t, records[0], records[1])
		})
	}
}
