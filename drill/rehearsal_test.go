package drill_test

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"math/rand/v2"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"go.uber.org/goleak"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/faults"
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

var (
	runs = flag.Int("runs", 60, "how many random drills to play in simulated time")
	tcp  = flag.Int("tcp", 5, "how many random drills to play over TCP, in real time")
	seed = flag.Uint64("seed", 0, "the seed of the first random drill; the others follow")
)

// plan is a drill to be carried out: a deployment, a load, a scenario, and what
// goes wrong besides.
type plan struct {
	regions     []lab.RegionConfig
	delays      map[[2]string]time.Duration
	backlog     int // bytes; 0 for the default
	rate        float64
	connections int
	scenario    drill.Scenario
	reaction    failover.Reaction
	gone        bool // whatever is done to the local region is never undone
	limits      drill.Limits
	trouble     trouble
	third       third
}

// hasty are limits that make random drills end soon, also where nothing comes back.
var hasty = drill.Limits{Healthy: 10 * time.Second, Fault: time.Second, Detect: 10 * time.Second, Connect: 5 * time.Second,
	Resync: 6 * time.Second, Fence: 2 * time.Second, CleanUp: 2 * time.Second}

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
	return fmt.Sprintf("%s: %d regions %v, backlog %d, %.0f writes/s, %v, gone: %t, link trouble %+v, ap %+v",
		p.scenario.Name, len(p.regions), p.regions, p.backlog, p.rate, p.scenario.Steps, p.gone, p.trouble, p.third)
}

func pick[T any](random *rand.Rand, from ...T) T { return from[random.IntN(len(from))] }

func between(random *rand.Rand, low, high time.Duration) time.Duration {
	return low + time.Duration(random.Int64N(int64(high-low)))
}

// randomPlan makes half of the drills of one of the scenarios that there are, on
// another deployment and with other times, and the other half of random steps.
func randomPlan(random *rand.Rand) plan {
	p := plan{limits: hasty, delays: make(map[[2]string]time.Duration), connections: 1 + random.IntN(8), reaction: pick(random, failover.Stay, failover.Stay, failover.Move)}
	if random.IntN(2) == 0 {
		all := drill.Scenarios()
		p.scenario = all[random.IntN(len(all))]
	}
	names := []string{"us", "eu", "ap"}[:max(2+random.IntN(2), p.scenario.Needs.Regions)]
	for _, name := range names {
		p.regions = append(p.regions, lab.RegionConfig{Name: name, Shards: max(1+random.IntN(3), p.scenario.Needs.Shards),
			Persistence: cmp.Or(lab.Persistence(p.scenario.Needs.Persistence), pick(random, lab.KeepAll, lab.KeepAll, lab.KeepLastSecond, lab.KeepNothing))})
		for _, other := range names {
			p.delays[[2]string{name, other}] = between(random, time.Millisecond, 80*time.Millisecond)
		}
	}
	p.backlog = cmp.Or(p.scenario.Needs.Backlog, pick(random, 0, 0, 4096))
	p.scenario.Steady = between(random, 200*time.Millisecond, 1500*time.Millisecond)
	p.scenario.Outage = between(random, 100*time.Millisecond, 2*time.Second)
	p.scenario.Settle = between(random, 50*time.Millisecond, 500*time.Millisecond)
	if p.scenario.Name == "" {
		p.scenario.Name = "random"
		p.scenario.Steps = randomSteps(random, names, p.regions)
	}
	p.rate = randomRate(random)
	p.gone = random.IntN(8) == 0
	p.addTrouble(random, names)
	return p
}

// randomRate is from 50 to 20,000 writes/s, and seldom high: a write costs as much
// there as anywhere, and there are many of them.
func randomRate(random *rand.Rand) float64 {
	switch random.IntN(20) {
	case 0:
		return 2000 + 18000*random.Float64()*random.Float64()
	case 1, 2, 3:
		return 500 + 1500*random.Float64()
	}
	return 50 + 450*random.Float64()
}

// randomSteps breaks the local region or its links, does something more to any
// region or link meanwhile, and heals the one or the other in its own way.
func randomSteps(random *rand.Rand, names []string, regions []lab.RegionConfig) []drill.Step {
	link := func(kind drill.ActionKind) drill.Action {
		from := random.IntN(len(names))
		a := drill.Action{Kind: kind, From: names[from], To: names[(from+1+random.IntN(len(names)-1))%len(names)], OneWay: random.IntN(2) == 0,
			Shard: pick(random, drill.AllShards, drill.AllShards, 1+random.IntN(regions[from].Shards))}
		if kind == drill.Slow {
			a.Delay = between(random, 50*time.Millisecond, 700*time.Millisecond)
		}
		return a
	}
	kind := pick(random, drill.Kill, drill.Kill, drill.Kill, drill.Kill, drill.Hang, drill.Cut, drill.Stall)
	first := drill.Action{Kind: kind, Region: drill.Local, Shard: pick(random, drill.AllShards, drill.AllShards, drill.AllShards, 1+random.IntN(regions[us].Shards))}
	if kind.OfLink() {
		first = link(kind)
	}
	steps := []drill.Step{{Phase: drill.PhaseFault, Action: first}}
	for range random.IntN(3) {
		more := drill.Action{Kind: pick(random, drill.Kill, drill.Hang), Region: names[1+random.IntN(len(names)-1)]}
		if random.IntN(2) == 0 {
			more = link(pick(random, drill.Cut, drill.Stall, drill.Slow, drill.Mend))
		}
		steps = append(steps, drill.Step{Phase: pick(random, drill.PhaseSteady, drill.PhaseFault, drill.PhaseOutage, drill.PhaseOutage),
			After: between(random, 0, 3*time.Second), Action: more})
		if !more.Kind.OfLink() && random.IntN(2) == 0 {
			back := drill.Step{Phase: drill.PhaseFault, After: between(random, 0, 4*time.Second), Action: drill.Action{Kind: drill.Start, Region: more.Region}}
			steps = append(steps, back)
		}
	}
	if kind == drill.Kill && random.IntN(2) == 0 {
		steps = append(steps, drill.Step{Phase: drill.PhaseHeal, After: pick(random, 0, between(random, 0, time.Second)),
			Action: drill.Action{Kind: drill.Start, Region: drill.Local, Empty: random.IntN(2) == 0, Fresh: random.IntN(4) == 0}})
	}
	slices.SortStableFunc(steps, func(a, b drill.Step) int { return cmp.Compare(a.After, b.After) })
	return steps
}

// addTrouble adds what the drill knows nothing of.
func (p *plan) addTrouble(random *rand.Rand, names []string) {
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
		p.third = third{kind: pick(random, "", "", "", lab.Kill, lab.Hang), at: between(random, 0, 500*time.Millisecond),
			healed: pick(random, 0, between(random, 100*time.Millisecond, 500*time.Millisecond))}
	}
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
	unsure bool          // the regions changed while the drill gathered its last proofs
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
	s := &stage{truth: &lab.Truth{}, diary: &diary{connects: make(map[string][]time.Time)}}
	var err error
	s.lab, err = lab.Start(t.Context(), lab.Config{Regions: p.regions, Truth: s.truth, Listen: on.listen, Backlog: p.backlog, Seed: seed + 1,
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
		Probe: probe.DefaultPolicy(), Failover: failover.Policy{OnReplicationFailure: p.reaction},
		Rate: p.rate, Payload: 16, Connections: p.connections, WriteTimeout: 300 * time.Millisecond, Expiry: time.Hour,
		Limits: p.limits,
		Fault:  &notedFault{Fault: faults.NewLab(s.lab, status), lab: s.lab, diary: s.diary, gone: p.gone},
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

// rehearse carries a plan out, with a mistake in the drill or none, and computes
// what the report must say.
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
	w := &witness{diary: s.diary, truth: s.truth}
	if p.third.kind != "" {
		w.third = "ap"
	}
	for _, m := range s.config.Maps {
		w.regions = append(w.regions, m.Region)
	}
	settled := record.Start.Add(record.Phases[len(record.Phases)-1].At)
	if w.ended, err = s.lab.Status(t.Context()); err != nil {
		t.Fatal(err)
	}
	for _, d := range slices.Backward(s.diary.deeds) {
		if d.heal && d.at.After(settled) { // the last heal came when everything had been found out
			w.ended = d.before
		}
	}
	s.diary.close()
	want, err := w.expect(record)
	if err != nil {
		t.Errorf("%v: %v", p, err)
	}
	done := rehearsal{record: record, want: want, slack: time.Second, unsure: troubles.changedAfter(settled)}
	for _, d := range s.diary.deeds {
		done.unsure = done.unsure || !d.heal && d.at.After(settled)
	}
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
		key, to := s.diary.byNumber[m.N].key, r.Maps[m.To].Region
		for _, there := range s.truth.Applied(to, key) {
			if there.From.After(r.Start.Add(m.Since)) {
				wrong = append(wrong, fmt.Errorf("%s was called %v, and was in %s from %v on", key, m.Fate, to, there.From))
			}
		}
	}
	return errors.Join(wrong...)
}

// notedFault makes faults, and notes in the diary when each was about to be made.
type notedFault struct {
	drill.Fault
	lab   *lab.Lab
	diary *diary
	gone  bool // the local region does not come back
}

func (f *notedFault) Do(ctx context.Context, a drill.Action) error {
	if f.gone && a.Kind.Undoes() && a.Region == "us" {
		return nil
	}
	f.diary.note(deed{action: a})
	err := f.Fault.Do(ctx, a)
	if errors.Is(err, lab.ErrFault) {
		return nil // a random step may come when it makes no sense
	}
	return err
}

func (f *notedFault) Heal(ctx context.Context) error {
	before, _ := f.lab.Status(ctx)
	f.diary.note(deed{heal: true, before: before}) // also where it heals nothing: the drill has it healed
	if f.gone {
		return nil
	}
	return f.Fault.Heal(ctx)
}

// schedule makes the trouble of a plan when its time has come.
type schedule struct {
	lab    *lab.Lab
	plan   plan
	timers []*time.Timer

	mu   sync.Mutex
	last time.Time // when it changed something
}

// changedAfter tells whether it changed anything after a moment.
func (s *schedule) changedAfter(at time.Time) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.last.After(at)
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
		s.mu.Lock()
		s.last = time.Now()
		s.mu.Unlock()
		_ = s.lab.Inject(context.Background(), f) // a plan makes sense; after the end the lab is closed
	}))
}

func (s *schedule) stop() {
	for _, timer := range s.timers {
		timer.Stop()
	}
}

// The report of every random drill agrees with what really happened in the lab,
// to the single write.
func TestTruthInSimulatedTime(t *testing.T) {
	fates, moves, kinds := make(map[drill.Fate]int), make(map[int]int), make(map[string]int)
	for n := range uint64(*runs) {
		t.Run(fmt.Sprintf("seed %d", *seed+n), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				p := randomPlan(rand.New(rand.NewPCG(*seed+n, 7)))
				r := rehearse(t, p, *seed+n, inMemory(), drill.Mistakes{})
				if err := compare(r); err != nil {
					t.Errorf("%v\n%v", p, err)
					logTimeline(t, r.record)
				}
				for fate, n := range r.want.fates {
					fates[fate] += n
				}
				moves[len(r.record.Moves)]++
				kinds[p.scenario.Name]++
			})
		})
	}
	// The drills must have had something to find: a test in which nothing is ever
	// lost cannot tell a loss from a delay. (None diverges: the lab hands on what a
	// region recovers, and where it cannot, nothing is provable.)
	for _, fate := range []drill.Fate{drill.Converged, drill.Lost, drill.Pending} {
		if fates[fate] == 0 && !t.Failed() && *runs >= 60 {
			t.Errorf("no write of %d drills was %v", *runs, fate)
		}
	}
	t.Logf("fates of the missed writes: %v; drills by moves: %v; by scenario: %v", fates, moves, kinds)
}

// The same over TCP, in real time.
func TestTruthOverTCP(t *testing.T) {
	for n := range uint64(*tcp) {
		t.Run(fmt.Sprintf("seed %d", *seed+n), func(t *testing.T) {
			t.Parallel()
			p := randomPlan(rand.New(rand.NewPCG(*seed+n, 11)))
			p.rate = min(p.rate, 2000) // there are others on this machine
			r := rehearse(t, p, *seed+n, network{}, drill.Mistakes{})
			if err := compare(r); err != nil {
				t.Errorf("%v\n%v", p, err)
				logTimeline(t, r.record)
			}
		})
	}
}

// logTimeline tells what happened in a drill.
func logTimeline(t *testing.T, r *drill.Record) {
	t.Helper()
	t.Logf("%s because %q", r.Verdict, r.Reason)
	for _, e := range r.Events {
		switch e.Kind {
		case drill.EventPhase, drill.EventDecision, drill.EventReached, drill.EventError, drill.EventAction:
			t.Logf("%8v %s %s", e.At.Sub(r.Start).Round(time.Millisecond), e.Kind, e.Detail)
		}
	}
}

// Each deliberate mistake is found out by the comparison.
func TestTruthFindsMistakes(t *testing.T) {
	const atMost = 200 // drills
	for name, wrong := range drill.DeliberateMistakes {
		t.Run(name, func(t *testing.T) {
			for n := range uint64(atMost) {
				found := false
				synctest.Test(t, func(t *testing.T) {
					r := rehearse(t, randomPlan(rand.New(rand.NewPCG(n, 7))), n, inMemory(), wrong)
					found = compare(r) != nil
				})
				if found {
					return
				}
			}
			t.Errorf("%d drills were judged with this mistake, and the comparison agreed with all", atMost)
		})
	}
}
