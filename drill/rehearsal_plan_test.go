package drill_test

import (
	"cmp"
	"fmt"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/lab"
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
