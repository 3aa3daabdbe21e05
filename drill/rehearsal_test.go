package drill_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"os"
	"testing"
	"testing/synctest"
	"time"

	"github.com/redis/go-redis/v9"
	"go.uber.org/goleak"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/memnet"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/region"
	"github.com/aafailover/aafailover/slots"
)

func TestMain(m *testing.M) {
	redis.SetLogger(silent{})
	log.SetOutput(io.Discard)
	goleak.VerifyTestMain(m)
	os.Exit(0)
}

// silent is go-redis' logger: failing connections are what a drill is about.
type silent struct{}

func (silent) Printf(context.Context, string, ...any) {}

// plan is a random drill: a deployment, a load, and what goes wrong besides the
// fault.
type plan struct {
	regions     []lab.RegionConfig
	delays      map[[2]string]time.Duration
	rate        float64
	connections int
	scenario    drill.Scenario
	fault       lab.Kind // Kill or Hang
	comeback    comeback
	trouble     trouble
}

// comeback is how the lost region returns.
type comeback string

const (
	withData comeback = "with its data"
	empty    comeback = "empty"
	never    comeback = "never"
)

// trouble is what happens to a link of the preferred region before the fault.
type trouble struct {
	kind   lab.Kind // Stall, Slow, Cut, or "" for none
	to     string
	shard  int           // of the preferred region; AllShards for all
	at     time.Duration // into the steady phase
	delay  time.Duration // for Slow
	healed time.Duration // after it began; 0 for never
}

func (p plan) String() string {
	return fmt.Sprintf("%d regions, shards %v, %.0f writes/s, %s, back %s, link trouble %+v",
		len(p.regions), p.regions, p.rate, p.fault, p.comeback, p.trouble)
}

func pick[T any](random *rand.Rand, from ...T) T { return from[random.IntN(len(from))] }

func between(random *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(random.Int64N(int64(high-low)))
}

func randomPlan(random *rand.Rand) plan {
	p := plan{
		delays:      make(map[[2]string]time.Duration),
		rate:        50 + 450*random.Float64(),
		connections: 1 + random.IntN(8),
		fault:       pick(random, lab.Kill, lab.Kill, lab.Kill, lab.Hang),
		comeback:    pick(random, withData, withData, empty, never),
		scenario: drill.Scenario{
			Name:   "random",
			Steady: between(random, 200*time.Millisecond, 1500*time.Millisecond),
			Outage: between(random, 100*time.Millisecond, 2*time.Second),
			Settle: between(random, 50*time.Millisecond, 500*time.Millisecond),
		},
	}
	names := []string{"us", "eu", "ap"}[:2+random.IntN(2)]
	for _, name := range names {
		p.regions = append(p.regions, lab.RegionConfig{Name: name, Shards: 1 + random.IntN(3),
			Persistence: pick(random, lab.KeepAll, lab.KeepAll, lab.KeepLastSecond, lab.KeepNothing)})
		for _, other := range names {
			p.delays[[2]string{name, other}] = between(random, time.Millisecond, 80*time.Millisecond)
		}
	}
	if p.fault == lab.Hang && p.comeback == empty {
		p.comeback = withData // what hangs has lost nothing
	}
	if kind := pick(random, "", "", lab.Stall, lab.Stall, lab.Slow, lab.Cut); kind != "" {
		p.trouble = trouble{kind: kind, to: names[1], at: between(random, 0, p.scenario.Steady),
			shard:  pick(random, lab.AllShards, 1+random.IntN(p.regions[0].Shards)),
			delay:  between(random, 50*time.Millisecond, 700*time.Millisecond),
			healed: pick(random, 0, between(random, 100*time.Millisecond, 4*time.Second))}
	}
	return p
}

// network is where a drill of these tests takes place.
type network struct {
	listen lab.Listen
	dial   region.Dial
}

func inMemory() network {
	n := &memnet.Network{}
	return network{n.Listen, n.Dial}
}

// rehearsal is a drill that was carried out, and all that is known of it.
type rehearsal struct {
	record *drill.Record
	want   expectation
}

// stage is a lab with everything that a drill on it needs.
type stage struct {
	lab    *lab.Lab
	truth  *lab.Truth
	diary  *diary
	config drill.Config
}

func setUp(t *testing.T, p plan, seed uint64, on network) *stage {
	t.Helper()
	s := &stage{truth: &lab.Truth{}, diary: &diary{}}
	var err error
	s.lab, err = lab.Start(t.Context(), lab.Config{Regions: p.regions, Truth: s.truth, Listen: on.listen,
		Delay: func(from, to string) time.Duration { return p.delays[[2]string{from, to}] }})
	if err != nil {
		t.Fatal(err)
	}
	status, err := s.lab.Status(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	c := drill.Config{
		Scenario: p.scenario, Prefix: "aafailover", Run: fmt.Sprintf("run%d", seed), Seed: seed,
		Probe: probe.DefaultPolicy(), Failover: failover.Policy{},
		Rate: p.rate, Payload: 16, Connections: p.connections, WriteTimeout: 300 * time.Millisecond, Expiry: time.Hour,
		Limits: drill.Limits{Healthy: 10 * time.Second, Detect: 10 * time.Second, Connect: 5 * time.Second,
			Resync: 6 * time.Second, Fence: 2 * time.Second, CleanUp: 2 * time.Second},
		Fault: labFault{s.lab, p},
	}
	for _, r := range status.Regions {
		given, err := config.ParseRegionFlag(r.Name + "=" + r.URL)
		if err != nil {
			t.Fatal(err)
		}
		options := region.Options{Dial: on.dial, Timeout: time.Second}
		m, err := region.Discover(t.Context(), given, options)
		if err != nil {
			t.Fatal(err)
		}
		c.Maps = append(c.Maps, m)
		c.Endpoints = append(c.Endpoints, region.NewEndpoint(given, m, options))
		c.Stores = append(c.Stores, &spy{Store: region.NewClient(given, m, options), region: r.Name, diary: s.diary})
	}
	c.Cover = slots.Cover(c.Maps, nil)
	s.config = c
	return s
}

func (s *stage) close(t *testing.T) {
	t.Helper()
	if err := s.lab.Close(); err != nil {
		t.Error(err)
	}
}

// rehearse carries a plan out, with a mistake in the analysis or none, and
// computes what the report must say.
func rehearse(t *testing.T, p plan, seed uint64, on network, wrong drill.Mistakes) rehearsal {
	t.Helper()
	s := setUp(t, p, seed, on)
	defer s.close(t)
	troubles := &schedule{lab: s.lab, plan: p}
	s.config.OnEvent = troubles.onEvent
	record, err := drill.RunMistaken(t.Context(), s.config, wrong)
	troubles.stop()
	if err != nil {
		t.Fatalf("%v: %v", p, err)
	}
	var names []string
	for _, m := range s.config.Maps {
		names = append(names, m.Region)
	}
	want, err := expect(s.diary, s.truth, names, "us", names[max(record.To, 1)], p.provable(s.config.Maps[0]))
	if err != nil {
		t.Errorf("%v: %v", p, err)
	}
	return rehearsal{record, want}
}

// provable returns the predicate of expect: a drill knows the fate of a write
// that has not arrived only if all that it could arrive by works at the end.
func (p plan) provable(us slots.Map) func(key string) bool {
	return func(key string) bool {
		if p.comeback == never {
			return false
		}
		if p.trouble.healed != 0 || p.trouble.kind != lab.Stall && p.trouble.kind != lab.Cut {
			return true
		}
		shard, _ := us.ShardOf(slots.Of(key))
		return p.trouble.shard != lab.AllShards && p.trouble.shard != shard+1
	}
}

// labFault is the fault of a plan.
type labFault struct {
	lab  *lab.Lab
	plan plan
}

func (f labFault) Inject(ctx context.Context) error {
	return f.lab.Inject(ctx, lab.Fault{Kind: f.plan.fault, Region: "us", Shard: lab.AllShards})
}

func (f labFault) Heal(ctx context.Context) error {
	switch {
	case f.plan.comeback == never:
		return nil
	case f.plan.fault == lab.Hang:
		return f.lab.Inject(ctx, lab.Fault{Kind: lab.Heal, Region: "us", Shard: lab.AllShards})
	}
	return f.lab.Inject(ctx, lab.Fault{Kind: lab.Begin, Region: "us", Shard: lab.AllShards, Empty: f.plan.comeback == empty})
}

// schedule makes the trouble of a plan when its time has come.
type schedule struct {
	lab    *lab.Lab
	plan   plan
	timers []*time.Timer
}

func (s *schedule) onEvent(e probe.Event) {
	tr := s.plan.trouble
	if e.Kind != drill.EventPhase || e.Detail != drill.PhaseSteady || tr.kind == "" {
		return
	}
	s.after(tr.at, lab.Fault{Kind: tr.kind, From: "us", To: tr.to, OneWay: true, Shard: tr.shard})
	if tr.healed > 0 {
		s.after(tr.at+tr.healed, lab.Fault{Kind: lab.Heal, From: "us", To: tr.to, OneWay: true, Shard: tr.shard})
	}
}

func (s *schedule) after(d time.Duration, f lab.Fault) {
	if f.Kind == lab.Slow {
		f.Delay = s.plan.trouble.delay
	}
	s.timers = append(s.timers, time.AfterFunc(d, func() {
		_ = s.lab.Inject(context.Background(), f) // a plan makes sense; after the end the lab is closed
	}))
}

func (s *schedule) stop() {
	for _, timer := range s.timers {
		timer.Stop()
	}
}

const simulatedDrills = 60

// The report of every random drill agrees with what really happened in the lab,
// to the single write.
func TestTruthInSimulatedTime(t *testing.T) {
	fates := make(map[drill.Fate]int)
	for seed := range uint64(simulatedDrills) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := randomPlan(rand.New(rand.NewPCG(seed, 7)))
				r := rehearse(t, p, seed, inMemory(), drill.Mistakes{})
				if err := compare(r.record, r.want); err != nil {
					t.Errorf("%v\n%v", p, err)
				}
				for fate, n := range r.want.fates {
					fates[fate] += n
				}
			})
		})
	}
	// The drills must have had something to find: a test in which nothing is ever
	// lost cannot tell a loss from a delay. (None diverges: the lab hands on what a
	// region recovers, and where it cannot, nothing is provable.)
	for _, fate := range []drill.Fate{drill.Converged, drill.Lost, drill.Pending} {
		if fates[fate] == 0 && !t.Failed() {
			t.Errorf("no write of %d drills was %v", simulatedDrills, fate)
		}
	}
	t.Logf("fates of the missed writes: %v", fates)
}

// The same over TCP, in real time.
func TestTruthOverTCP(t *testing.T) {
	for seed := range uint64(5) {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			t.Parallel()
			p := randomPlan(rand.New(rand.NewPCG(seed, 11)))
			r := rehearse(t, p, seed, network{}, drill.Mistakes{})
			if err := compare(r.record, r.want); err != nil {
				t.Errorf("%v\n%v", p, err)
			}
		})
	}
}

// Each deliberate mistake in the analysis is found out by the comparison.
func TestTruthFindsMistakes(t *testing.T) {
	for name, wrong := range drill.DeliberateMistakes {
		t.Run(name, func(t *testing.T) {
			for seed := range uint64(simulatedDrills) {
				found := false
				synctest.Test(t, func(t *testing.T) {
					r := rehearse(t, randomPlan(rand.New(rand.NewPCG(seed, 7))), seed, inMemory(), wrong)
					found = compare(r.record, r.want) != nil
				})
				if found {
					return
				}
			}
			t.Errorf("%d drills were judged with this mistake, and the comparison agreed with all", simulatedDrills)
		})
	}
}
