package survey_test

import (
	"context"
	"math/rand/v2"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/internal/racetest"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/survey"
)

// observeLab starts a lab of three regions, not all sharded equally, and observes it. A nil network is TCP.
func observeLab(t *testing.T, network *memnet.Network, following survey.Following) (*lab.Lab, *observed) {
	t.Helper()
	c := lab.Config{Regions: []lab.RegionConfig{{Name: "us", Shards: 3}, {Name: "eu", Shards: 3}, {Name: "ap", Shards: 2}}}
	var options region.Options
	if network != nil {
		c.Listen, options.Dial = network.Listen, network.Dial
	}
	return observeLabBy(t, c, "", options, following)
}

// observeLabBy is observeLab for regions that are reached in another way, with the query of their URLs.
func observeLabBy(t *testing.T, c lab.Config, query string, options region.Options, following survey.Following) (*lab.Lab, *observed) {
	t.Helper()
	l, err := lab.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	status, err := l.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var regions []config.Region
	for _, r := range status.Regions {
		one, err := config.ParseRegionFlag(r.Name + "=" + r.URL + query)
		if err != nil {
			t.Fatal(err)
		}
		regions = append(regions, one)
	}
	w := observe(t, regions, options, following)
	end := w.end
	w.end = func() {
		end()
		_ = l.Close()
	}
	return l, w
}

// becomesAnother is the story of a deployment whose first region is sharded differently again and again, and in which nothing
// ever fails. Where no time passes but for a reason, nothing is ever said to fail either.
func becomesAnother(t *testing.T, l *lab.Lab, w *observed, simulated bool, pause func()) {
	t.Helper()
	w.untilHealthy(3)
	w.forget()
	for _, step := range []struct {
		fault  lab.Fault
		told   string
		shards int
	}{
		{lab.Fault{Kind: lab.Move, Region: "us", Slots: []slots.Range{{First: 5461, Last: 8191}}, Target: 3}, "us: slots 5461-8191 went from shard 2 to shard 3", 3},
		{lab.Fault{Kind: lab.Reshard, Region: "us", Shards: 4}, "us has 4 shards instead of 3", 4},
		{lab.Fault{Kind: lab.Reshard, Region: "us", Shards: 2}, "us has 2 shards instead of 4", 2},
	} {
		pause()
		if err := l.Inject(t.Context(), step.fault); err != nil {
			t.Fatal(err)
		}
		w.untilTold(step.told)
		w.untilHealthy(step.shards)
		if simulated { // on a busy machine it may take long enough to ask again where a shard is that it is rightly missed
			w.verdictsAre()
		}
	}
}

func TestALabThatIsShardedDifferentlyIsFollowedWithoutAFalseVerdict(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range max(5, 20/racetest.Slowdown) {
		synctest.Test(t, func(t *testing.T) {
			l, w := observeLab(t, new(memnet.Network), survey.Following{})
			defer w.end()
			becomesAnother(t, l, w, true, func() { <-time.After(time.Duration(random.Int64N(int64(2 * time.Second)))) })
		})
	}
}

func TestALabOverTCPThatIsShardedDifferentlyIsFollowed(t *testing.T) {
	t.Parallel()
	l, w := observeLab(t, nil, survey.Following{Every: 200 * time.Millisecond})
	defer w.end()
	becomesAnother(t, l, w, false, func() {})
}

// A replica takes over at another address. Until then the shard is down, which is no false verdict; afterwards nothing is, and
// no link was ever accused.
func TestAReplicaThatTakesOverInALabIsFollowed(t *testing.T) {
	for _, row := range []struct {
		name          string
		region, label string
		while         string // the verdict that may be given meanwhile
	}{
		{"in the local region, the shard of its endpoint", "us", "us: shard 1 is now at ", "local_failure"},
		{"in a remote region", "eu", "eu: shard 1 is now at ", "remote_failure"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, w := observeLab(t, new(memnet.Network), survey.Following{})
				defer w.end()
				w.untilHealthy(3)
				w.forget()
				if err := l.Inject(t.Context(), lab.Fault{Kind: lab.Promote, Region: row.region, Shard: 1, After: 4 * time.Second}); err != nil {
					t.Fatal(err)
				}
				injected := time.Now()
				w.untilTold(row.label)
				if took := time.Since(injected); took > 6*time.Second {
					t.Errorf("the new address is known %v after the fault, 4 s of which the shard was down", took)
				}
				w.untilHealthy(3)
				w.verdictsAre(row.while, "healthy")
			})
		})
	}
}

// traffic is a network on which the names of some servers can be made to lead to another one.
type traffic struct {
	*memnet.Network

	mu    sync.Mutex
	names map[string]bool
	to    string // the address of the other one; empty: the names lead where they always did
	conns []net.Conn
}

func (n *traffic) Dial(ctx context.Context, network, address string) (net.Conn, error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if n.to != "" && n.names[address] {
		address = n.to
	}
	c, err := n.Network.Dial(ctx, network, address)
	if err == nil {
		n.conns = append(n.conns, c)
	}
	return c, err
}

// lead makes the names lead to an address, and breaks all connections, of which nobody knows to whom they were.
func (n *traffic) lead(address string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.to = address
	for _, c := range n.conns {
		_ = c.Close()
	}
	n.conns = nil
}

func TestARegionWhoseNameLeadsToAnotherOneIsNotHealthyAsLongAsItDoes(t *testing.T) {
	for _, row := range []struct {
		name   string
		shards int // of each region
		query  string
	}{
		{"clusters, whose maps show it", 3, ""},
		{"single endpoints, which have to be compared", 1, "?clustered=false"},
	} {
		t.Run(row.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				network := &traffic{Network: new(memnet.Network), names: make(map[string]bool)}
				c := lab.Config{Listen: network.Listen}
				for _, name := range []string{"us", "eu", "ap"} {
					c.Regions = append(c.Regions, lab.RegionConfig{Name: name, Shards: row.shards})
				}
				l, w := observeLabBy(t, c, row.query, region.Options{Dial: network.Dial}, survey.Following{})
				defer w.end()
				w.untilHealthy(row.shards)
				status, err := l.Status(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, s := range status.Regions[1].Shards {
					network.names[s.Address] = true
				}
				for range 2 {
					network.lead(status.Regions[0].Shards[0].Address)
					w.until("one server", func(_ []probe.Event, s *probe.Snapshot) bool {
						return s.Verdict == probe.ReplicationFailure && slices.ContainsFunc(s.Findings, func(f probe.Finding) bool {
							return f.Kind == probe.FindingSameServer && f.From == "us" && f.To == "eu"
						})
					})
					network.lead("")
					w.untilHealthy(row.shards)
				}
			})
		})
	}
}
