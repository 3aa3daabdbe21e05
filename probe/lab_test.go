package probe_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
)

// labProbe is a probe that watches a lab through real connections.
type labProbe struct {
	lab       *lab.Lab
	snapshots chan *probe.Snapshot // the newest one
	cancel    context.CancelFunc
	done      chan error
}

// watchLab starts a lab of us, eu and ap, and a probe on it. A nil network is
// TCP.
func watchLab(t *testing.T, network *memnet.Network, shards ...int) *labProbe {
	t.Helper()
	c := lab.Config{}
	options := region.Options{Timeout: time.Second}
	if network != nil {
		c.Listen, options.Dial = network.Listen, network.Dial
	}
	for i, name := range []string{"us", "eu", "ap"} {
		c.Regions = append(c.Regions, lab.RegionConfig{Name: name, Shards: shards[i]})
	}
	l, err := lab.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	status, err := l.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	p := &labProbe{lab: l, snapshots: make(chan *probe.Snapshot, 1), done: make(chan error, 1)}
	watched := probe.Config{Policy: probe.DefaultPolicy(), Prefix: "aafailover", OnSnapshot: p.show}
	for _, r := range status.Regions {
		given, err := config.ParseRegionFlag(r.Name + "=" + r.URL)
		if err != nil {
			t.Fatal(err)
		}
		m, err := region.Discover(t.Context(), given, options)
		if err != nil {
			t.Fatal(err)
		}
		watched.Maps = append(watched.Maps, m)
		watched.Endpoints = append(watched.Endpoints, region.NewEndpoint(given, m, options))
	}
	watched.Cover = slots.Cover(watched.Maps, nil)
	ctx, cancel := context.WithCancel(t.Context())
	p.cancel = cancel
	go func() {
		_, err := probe.Run(ctx, watched)
		p.done <- err
	}()
	return p
}

// show keeps the newest snapshot; it is called by one goroutine at a time.
func (p *labProbe) show(s *probe.Snapshot) {
	select {
	case <-p.snapshots:
	default:
	}
	p.snapshots <- s
}

func (p *labProbe) close(t *testing.T) {
	t.Helper()
	p.cancel()
	if err := <-p.done; err != nil {
		t.Error(err)
	}
	if err := p.lab.Close(); err != nil {
		t.Error(err)
	}
}

// until waits for a snapshot of which ok is true, and fails after a minute.
func (p *labProbe) until(t *testing.T, what string, ok func(*probe.Snapshot) bool) *probe.Snapshot {
	t.Helper()
	limit := time.After(time.Minute)
	var last *probe.Snapshot
	for {
		select {
		case last = <-p.snapshots:
			if ok(last) {
				return last
			}
		case <-limit:
			t.Fatalf("never: %s; last: %+v", what, last)
		}
	}
}

func (p *labProbe) untilVerdict(t *testing.T, want probe.Verdict) *probe.Snapshot {
	t.Helper()
	return p.until(t, string(want), func(s *probe.Snapshot) bool { return s.Settled && s.Verdict == want })
}

// untilDown waits until a region is down with all of its shards, which are found
// out one by one.
func (p *labProbe) untilDown(t *testing.T, name string) *probe.Snapshot {
	t.Helper()
	return p.until(t, name+" is down", func(s *probe.Snapshot) bool { return s.Region(name).State == probe.RegionDown })
}

func (p *labProbe) inject(t *testing.T, f lab.Fault) {
	t.Helper()
	if err := p.lab.Inject(t.Context(), f); err != nil {
		t.Fatal(err)
	}
}

// silent returns the links of a snapshot that carry nothing.
func silent(s *probe.Snapshot) (links []string) {
	for _, l := range s.Links {
		if l.State.Silent() {
			links = append(links, l.From+"->"+l.To)
		}
	}
	return links
}

// course is a story of faults on a lab, and what the probe must say of each.
func course(t *testing.T, p *labProbe) {
	defer p.close(t)
	p.untilVerdict(t, probe.Healthy)

	p.inject(t, lab.Fault{Kind: lab.Cut, From: "us", To: "eu", OneWay: true, Shard: lab.AllShards})
	s := p.untilVerdict(t, probe.ReplicationFailure)
	if got := silent(s); len(got) != 1 || got[0] != "us->eu" {
		t.Errorf("us->eu is cut, and the probe says that %v are silent", got)
	}
	p.inject(t, lab.Fault{Kind: lab.Heal})
	p.untilVerdict(t, probe.Healthy)

	p.inject(t, lab.Fault{Kind: lab.Kill, Region: "us", Shard: lab.AllShards})
	s = p.untilDown(t, "us")
	if s.Verdict != probe.LocalFailure || s.Region("us").Cause != probe.Refused {
		t.Errorf("us is killed, and the probe says %s because of %q", s.Verdict, s.Region("us").Cause)
	}
	if got := silent(s); len(got) != 0 {
		t.Errorf("us is killed, and the probe charges the links %v with it", got)
	}
	p.inject(t, lab.Fault{Kind: lab.Begin, Region: "us", Shard: lab.AllShards})
	p.untilVerdict(t, probe.Healthy)

	p.inject(t, lab.Fault{Kind: lab.Hang, Region: "eu", Shard: lab.AllShards})
	s = p.untilDown(t, "eu")
	if s.Verdict != probe.RemoteFailure || s.Region("eu").Cause != probe.Timeout {
		t.Errorf("eu hangs, and the probe says %s because of %q", s.Verdict, s.Region("eu").Cause)
	}
	p.inject(t, lab.Fault{Kind: lab.Heal})
	p.untilVerdict(t, probe.Healthy)
}

// The same lab, the same connections and the same probe, in simulated time.
func TestProbeOfALabInSimulatedTime(t *testing.T) {
	for name, shards := range map[string][]int{"equal sharding": {3, 3, 3}, "asymmetric sharding": {3, 4, 2}} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) { course(t, watchLab(t, &memnet.Network{}, shards...)) })
		})
	}
}

// And over TCP, in real time.
func TestProbeOfALabOverTCP(t *testing.T) { course(t, watchLab(t, nil, 3, 4, 2)) }

// What a stalled link holds back arrives late, and is not lost.
func TestProbeOfAStalledLink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := watchLab(t, &memnet.Network{}, 2, 2, 2)
		defer p.close(t)
		p.untilVerdict(t, probe.Healthy)
		p.inject(t, lab.Fault{Kind: lab.Stall, From: "us", To: "eu", OneWay: true, Shard: 2})
		s := p.untilVerdict(t, probe.ReplicationFailure)
		for _, cell := range s.Link("us", "eu").Cells {
			if want := cell.FromShard == 1; cell.State.Silent() != want {
				t.Errorf("shard 2 of us->eu stalls; the cell of shard %d is %s", cell.FromShard+1, cell.State)
			}
		}
		p.inject(t, lab.Fault{Kind: lab.Heal})
		s = p.untilVerdict(t, probe.Healthy)
		for _, cell := range s.Link("us", "eu").Cells {
			if cell.Lost != 0 || (cell.FromShard == 1) != (cell.Late > 0) {
				t.Errorf("after the stall, the cell of shard %d has %d late and %d lost", cell.FromShard, cell.Late, cell.Lost)
			}
		}
	})
}

// The rounds in which a link was cut are missing, and late ones when what was published then has come after all; those of every
// other link, and those before and after, stay as they are.
func TestRoundsOfALinkThatIsCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		p := watchLab(t, &memnet.Network{}, 2, 2, 2)
		defer p.close(t)
		p.untilVerdict(t, probe.Healthy)
		p.inject(t, lab.Fault{Kind: lab.Cut, From: "us", To: "eu", OneWay: true, Shard: lab.AllShards})
		cut := time.Now()
		s := p.untilVerdict(t, probe.ReplicationFailure)
		full, missing := s.Policy.Interval, 0
		for _, r := range s.Link("us", "eu").Rounds {
			decided := r.Delivered + r.Late + r.Missing
			if !r.At.Before(cut) && (decided != r.Missing || r.P50 != 0) || r.At.Add(full).Before(cut) && (decided != r.Delivered || r.P50 == 0) {
				t.Errorf("cut %v after the round began: %+v", cut.Sub(r.At), r)
			}
			if r.Missing == 2 {
				missing++
			}
		}
		if missing < s.Policy.Down-1 {
			t.Errorf("%d rounds are missing, and the link is %s", missing, s.Link("us", "eu").State)
		}
		p.inject(t, lab.Fault{Kind: lab.Heal})
		healed := time.Now()
		s = p.untilVerdict(t, probe.Healthy)
		late := 0
		for _, r := range s.Link("us", "eu").Rounds {
			if during := r.At.Add(full).After(cut) && r.At.Before(healed); r.Missing > 0 || r.Late > 0 && (!during || r.Max <= s.Policy.Floor) {
				t.Errorf("cut for %v, %v after the round began: %+v", healed.Sub(cut), cut.Sub(r.At), r)
			}
			if r.Late == 2 {
				late++
			}
		}
		if late < missing {
			t.Errorf("%d rounds were missing, and %d are late", missing, late)
		}
		for _, l := range s.Links {
			if all := addRounds(l.Rounds); (l.From != "us" || l.To != "eu") && all.Late+all.Missing+all.NoEvidence > 0 {
				t.Errorf("%s->%s was not cut: %+v", l.From, l.To, all)
			}
		}
	})
}
