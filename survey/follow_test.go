package survey_test

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
	"github.com/aafailover/aafailover/survey"
)

// followed is a deployment of two regions, us of three shards and eu of two, that is followed in simulated time.
type followed struct {
	t        *testing.T
	us, eu   *cluster
	survey   *survey.Survey
	begin    probe.Topology
	follower *survey.Follower
	running  sync.WaitGroup
	end      chan struct{}

	mu   sync.Mutex
	told []error
	veto error
}

var (
	usShards = []slots.Shard{shard("u1", "us:1", 0, 5460), shard("u2", "us:2", 5461, 10922), shard("u3", "us:3", 10923, 16383)}
	euShards = []slots.Shard{shard("e1", "eu:1", 0, 8191), shard("e2", "eu:2", 8192, 16383)}
)

// follow runs a test on a deployment that is followed. before may change it before it is asked for the first time.
func follow(t *testing.T, before func(*followed), test func(*followed)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		network := new(memnet.Network)
		f := &followed{t: t, end: make(chan struct{}), us: newCluster(t, network, "us", usShards...), eu: newCluster(t, network, "eu", euShards...)}
		defer f.us.close()
		defer f.eu.close()
		if before != nil {
			before(f)
		}
		var err error
		f.survey, err = survey.Take(t.Context(), []config.Region{f.us.region, f.eu.region}, region.Options{Dial: network.Dial})
		if err != nil {
			t.Fatal(err)
		}
		f.survey.Assume()
		if f.begin, err = f.survey.Prepare(t.Context()); err != nil {
			t.Fatal(err)
		}
		f.us.askedAt()
		f.eu.askedAt()
		f.follower = f.survey.Follow(f.begin, survey.Following{
			Allow: func(probe.Topology) error {
				f.mu.Lock()
				defer f.mu.Unlock()
				return f.veto
			},
			Complain: func(err error) {
				f.mu.Lock()
				defer f.mu.Unlock()
				f.told = append(f.told, err)
			},
		})
		ctx, cancel := context.WithCancel(t.Context())
		f.running.Go(func() { f.follower.Run(ctx) })
		defer func() {
			cancel()
			close(f.end)
			f.running.Wait()
		}()
		test(f)
	})
}

// complaints returns what was told of what has to be mended.
func (f *followed) complaints() []error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.told)
}

// objects makes every topology be objected to; nil allows all.
func (f *followed) objects(veto error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.veto = veto
}

// changed waits for the next topology, and fails unless it comes within a time.
func (f *followed) changed(within time.Duration) probe.Topology {
	f.t.Helper()
	select {
	case t := <-f.follower.Changes():
		return t
	case <-time.After(within):
		f.t.Fatalf("no other topology after %v; complaints: %v", within, f.complaints())
	}
	return probe.Topology{}
}

// unchanged fails when there is another topology within a time.
func (f *followed) unchanged(within time.Duration) {
	f.t.Helper()
	select {
	case t := <-f.follower.Changes():
		f.t.Fatalf("another topology: %s", t.Detail)
	case <-time.After(within):
	}
}

// seen shows a snapshot in which shards are in these states, once every interval for a while.
func (f *followed) seen(during time.Duration, us, eu probe.RegionState) {
	regions := []probe.Region{
		{Name: "us", State: us, Shards: []probe.Shard{{State: probe.RegionAvailable}, {State: us}}},
		{Name: "eu", State: eu, Shards: []probe.Shard{{State: probe.RegionAvailable}, {State: eu}}},
	}
	f.running.Go(func() {
		for end := time.Now().Add(during); time.Now().Before(end); {
			f.follower.Notice(&probe.Snapshot{Regions: regions})
			select {
			case <-time.After(250 * time.Millisecond):
			case <-f.end:
				return
			}
		}
	})
}

func (f *followed) detail(t probe.Topology, want string) {
	f.t.Helper()
	if t.Detail != want {
		f.t.Errorf("detail\n got: %s\nwant: %s", t.Detail, want)
	}
}

func TestADeploymentThatStaysAsItIsGivesNoNews(t *testing.T) {
	follow(t, nil, func(f *followed) {
		f.us.becomes(usShards[2], usShards[0], usShards[1])
		f.unchanged(time.Minute)
		if got := f.us.askedAt(); len(got) < 5 || len(got) > 6 {
			t.Errorf("asked %d times in a minute: %v", len(got), got)
		}
	})
}

func TestSlotsThatMoveAreFollowed(t *testing.T) {
	follow(t, nil, func(f *followed) {
		f.us.becomes(usShards[0], shard("u2", "us:2", 8192, 10922), shard("u3", "us:3", 5461, 8191, 10923, 16383))
		now := f.changed(survey.DefaultEvery + time.Second)
		f.detail(now, "us: slots 5461-8191 went from shard 2 to shard 3")
		if now.Endpoints[0] != f.begin.Endpoints[0] || now.Endpoints[1] != f.begin.Endpoints[1] {
			t.Error("the connections do not stay, though every shard is where it was")
		}
		for _, slot := range f.begin.Cover {
			if !slices.Contains(now.Cover, slot) {
				t.Errorf("slot %d of %v is not in the new cover %v", slot, f.begin.Cover, now.Cover)
			}
		}
		f.unchanged(time.Minute)
	})
}

func TestMoreAndFewerShardsAreFollowed(t *testing.T) {
	follow(t, nil, func(f *followed) {
		f.eu.start("eu:3")
		f.eu.becomes(shard("e3", "eu:3", 0, 4000), shard("e1", "eu:1", 4001, 8191), euShards[1])
		now := f.changed(time.Minute)
		if !strings.HasPrefix(now.Detail, "eu has 3 shards instead of 2") {
			t.Error(now.Detail)
		}
		if got := now.Maps[1].Shards; len(got) != 3 || got[0].ID != "e1" || got[2].ID != "e3" {
			t.Errorf("the shards are %v", got)
		}
		if now.Endpoints[0] != f.begin.Endpoints[0] || now.Endpoints[1] == f.begin.Endpoints[1] {
			t.Error("us must stay, and eu needs connections to the new shard")
		}
		f.eu.becomes(euShards...)
		if now = f.changed(time.Minute); !strings.HasPrefix(now.Detail, "eu has 2 shards instead of 3") {
			t.Error(now.Detail)
		}
	})
}

// The endpoint of a region is one of its servers. When that one dies, others tell who took over.
func TestAFailoverOfTheEndpointItselfIsFollowedThroughTheOtherShards(t *testing.T) {
	follow(t, nil, func(f *followed) {
		f.us.stop("us:1")
		f.seen(20*time.Second, probe.RegionDown, probe.RegionAvailable)
		f.unchanged(5 * time.Second)
		f.us.start("us:9")
		f.us.becomes(shard("u9", "us:9", 0, 5460), usShards[1], usShards[2])
		now := f.changed(3 * time.Second)
		f.detail(now, "us: shard 1 is now at us:9")
		if !slices.Equal(now.Cover, f.begin.Cover) || now.Endpoints[0] == f.begin.Endpoints[0] || now.Endpoints[1] != f.begin.Endpoints[1] {
			t.Errorf("the cover is %v, it was %v; or not the right connections stay", now.Cover, f.begin.Cover)
		}
		if asked := f.us.askedAt(); !slices.Contains(asked, "us:2") || !slices.Contains(asked, "us:3") || len(asked) > 9 {
			t.Errorf("asked at %v", asked)
		}
		if got := len(f.eu.askedAt()); got > 1 {
			t.Errorf("eu was asked %d times, though nothing hinted at it", got)
		}
	})
}

func TestARegionThatIsAwayKeepsItsMap(t *testing.T) {
	follow(t, nil, func(f *followed) {
		for _, s := range euShards {
			f.eu.stop(s.Address)
		}
		f.seen(time.Minute, probe.RegionAvailable, probe.RegionDown)
		f.unchanged(2 * time.Minute)
	})
}

func TestASlotWithoutAnOwnerForAMomentIsNoNews(t *testing.T) {
	follow(t, nil, func(f *followed) {
		f.seen(time.Minute, probe.RegionImpaired, probe.RegionAvailable)
		f.unchanged(1500 * time.Millisecond)
		f.us.becomes(usShards[0], shard("u2", "us:2", 5461, 9999), usShards[2])
		f.unchanged(1500 * time.Millisecond)
		f.us.becomes(usShards...)
		f.unchanged(10 * time.Second)
		f.us.becomes(usShards[0], shard("u2", "us:2", 5461, 9999), usShards[2])
		f.detail(f.changed(5*time.Second), "us: slots 10000-10922 of shard 2 belong to nobody")
	})
}

func TestARegionThatComesLaterTellsItsShards(t *testing.T) {
	follow(t, func(f *followed) { f.eu.stop("eu:1") }, func(f *followed) {
		if f.survey.Told() != 1 || f.survey.Err() == nil || f.begin.Maps[1].Source != slots.Single {
			t.Fatalf("the survey: %v, %v", f.survey.Maps, f.survey.Failed)
		}
		f.seen(5*time.Second, probe.RegionAvailable, probe.RegionDown)
		f.unchanged(5 * time.Second)
		f.eu.start("eu:1")
		f.seen(5*time.Second, probe.RegionAvailable, probe.RegionAvailable)
		now := f.changed(2 * time.Second)
		f.detail(now, "eu tells its 2 shards (cluster-slots): observed on 4 slots")
		if now.Maps[1].Source != slots.ClusterSlots || len(now.SameServers) != 0 {
			t.Errorf("the topology: %+v", now)
		}
	})
}

func TestARegionThatComesAndIsTheOtherOneIsFound(t *testing.T) {
	follow(t, func(f *followed) {
		f.eu.stop("eu:1")
		f.eu.m.Shards = usShards
	}, func(f *followed) {
		f.eu.start("eu:1")
		now := f.changed(time.Minute)
		if want := [2]string{"us", "eu"}; !slices.Equal(now.SameServers, [][2]string{want}) || !strings.Contains(now.Detail, "us and eu are one server") {
			t.Errorf("%v: %s", now.SameServers, now.Detail)
		}
		f.us.becomes(usShards[0], shard("u2", "us:2", 8192, 10922), shard("u3", "us:3", 5461, 8191, 10923, 16383))
		if now = f.changed(time.Minute); len(now.SameServers) != 1 {
			t.Error("that they are one server is forgotten")
		}
	})
}

func TestATopologyThatIsNotAllowedIsToldOnceAndNotTaken(t *testing.T) {
	follow(t, nil, func(f *followed) {
		f.objects(errors.New("too dear"))
		f.us.becomes(usShards[0], shard("u2", "us:2", 8192, 10922), shard("u3", "us:3", 5461, 8191, 10923, 16383))
		f.unchanged(time.Minute)
		want := "us: slots 5461-8191 went from shard 2 to shard 3; this is not taken in: too dear"
		if told := f.complaints(); len(told) != 1 || told[0].Error() != want {
			t.Errorf("told %q", told)
		}
		// It comes when it is allowed.
		f.objects(nil)
		if now := f.changed(11 * time.Second); now.Detail != "us: slots 5461-8191 went from shard 2 to shard 3" {
			t.Error(now.Detail)
		}
	})
}

func TestARegionThatComesAndHashesByAnotherRuleIsNotTaken(t *testing.T) {
	follow(t, func(f *followed) { f.eu.stop("eu:1") }, func(f *followed) {
		f.eu.hashes = 1
		f.eu.start("eu:1")
		f.unchanged(time.Minute)
		if told := f.complaints(); len(told) != 1 || !errors.Is(told[0], region.ErrConfiguration) {
			t.Errorf("told %q", told)
		}
	})
}

func TestASlotThatIsHashedByAnotherRuleIsTakenInWhenThatIsMended(t *testing.T) {
	follow(t, nil, func(f *followed) {
		f.us.hashesBy(1)
		f.us.start("us:4")
		f.us.becomes(usShards[0], shard("u2", "us:2", 5461, 8000), usShards[2], shard("u4", "us:4", 8001, 10922))
		f.unchanged(time.Minute)
		if told := f.complaints(); len(told) != 1 || !errors.Is(told[0], region.ErrConfiguration) {
			t.Errorf("told %q", told)
		}
		if got := len(f.us.askedAt()); got > 7 {
			t.Errorf("asked %d times in a minute", got)
		}
		// It hinders no other region.
		f.eu.becomes(shard("e1", "eu:1", 0, 9000), shard("e2", "eu:2", 9001, 16383))
		if now := f.changed(11 * time.Second); !strings.HasPrefix(now.Detail, "eu: slots 8192-9000 went from shard 2 to shard 1") {
			t.Error(now.Detail)
		}
		f.unchanged(time.Minute)
		f.us.hashesBy(0)
		if now := f.changed(11 * time.Second); !strings.HasPrefix(now.Detail, "us has 4 shards instead of 3") {
			t.Error(now.Detail)
		}
		f.unchanged(time.Minute)
	})
}

func TestARegionThatHashesByAnotherRuleDoesNotHinderTheNewsOfAnother(t *testing.T) {
	follow(t, nil, func(f *followed) {
		f.us.hashesBy(1)
		f.eu.start("eu:3")
		f.eu.becomes(euShards[0], shard("e2", "eu:2", 8192, 12000), shard("e3", "eu:3", 12001, 16383))
		if now := f.changed(11 * time.Second); !strings.HasPrefix(now.Detail, "eu has 3 shards instead of 2") {
			t.Error(now.Detail)
		}
		if told := f.complaints(); len(told) != 1 || !strings.HasPrefix(told[0].Error(), "us (us:1): ") {
			t.Errorf("told %q", told)
		}
		f.unchanged(time.Minute)
	})
}

func TestAShardThatStaysImpairedIsNoReasonToAskEverySecondForEver(t *testing.T) {
	follow(t, nil, func(f *followed) {
		f.seen(time.Hour, probe.RegionImpaired, probe.RegionAvailable)
		f.unchanged(time.Minute)
		if got := len(f.us.askedAt()); got < 55 || got > 61 {
			t.Errorf("asked %d times in the first minute", got)
		}
		f.unchanged(10 * time.Minute)
		if got := len(f.us.askedAt()); got > 65 {
			t.Errorf("asked %d times in the ten minutes after", got)
		}
		f.unchanged(50 * time.Minute)
		f.seen(time.Hour, probe.RegionImpaired, probe.RegionAvailable)
		f.us.askedAt()
		f.unchanged(time.Minute)
		if got := len(f.us.askedAt()); got < 55 {
			t.Errorf("asked %d times in the first minute after a while without a hint", got)
		}
	})
}

func TestARegionThatRejectsThePasswordIsNotAskedMoreOften(t *testing.T) {
	follow(t, nil, func(f *followed) {
		denied := []probe.Region{{}, {State: probe.RegionDown, Shards: []probe.Shard{{State: probe.RegionDown, Cause: probe.Authentication}}}}
		for range 40 {
			f.follower.Notice(&probe.Snapshot{Regions: denied})
			<-time.After(time.Second)
		}
		if got := len(f.eu.askedAt()); got > 4 {
			t.Errorf("asked %d times in 40 s", got)
		}
	})
}

func TestEndpointsArePassedThroughTheWrapper(t *testing.T) {
	follow(t, nil, func(f *followed) {
		var wrapped []string
		f.survey.Wrap = func(region string, e probe.Endpoint) probe.Endpoint {
			wrapped = append(wrapped, region)
			return e
		}
		f.eu.start("eu:3")
		f.eu.becomes(euShards[0], shard("e3", "eu:3", 8192, 16383))
		f.changed(time.Minute)
		if !slices.Equal(wrapped, []string{"eu"}) {
			t.Errorf("wrapped %v, and only eu has another shard", wrapped)
		}
	})
}
