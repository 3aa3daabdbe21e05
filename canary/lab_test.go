package canary_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"strings"
	"sync"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aafailover/aafailover/canary"
	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
)

func TestMain(m *testing.M) {
	redistest.Quiet()
	log.SetOutput(io.Discard)
	goleak.VerifyTestMain(m)
}

// stage is a lab with a probe and a canary on it, under way.
type stage struct {
	t       *testing.T
	lab     *lab.Lab
	truth   *lab.Truth
	diary   *diary
	config  canary.Config
	canary  *canary.Canary
	names   []string
	start   time.Time
	options region.Options

	mu       sync.Mutex
	snapshot *probe.Snapshot
	events   []probe.Event
	followed map[int]canary.Followed

	stop func()
}

// plan is what a stage is set up with.
type plan struct {
	regions  []lab.RegionConfig
	delay    func(from, to string) time.Duration
	rate     float64
	expiry   time.Duration
	writable []string
	policy   failover.Policy
}

// open starts everything, on a network in memory.
func open(t *testing.T, p plan) *stage {
	t.Helper()
	n := &memnet.Network{}
	s := &stage{t: t, truth: &lab.Truth{}, diary: &diary{}, followed: make(map[int]canary.Followed)}
	var err error
	s.lab, err = lab.Start(t.Context(), lab.Config{Regions: p.regions, Truth: s.truth, Listen: n.Listen, Delay: p.delay})
	if err != nil {
		t.Fatal(err)
	}
	status, err := s.lab.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	options := region.Options{Dial: n.Dial, Timeout: time.Second}
	c := canary.Config{Writable: p.writable, Prefix: "aafailover", Run: "canary-test", Rate: p.rate, Expiry: p.expiry, Timeout: time.Second,
		Grace: 3 * time.Second, CauseOf: region.CauseOf, Failover: p.policy}
	var endpoints []probe.Endpoint
	for _, r := range status.Regions {
		given, err := config.ParseRegionFlag(r.Name + "=" + r.URL)
		if err != nil {
			t.Fatal(err)
		}
		m, err := region.Discover(t.Context(), given, options)
		if err != nil {
			t.Fatal(err)
		}
		s.names = append(s.names, r.Name)
		c.Maps = append(c.Maps, m)
		c.Stores = append(c.Stores, &spy{Store: region.NewClient(given, m, options), region: r.Name, diary: s.diary})
		endpoints = append(endpoints, region.NewEndpoint(given, m, options))
	}
	c.Cover = slots.Cover(c.Maps, nil)
	c.OnEvent = func(e probe.Event, _ canary.Incident) {
		s.mu.Lock()
		defer s.mu.Unlock()
		s.events = append(s.events, e)
	}
	s.config, s.start, s.options = c, time.Now(), options
	s.run(endpoints)
	return s
}

// run starts the canary, the probe, and whoever notes which incidents there are.
func (s *stage) run(endpoints []probe.Endpoint) {
	var err error
	if s.canary, err = canary.New(s.config); err != nil {
		s.t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var running sync.WaitGroup
	running.Go(func() { s.canary.Run(ctx) })
	running.Go(func() {
		_, err := probe.Run(ctx, probe.Config{Policy: probe.DefaultPolicy(), Prefix: "aafailover", Maps: s.config.Maps, Endpoints: endpoints,
			Cover: s.config.Cover, Proof: s.canary.Proof, OnSnapshot: func(snap *probe.Snapshot) {
				s.mu.Lock()
				s.snapshot = snap
				s.mu.Unlock()
				s.canary.Observe(snap)
				for _, f := range s.canary.Following() {
					s.followed[f.Number()] = f
				}
			}})
		if err != nil {
			s.t.Error(err)
		}
	})
	s.stop = func() {
		cancel()
		running.Wait()
		if err := s.lab.Close(); err != nil {
			s.t.Error(err)
		}
	}
}

func (s *stage) inject(f lab.Fault) {
	s.t.Helper()
	if err := s.lab.Inject(s.t.Context(), f); err != nil && !errors.Is(err, lab.ErrFault) {
		s.t.Fatal(err)
	}
}

// until waits in simulated time until ok is true.
func (s *stage) until(limit time.Duration, what string, ok func() bool) {
	s.t.Helper()
	for end := time.Now().Add(limit); !ok(); <-time.After(50 * time.Millisecond) {
		if time.Now().After(end) {
			var regions []string
			for _, r := range s.latest().Regions {
				regions = append(regions, fmt.Sprintf("%s is %s, writes %s, safe to return to: %s %v", r.Name, r.State, r.Writes, r.FailbackReady, r.FailbackMissing))
			}
			for _, i := range s.canary.State().Incidents {
				if !i.Over() {
					regions = append(regions, fmt.Sprintf("incident %d from %s to %s: looked %v, returned %+v, by fate %v, windows %+v", i.Number, s.names[i.From], s.names[i.To], i.Looked, i.Return, i.Fates, i.Windows))
				}
			}
			s.t.Fatalf("never: %s; it writes in %s; %s", what, s.canary.State().Active, strings.Join(regions, "; "))
		}
	}
}

func (s *stage) latest() *probe.Snapshot {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.snapshot
}

// writes waits until the canary writes in a region.
func (s *stage) writesIn(region string) {
	s.t.Helper()
	s.until(5*time.Minute, "the canary writes in "+region, func() bool { return s.canary.State().Active == region })
}

// spend lets simulated time pass.
func spend(d time.Duration) { <-time.After(d) }

// diary is what the canary did, noted outside it: the tests compare its report with
// this and with the lab's truth.
type diary struct {
	mu     sync.Mutex
	writes []written
	reads  map[string][]looked // by region and key
}

type written struct {
	region, key  string
	began, ended time.Time
	err          error
}

type looked struct {
	began, ended time.Time
	found        bool
}

// spy is a Store that notes in a diary what is asked of it.
type spy struct {
	drill.Store
	region string
	diary  *diary
}

func (s *spy) Write(ctx context.Context, key string, value []byte, expiry time.Duration) error {
	began := time.Now()
	err := s.Store.Write(ctx, key, value, expiry)
	s.diary.mu.Lock()
	defer s.diary.mu.Unlock()
	s.diary.writes = append(s.diary.writes, written{s.region, key, began, time.Now(), err})
	return err
}

func (s *spy) Read(ctx context.Context, keys []string) ([]bool, error) {
	began := time.Now()
	found, err := s.Store.Read(ctx, keys)
	if err == nil {
		s.diary.mu.Lock()
		defer s.diary.mu.Unlock()
		if s.diary.reads == nil {
			s.diary.reads = make(map[string][]looked)
		}
		for i, key := range keys {
			at := s.region + " " + key
			s.diary.reads[at] = append(s.diary.reads[at], looked{began, time.Now(), found[i]})
		}
	}
	return found, err
}
