package region_test

import (
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
)

// surveyed are regions with how they are sharded.
type surveyed struct {
	regions []config.Region
	maps    []slots.Map
}

func survey(t *testing.T, o region.Options, flags ...string) surveyed {
	t.Helper()
	var s surveyed
	for _, flag := range flags {
		r, err := config.ParseRegionFlag(flag)
		if err != nil {
			t.Fatal(err)
		}
		m, err := region.Discover(t.Context(), r, o)
		if err != nil {
			t.Fatal(err)
		}
		s.regions, s.maps = append(s.regions, r), append(s.maps, m)
	}
	return s
}

// rehearsal starts a lab of us, eu and ap in memory.
func rehearsal(t *testing.T, n *memnet.Network, shards int) (*lab.Lab, []string) {
	t.Helper()
	c := lab.Config{Listen: n.Listen}
	for _, name := range []string{"us", "eu", "ap"} {
		c.Regions = append(c.Regions, lab.RegionConfig{Name: name, Shards: shards})
	}
	l, err := lab.Start(t.Context(), c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	status, err := l.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	var flags []string
	for _, r := range status.Regions {
		flags = append(flags, r.Name+"="+r.URL)
	}
	return l, flags
}

func TestChoosePubSubOnALab(t *testing.T) {
	cut := func(from, to string) lab.Fault {
		return lab.Fault{Kind: lab.Cut, From: from, To: to, OneWay: true, Shard: lab.AllShards}
	}
	for _, test := range []struct {
		name   string
		faults []lab.Fault
		want   region.Choice
		within time.Duration
	}{
		{"sharded messages cross as classic ones do", nil,
			region.Choice{Mode: region.Sharded, Reason: "sharded messages cross regions: used"}, 0},
		{"a link is cut, and the others show it", []lab.Fault{cut("us", "eu")},
			region.Choice{Mode: region.Sharded, Reason: "sharded messages cross regions wherever classic ones do: used; neither kind crosses from us to eu now"}, 2 * time.Second},
		{"all links are cut", []lab.Fault{cut("us", "eu"), cut("eu", "us"), cut("us", "ap"), cut("ap", "us"), cut("eu", "ap"), cut("ap", "eu")},
			region.Choice{Mode: region.Classic, Reason: "neither kind of message crosses regions now: classic"}, 2 * time.Second},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				var n memnet.Network
				l, flags := rehearsal(t, &n, 3)
				o := region.Options{Dial: n.Dial, PubSub: region.Auto}
				s := survey(t, o, flags...)
				for _, f := range test.faults {
					if err := l.Inject(t.Context(), f); err != nil {
						t.Fatal(err)
					}
				}
				began := time.Now()
				got, err := region.ChoosePubSub(t.Context(), s.regions, s.maps, o)
				if err != nil || got != test.want {
					t.Errorf("%+v, %v\nwant %+v", got, err, test.want)
				}
				// The lab's streams take a moment, in simulated time too.
				if took := time.Since(began); took < test.within || took > test.within+500*time.Millisecond {
					t.Errorf("it took %v, want %v", took, test.within)
				}
			})
		})
	}
}

// Nodes of an open-source cluster under two names: a classic message is broadcast
// to both, and a sharded one stays with its shard, which is served by either name.
// That they are one cluster is for SameServers to find out.
func TestChoosePubSubOnARealCluster(t *testing.T) {
	t.Parallel()
	nodes := redistest.Cluster(t, 2)
	o := region.Options{PubSub: region.Auto}
	s := survey(t, o, "us=redis://"+nodes[0])
	got, err := region.ChoosePubSub(t.Context(), s.regions, s.maps, o)
	if want := (region.Choice{Mode: region.Sharded, Reason: "sharded messages arrive in us: used"}); err != nil || got != want {
		t.Errorf("%+v, %v, want %+v", got, err, want)
	}

	// Seen as two regions of one shard each, a message of the shard of one does not
	// come to the other, and one that is broadcast does.
	whole := []slots.Range{{First: 0, Last: slots.Count - 1}}
	s = surveyed{}
	for i, name := range []string{"us", "eu"} {
		s.regions = append(s.regions, config.Region{Name: name, Address: nodes[i]})
		s.maps = append(s.maps, slots.Map{Region: name, Source: slots.Single, Shards: []slots.Shard{{ID: "1", Address: nodes[i], Slots: whole}}})
	}
	got, err = region.ChoosePubSub(t.Context(), s.regions, s.maps, o)
	if err != nil || got.Mode != region.Classic {
		t.Errorf("%+v, %v", got, err)
	}
	t.Log(got.Reason)
}

// A primary and its replicas: what replication carries is found out, whatever it is.
func TestChoosePubSubOnARealPrimaryAndItsReplica(t *testing.T) {
	t.Parallel()
	primary := redistest.Start(t)
	replica := redistest.Replica(t, primary)
	o := region.Options{PubSub: region.Auto}
	s := survey(t, o, "us=redis://"+primary.Addr, "eu=redis://"+replica.Addr)
	got, err := region.ChoosePubSub(t.Context(), s.regions, s.maps, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Log(got)
	// Both kinds go with the stream of replication, and nothing goes back.
	if want := (region.Choice{Mode: region.Sharded,
		Reason: "sharded messages cross regions wherever classic ones do: used; neither kind crosses from eu to us now"}); got != want {
		t.Errorf("%+v, want %+v", got, want)
	}
}
