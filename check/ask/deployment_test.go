//go:build unix

package ask_test

import (
	"context"
	"errors"
	"net"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/check/ask"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/lab/process"
	"github.com/aafailover/aafailover/lab/topology"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// deployed starts servers that fail over inside, as one region us.
func deployed(t *testing.T, kind topology.Kind, o topology.Options) (*topology.Deployment, config.Region) {
	t.Helper()
	var err error
	if o.Binary, err = process.Find(t.Context(), "redis-server"); err != nil {
		t.Fatal(err)
	}
	o.Dir = t.TempDir()
	d, err := topology.Start(t.Context(), kind, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	url := "redis://" + d.Servers()[0]
	if kind == topology.Sentinel {
		url = "redis+sentinel://" + strings.Join(d.Sentinels(), ",") + "/" + topology.Service
	}
	r, err := config.ParseRegionFlag("us=" + url)
	if err != nil {
		t.Fatal(err)
	}
	return d, r
}

// roles are how many primaries and replicas were asked, and their addresses in order.
func roles(t *testing.T, r check.Region) (primaries, replicas int, addresses []string) {
	t.Helper()
	for _, s := range r.Servers {
		switch {
		case s.Failed != "":
			t.Errorf("%s: %s", s.Address, s.Failed)
		case s.Vitals.Replication.Role.Value == "primary":
			primaries++
		default:
			replicas++
		}
		addresses = append(addresses, s.Address)
	}
	return primaries, replicas, slices.Sorted(slices.Values(addresses))
}

func TestRealSentinels(t *testing.T) {
	t.Parallel()
	d, r := deployed(t, topology.Sentinel, topology.Options{})
	f := factsOf(t, r).Regions[0]
	if primaries, replicas, at := roles(t, f); primaries != 1 || replicas != 2 || !slices.Equal(at, slices.Sorted(slices.Values(d.Servers()))) {
		t.Errorf("%d primaries and %d replicas at %q, and they are %q", primaries, replicas, at, d.Servers())
	}
	if f.Service != topology.Service || f.Cluster.Known() || f.Map.Value.Source != slots.Single {
		t.Errorf("%+v", f)
	}
	if len(f.Sentinels) != 3 {
		t.Fatalf("%+v", f.Sentinels)
	}
	for _, s := range f.Sentinels {
		if s.Failed != "" || s.Quorum != 2 || s.Known != 3 || s.Down != 0 || s.Primary != d.Servers()[0] || s.DownAfter != topology.DefaultDownAfter || len(s.Replicas) != 2 {
			t.Errorf("%+v", s)
		}
		for _, replica := range s.Replicas {
			if replica.Down || replica.Priority != 100 {
				t.Errorf("%+v", replica)
			}
		}
	}

	// Names that lead to them do not make them others.
	named := r
	named.Discovery = []string{"one.example:26379", "two.example:26379"}
	direct := new(net.Dialer)
	o := patient
	o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		if i := slices.Index(named.Discovery, address); i >= 0 {
			address = d.Sentinels()[i]
		}
		return direct.DialContext(ctx, network, address)
	}
	nowhere := func(context.Context, string) ([]string, error) { return nil, errors.New("no name server") }
	all, err := ask.Facts(t.Context(), ask.Config{Regions: []config.Region{named}, Options: o, Measure: short, LookUp: nowhere})
	if err != nil {
		t.Fatal(err)
	}
	if s := all.Regions[0].Sentinels; len(s) != 3 || s[1].Address != "two.example:26379" || s[2].Address != d.Sentinels()[2] {
		t.Errorf("%+v", s)
	}
	// Of one that is given, the others are learnt.
	r.Discovery = r.Discovery[:1]
	if f := factsOf(t, r).Regions[0]; len(f.Sentinels) != 3 {
		t.Errorf("one sentinel told of %+v", f.Sentinels)
	}
	// One that is gone is a gap.
	if err := d.Kill(d.Name(d.Sentinels()[1])); err != nil {
		t.Fatal(err)
	}
	r.Discovery = d.Sentinels()
	if s := factsOf(t, r).Regions[0].Sentinels; len(s) != 3 || s[1].Failed != "ask how it watches: connection refused" || s[0].Failed != "" {
		t.Errorf("%+v", s)
	}
	// By a name it is the same gap, and not another one beside the address that the others have for it.
	host, port, _ := net.SplitHostPort(d.Sentinels()[1])
	r.Discovery = []string{d.Sentinels()[0], net.JoinHostPort("two.example", port)}
	o = patient
	o.Dial = func(ctx context.Context, network, address string) (net.Conn, error) {
		return direct.DialContext(ctx, network, strings.Replace(address, "two.example", host, 1))
	}
	here := func(context.Context, string) ([]string, error) { return []string{host}, nil }
	if all, err = ask.Facts(t.Context(), ask.Config{Regions: []config.Region{r}, Options: o, Measure: short, LookUp: here}); err != nil {
		t.Fatal(err)
	}
	if s := all.Regions[0].Sentinels; len(s) != 3 || s[1].Failed == "" || s[2].Address != d.Sentinels()[2] {
		t.Errorf("%+v", s)
	}
	r.Service = "another"
	f = factsOf(t, r).Regions[0]
	if !strings.Contains(f.Unreachable, "the discovery service knows no database or primary") || !strings.Contains(f.Advice, "the name follows the address") || len(f.Servers) > 0 {
		t.Errorf("%+v", f)
	}
}

func TestRealCluster(t *testing.T) {
	t.Parallel()
	d, r := deployed(t, topology.Cluster, topology.Options{NodeTimeout: time.Second})
	f := factsOf(t, r).Regions[0]
	if primaries, replicas, at := roles(t, f); primaries != 3 || replicas != 3 || !slices.Equal(at, slices.Sorted(slices.Values(d.Servers()))) {
		t.Errorf("%d primaries and %d replicas at %q, and they are %q", primaries, replicas, at, d.Servers())
	}
	if f.Map.Value.Source != slots.ClusterSlots || len(f.Map.Value.Shards) != 3 || !f.Hashing.Value || len(f.Sentinels) > 0 {
		t.Errorf("%+v", f)
	}
	c := f.Cluster.Value
	if c.State != "ok" || c.Assigned != slots.Count || len(c.Primaries) != 3 {
		t.Errorf("%+v", f.Cluster)
	}
	for _, p := range c.Primaries {
		i := slices.IndexFunc(f.Map.Value.Shards, func(s slots.Shard) bool { return s.Address == p.Address })
		if p.Failed || len(p.Replicas) != 1 || i < 0 {
			t.Fatalf("%+v", p)
		}
		// A replica is said to be of the shard of its primary.
		at := slices.IndexFunc(f.Servers, func(s check.Server) bool { return s.Address == p.Replicas[0] })
		if at < 3 || f.Servers[at].Shard != i {
			t.Errorf("the replica %s of shard %d: %+v", p.Replicas[0], i, f.Servers)
		}
	}

	// The configuration says that it is none: that is a mistake of who configured it, and nothing more is asked.
	single := redistest.Start(t).Addr
	yes := true
	f = factsOf(t, config.Region{Name: "us", Address: single, Clustered: &yes}).Regions[0]
	if !strings.Contains(f.Unreachable, "cluster support disabled") || f.Cause != probe.NoCause && f.Cause != probe.ServerRefused || len(f.Servers) > 0 {
		t.Errorf("%+v", f)
	}
}
