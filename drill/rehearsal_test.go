package drill_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
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
	third       third
}

// comeback is how the lost region returns.
type comeback string

const (
	withData comeback = "with its data"
	empty    comeback = "empty"
	never    comeback = "never"
)

// trouble is what happens to a link besides the fault.
type trouble struct {
	kind   lab.Kind // Stall, Slow, Cut, or "" for none
	from   string
	to     string
	shard  int           // of the source region; AllShards for all
	phase  string        // in which it begins
	at     time.Duration // into that phase
	delay  time.Duration // for Slow
	healed time.Duration // after it began; 0 for never
}

// third is what happens to the region that is neither left nor taken.
type third struct {
	kind   lab.Kind      // Kill, Hang, or "" for nothing
	at     time.Duration // after the fault
	healed time.Duration // after it began; 0 for never
}

func (p plan) String() string {
	return fmt.Sprintf("%d regions, shards %v, %.0f writes/s, %s, back %s, link trouble %+v, ap %+v",
		len(p.regions), p.regions, p.rate, p.fault, p.comeback, p.trouble, p.third)
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
			Steps:  regionDown,
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
		from := pick(random, 0, 0, random.IntN(len(names)))
		to := (from + 1 + random.IntN(len(names)-1)) % len(names)
		p.trouble = trouble{kind: kind, from: names[from], to: names[to],
			phase:  pick(random, drill.PhaseSteady, drill.PhaseSteady, drill.PhaseOutage),
			at:     between(random, 0, time.Second),
			shard:  pick(random, lab.AllShards, 1+random.IntN(p.regions[from].Shards)),
			delay:  between(random, 50*time.Millisecond, 700*time.Millisecond),
			healed: pick(random, 0, between(random, 100*time.Millisecond, 3*time.Second))}
	}
	if len(names) == 3 {
		p.third = third{kind: pick(random, "", "", lab.Kill, lab.Hang), at: between(random, 0, 500*time.Millisecond),
			healed: pick(random, 0, between(random, 100*time.Millisecond, 500*time.Millisecond))}
	}
	return p
}

// network is where a drill of these tests takes place.
type network struct {
	listen    lab.Listen
	dial      region.Dial
	simulated bool
}

func inMemory() network {
	n := &memnet.Network{}
	return network{n.Listen, n.Dial, true}
}

// rehearsal is a drill that was carried out, and all that is known of it.
type rehearsal struct {
	record *drill.Record
	want   expectation
	slack  time.Duration // how late a poll may find what has arrived
	later  error         // what came to the target although it was called lost or diverged
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
	s := &stage{truth: &lab.Truth{}, diary: &diary{connects: make(map[string]time.Time)}}
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
		Limits: drill.Limits{Healthy: 10 * time.Second, Fault: time.Second, Detect: 10 * time.Second, Connect: 5 * time.Second,
			Resync: 6 * time.Second, Fence: 2 * time.Second, CleanUp: 2 * time.Second},
		Fault: labFault{s.lab, p, s.diary},
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
	s.diary.keep = true // what the drill would delete is still to be looked at
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
	want, err := expect(s.diary, s.truth, names, "us", names[max(record.To, 1)], p.provable(s.config.Maps))
	if err != nil {
		t.Errorf("%v: %v", p, err)
	}
	want.times(s.diary, record)
	done := rehearsal{record: record, want: want, slack: time.Second}
	if on.simulated {
		done.slack = 60 * time.Millisecond // a poll takes no time, and the next one begins after 50 ms
		done.later = s.afterwards(t, record)
	}
	return done
}

// afterwards mends everything, waits until all has arrived that ever will, and
// returns what was called lost or diverged and has come to the target.
func (s *stage) afterwards(t *testing.T, r *drill.Record) error {
	t.Helper()
	_ = s.lab.Inject(t.Context(), lab.Fault{Kind: lab.Heal})
	for _, m := range s.config.Maps {
		_ = s.lab.Inject(t.Context(), lab.Fault{Kind: lab.Begin, Region: m.Region}) // refused where it runs
	}
	pause(20 * time.Second) // simulated
	var wrong []error
	for _, m := range r.Missed {
		if m.Fate != drill.Lost && m.Fate != drill.Diverged {
			continue
		}
		key := s.diary.keyOf(m.N)
		if came := s.truth.Applied(r.Maps[r.To].Region, key); len(came) > 0 {
			wrong = append(wrong, fmt.Errorf("%s was called %v, and was in %s from %v on", key, m.Fate, r.Maps[r.To].Region, came[0].From))
		}
	}
	return errors.Join(wrong...)
}

// provable returns the predicate of expect: a drill knows the fate of a write
// that has not arrived only if all that it could arrive by works at the end.
func (p plan) provable(maps []slots.Map) func(key string) bool {
	return func(key string) bool {
		if p.comeback == never || p.third.kind != "" && p.third.healed == 0 {
			return false
		}
		if p.trouble.healed != 0 || p.trouble.kind != lab.Stall && p.trouble.kind != lab.Cut {
			return true
		}
		for _, m := range maps {
			if m.Region == p.trouble.from {
				shard, _ := m.ShardOf(slots.Of(key))
				return p.trouble.shard != lab.AllShards && p.trouble.shard != shard+1
			}
		}
		return false
	}
}

// labFault is the fault of a plan.
type labFault struct {
	lab   *lab.Lab
	plan  plan
	diary *diary
}

func (f labFault) Check(drill.Scenario) error { return nil }

// Do makes the one fault of a plan, whatever the action.
func (f labFault) Do(ctx context.Context, a drill.Action) error {
	if a.Kind.Undoes() {
		return nil
	}
	f.diary.broken = time.Now()
	return f.lab.Inject(ctx, lab.Fault{Kind: f.plan.fault, Region: "us", Shard: lab.AllShards})
}

func (f labFault) Heal(ctx context.Context) error {
	f.diary.healed = time.Now()
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
	if e.Kind != drill.EventPhase {
		return
	}
	if tr := s.plan.trouble; tr.kind != "" && e.Detail == tr.phase {
		s.after(tr.at, lab.Fault{Kind: tr.kind, From: tr.from, To: tr.to, OneWay: true, Shard: tr.shard})
		if tr.healed > 0 {
			s.after(tr.at+tr.healed, lab.Fault{Kind: lab.Heal, From: tr.from, To: tr.to, OneWay: true, Shard: tr.shard})
		}
	}
	if th := s.plan.third; th.kind != "" && e.Detail == drill.PhaseFault {
		s.after(th.at, lab.Fault{Kind: th.kind, Region: "ap"})
		if th.healed > 0 {
			undo := map[lab.Kind]lab.Kind{lab.Kill: lab.Begin, lab.Hang: lab.Heal}[th.kind]
			s.after(th.at+th.healed, lab.Fault{Kind: undo, Region: "ap"})
		}
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
				if err := compare(r); err != nil {
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
			if err := compare(r); err != nil {
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
					found = compare(r) != nil
				})
				if found {
					return
				}
			}
			t.Errorf("%d drills were judged with this mistake, and the comparison agreed with all", simulatedDrills)
		})
	}
}
