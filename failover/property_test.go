package failover_test

import (
	"math/rand/v2"
	"testing"
	"time"

	"github.com/aafailover/aafailover/failover"
	"github.com/aafailover/aafailover/probe"
)

func oneOf[T any](random *rand.Rand, all ...T) T { return all[random.IntN(len(all))] }

// anything returns a snapshot in which everything may be wrong in any way, also in ways that a probe never sees.
func anything(random *rand.Rand, at time.Time) *probe.Snapshot {
	states := []probe.RegionState{probe.RegionAvailable, probe.RegionAvailable, probe.RegionImpaired, probe.RegionDown, probe.RegionUnobservable}
	links := []probe.LinkState{probe.LinkUp, probe.LinkUp, probe.LinkUp, probe.LinkLate, probe.LinkDegraded, probe.LinkDown, probe.LinkUnknown, probe.LinkNever}
	cause := func() probe.Cause { return probe.Cause(random.IntN(int(probe.Stalled) + 1)) }
	s := &probe.Snapshot{At: at, Started: at.Add(-time.Hour),
		Verdict: oneOf(random, probe.Unobservable, probe.LocalFailure, probe.ReplicationFailure, probe.RemoteFailure, probe.Degraded, probe.Healthy)}
	for _, name := range []string{"us", "eu", "ap", "sa"}[:2+random.IntN(3)] {
		r := probe.Region{Name: name, State: oneOf(random, states...), Cause: cause(),
			FailbackReady: oneOf(random, probe.ReadyYes, probe.ReadyNo, probe.ReadyUnproven), FailbackMissing: []string{"proof"},
			Writes: oneOf(random, probe.WritesProven, probe.WritesUnproven, probe.WritesRefused), WritesCause: cause()}
		for range random.IntN(3) {
			r.Shards = append(r.Shards, probe.Shard{State: oneOf(random, states...), Cause: cause()})
		}
		s.Regions = append(s.Regions, r)
	}
	for _, from := range s.Regions {
		for _, to := range s.Regions {
			s.Links = append(s.Links, probe.Link{From: from.Name, To: to.Name, State: oneOf(random, links...), LastUp: at.Add(-time.Duration(random.IntN(100)) * time.Second)})
		}
	}
	return s
}

func anyPolicy(random *rand.Rand) failover.Policy {
	p := failover.Policy{Weights: map[string]int{}, React: map[probe.Cause]failover.Reaction{},
		OnReplicationFailure: oneOf(random, "", failover.Stay, failover.Raise, failover.Move),
		MinStay:              oneOf(random, 0, time.Second, time.Minute), NoFailback: random.IntN(4) == 0,
		Flap: oneOf(random, failover.FlapLimit{}, failover.FlapLimit{Moves: 1 + random.IntN(4), Within: time.Duration(1+random.IntN(100)) * time.Second})}
	for _, name := range []string{"us", "eu", "ap", "sa"} {
		if random.IntN(2) == 0 {
			p.Weights[name] = random.IntN(4)
		}
	}
	for range random.IntN(4) {
		p.React[probe.Cause(1+random.IntN(int(probe.Stalled)))] = oneOf(random, failover.Reactions()...)
	}
	return p
}

// Whatever is seen, and whatever the policy is: an application that obeys is never moved to where it should not be, and is
// never moved more often by choice than the limits allow.
func TestWhateverHappens(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	actions := make(map[failover.Action]int)
	for range 2000 {
		p := anyPolicy(random)
		if err := p.Check(); err != nil {
			t.Fatal(err)
		}
		now := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
		h := failover.History{Active: "us"}
		var moves []time.Time // of any kind
		for range 30 {
			now = now.Add(time.Duration(random.IntN(20_000)) * time.Millisecond)
			s := anything(random, now)
			if s.Region(h.Active) == nil {
				h.Active = "us"
			}
			d := failover.Decide(p, s, h, now)
			actions[d.Action]++
			if d.Why == "" {
				t.Fatalf("%v without a reason", d.Action)
			}
			if !d.Action.Moves() {
				if d.To != h.Active {
					t.Fatalf("%v, and to be in %s instead of %s", d.Action, d.To, h.Active)
				}
				continue
			}
			to := s.Region(d.To)
			weight, given := p.Weights[d.To]
			switch {
			case s.Verdict == probe.Unobservable:
				t.Fatalf("moved to %s though nothing could be told: %s", d.To, d.Why)
			case d.To == h.Active:
				t.Fatalf("moved to where it is: %s", d.Why)
			case to.State != probe.RegionAvailable:
				t.Fatalf("moved to %s, which is %s: %s", d.To, to.State, d.Why)
			case given && weight == 0:
				t.Fatalf("moved to %s, which has no weight: %s", d.To, d.Why)
			case d.Action == failover.FailBack && (d.To != "us" || to.FailbackReady != probe.ReadyYes || p.NoFailback):
				t.Fatalf("failed back to %s, which is ready: %s", d.To, to.FailbackReady)
			}
			// A policy that reacts to nothing else leaves only what cannot be written to.
			forced := p
			forced.OnReplicationFailure = failover.Stay
			if _, unusable := failover.Unusable(forced, s, h.Active); !unusable || d.Action == failover.FailBack {
				lately := 0
				for _, at := range moves {
					if at.After(now.Add(-p.Flap.Within)) {
						lately++
					}
				}
				if p.Flap.Moves > 0 && lately >= p.Flap.Moves {
					t.Fatalf("moved by choice after %d moves in %v, and the limit is %v: %s", lately, p.Flap.Within, p.Flap, d.Why)
				}
				if !h.Since.IsZero() && now.Sub(h.Since) < p.MinStay {
					t.Fatalf("moved by choice after %v, and the minimum stay is %v: %s", now.Sub(h.Since), p.MinStay, d.Why)
				}
			}
			moves = append(moves, now)
			h = h.After(d.To, now)
		}
	}
	for _, a := range []failover.Action{failover.Remain, failover.FailOver, failover.FailBack, failover.Alert} {
		if actions[a] == 0 {
			t.Errorf("never: %v", a)
		}
	}
	t.Logf("%v", actions)
}

// Of regions that are equally fit the heaviest is chosen, and of those the first.
func TestTheHeaviestOfEquals(t *testing.T) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	random := rand.New(rand.NewPCG(seed, 0))
	for range 500 {
		s := &probe.Snapshot{Verdict: probe.LocalFailure, Regions: []probe.Region{region("us", probe.RegionDown, "")}}
		weights := map[string]int{}
		best, most := "", 0
		for _, name := range []string{"eu", "ap", "sa", "af"} {
			weights[name] = random.IntN(4)
			state := oneOf(random, probe.RegionAvailable, probe.RegionAvailable, probe.RegionDown)
			s.Regions = append(s.Regions, region(name, state, ""))
			if state == probe.RegionAvailable && weights[name] > most {
				best, most = name, weights[name]
			}
		}
		d := failover.Decide(failover.Policy{Weights: weights}, s, failover.History{Active: "us"}, s.At)
		if best == "" && d.Action != failover.Alert || best != "" && d.To != best {
			t.Fatalf("%v of %v: got %v to %s, want %q", weights, s.Regions, d.Action, d.To, best)
		}
	}
}

// Only the newest moves are kept, and a history that was handed out does not change.
func TestHistoryIsBounded(t *testing.T) {
	h := failover.History{Active: "us"}
	at := time.Date(2030, 1, 1, 0, 0, 0, 0, time.UTC)
	var before failover.History
	for i := range 1000 {
		before, h = h, h.After("eu", at.Add(time.Duration(i)*time.Second))
		if len(before.Moves) > 0 && before.Moves[0].Equal(h.Moves[0]) && len(h.Moves) == 100 && len(before.Moves) == 100 {
			t.Fatal("the oldest move was not forgotten")
		}
	}
	if len(h.Moves) != 100 || !h.Moves[99].Equal(h.Since) || h.Active != "eu" {
		t.Errorf("%d moves, the newest at %v, in %s since %v", len(h.Moves), h.Moves[len(h.Moves)-1], h.Active, h.Since)
	}
}
