package drill_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// regionDown are the steps by which the local region is lost.
var regionDown = []drill.Step{{Phase: drill.PhaseFault, Action: drill.Action{Kind: drill.Kill, Region: drill.Local}}}

// plain is a drill in which nothing goes wrong but the fault.
func plain() plan {
	return plan{
		regions: []lab.RegionConfig{{Name: "us", Shards: 3}, {Name: "eu", Shards: 3}, {Name: "ap", Shards: 3}},
		delays: map[[2]string]time.Duration{
			{"us", "eu"}: 40 * time.Millisecond, {"eu", "us"}: 40 * time.Millisecond,
			{"us", "ap"}: 90 * time.Millisecond, {"ap", "us"}: 90 * time.Millisecond,
			{"eu", "ap"}: 70 * time.Millisecond, {"ap", "eu"}: 70 * time.Millisecond,
		},
		rate: 500, connections: 8, limits: hasty,
		scenario: drill.Scenario{Name: "region-down", Steady: time.Second, Outage: time.Second, Settle: 500 * time.Millisecond, Steps: regionDown},
	}
}

// run carries a drill out in simulated time and hands over what is left.
func run(t *testing.T, p plan, change func(*stage), check func(*testing.T, *stage, *drill.Record, error)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := setUp(t, p, 1, inMemory())
		defer s.close(t)
		if change != nil {
			change(s)
		}
		record, err := drill.Run(t.Context(), s.config)
		check(t, s, record, err)
	})
}

// leftKeys counts the keys of drills that are in the lab once all that is on its
// way has arrived.
func (s *stage) leftKeys() int {
	pause(5 * time.Second) // simulated: longer than any delay
	left := 0
	for _, key := range s.truth.Keys() {
		for _, m := range s.config.Maps {
			intervals := s.truth.Applied(m.Region, key)
			if n := len(intervals); n > 0 && intervals[n-1].Contains(time.Now()) {
				left++
			}
		}
	}
	return left
}

func pause(d time.Duration) { <-time.After(d) }

// What has to arrive before anything is written arrives in less than it takes a probe that is in no hurry.
func TestADrillBeginsSoon(t *testing.T) {
	run(t, plain(), nil, func(t *testing.T, s *stage, r *drill.Record, err error) {
		if err != nil || len(r.Phases) == 0 {
			t.Fatalf("%d phases, %v", len(r.Phases), err)
		}
		p := s.config.Probe
		usual := time.Duration(p.Up) * p.Interval
		if begun := r.Phases[0].At; begun < usual/2 || begun > usual*3/4 {
			t.Errorf("writes begin after %v, want %v to %v: %d messages on every link, %v apart, and a round more", begun, usual/2, usual*3/4, p.Up, p.Interval/2)
		}
	})
}

func TestRunRegionDown(t *testing.T) {
	run(t, plain(), nil, func(t *testing.T, s *stage, r *drill.Record, err error) {
		if err != nil || r.Verdict != drill.Pass {
			t.Fatalf("got %s because %q (%v), want a pass", r.Verdict, r.Reason, err)
		}
		var phases []string
		for i, p := range r.Phases {
			phases = append(phases, p.Name)
			if i > 0 && p.At < r.Phases[i-1].At+r.Phases[i-1].Duration {
				t.Errorf("phase %s begins before %s has ended", p.Name, phases[i-1])
			}
		}
		if got, want := strings.Join(phases, ", "), "steady, fault, detect, cut over, outage, heal, resync, fail back, settle"; got != want {
			t.Errorf("phases %s, want %s", got, want)
		}
		rto, ok := r.RTO()
		if !ok || rto.Detect+rto.Decide+rto.Connect != rto.Total || rto.Detect < 250*time.Millisecond || rto.Total > time.Second {
			t.Errorf("an RTO of %+v: a refused endpoint is found out within a second, but not by the first attempt, and the parts add up", rto)
		}
		if (r.Lag.P50-40*time.Millisecond).Abs() > r.Lag.Within || r.Lag.P99 > 50*time.Millisecond || r.Lag.Samples < 20 || r.Reached < 400 || r.Reached > 600 {
			t.Errorf("a lag of %+v and %.0f writes/s, want 40 ms, as precisely as it says, and 500", r.Lag, r.Reached)
		}
		// 40 ms of lag at 500 writes/s are 20 writes, give or take.
		if n := len(r.Missed); n < 5 || n > 45 || r.Count(drill.Converged) != n {
			t.Errorf("%d missed writes, %d of them converged; want some 20, all converged", n, r.Count(drill.Converged))
		}
		if r.RPO.Missed == nil || *r.RPO.Missed > 41*time.Millisecond || r.RPO.Lost != nil {
			t.Errorf("an RPO of %v missed and %v lost, want at most the lag of 40 ms and none", r.RPO.Missed, r.RPO.Lost)
		}
		f := r.Failback
		if f.Available == nil || f.Resynced == nil || f.Ready == nil || f.Done == nil ||
			*f.Available > *f.Ready || *f.Resynced > *f.Ready || *f.Ready > *f.Done {
			t.Errorf("a failback of %+v: its steps are not in order", f)
		}
		if left := s.leftKeys(); left != 0 {
			t.Errorf("%d keys are left after the clean-up", left)
		}
	})
}

// A region that returns empty passes a PING at once. The application must not
// go back before its data is there.
func TestRunDoesNotFailBackToAnEmptyRegion(t *testing.T) {
	p := plain()
	p.scenario.Steps = append(slices.Clone(regionDown),
		drill.Step{Phase: drill.PhaseHeal, Action: drill.Action{Kind: drill.Start, Region: drill.Local, Empty: true}})
	run(t, p, nil, func(t *testing.T, _ *stage, r *drill.Record, err error) {
		if err != nil || r.Failback.Done == nil {
			t.Fatalf("got %s because %q (%v), want a failback", r.Verdict, r.Reason, err)
		}
		if lost := r.Count(drill.Lost); lost == 0 || lost != r.AtFailback {
			t.Errorf("%d writes are lost, and %d were missing at the failback: all that exists somewhere must be back", lost, r.AtFailback)
		}
		if r.Verdict != drill.Fail {
			t.Errorf("got %s, want a fail: writes are lost", r.Verdict)
		}
	})
}

func TestRunWithoutReturn(t *testing.T) {
	p := plain()
	p.gone = true
	run(t, p, nil, func(t *testing.T, _ *stage, r *drill.Record, err error) {
		if err != nil || r.CutOverAt == nil || r.Failback.Done != nil || r.Verdict != drill.Fail {
			t.Errorf("got %s because %q (%v), want a fail: nobody came back", r.Verdict, r.Reason, err)
		}
		if r.Count(drill.Pending) != len(r.Missed) {
			t.Errorf("%d of %d missed writes are pending: a region that is away may bring all of them back", r.Count(drill.Pending), len(r.Missed))
		}
	})
}

func TestRunWithNowhereToGo(t *testing.T) {
	p := plain()
	run(t, p, func(s *stage) {
		s.config.Fault = everythingDown{s.lab}
	}, func(t *testing.T, _ *stage, r *drill.Record, err error) {
		_, ok := r.RTO()
		if err != nil || ok || r.To != -1 || r.Verdict != drill.Fail {
			t.Errorf("got %s because %q (%v) with an RTO: %t; want a fail, and no RTO", r.Verdict, r.Reason, err, ok)
		}
	})
}

// everythingDown stops all regions at once.
type everythingDown struct{ lab *lab.Lab }

func (f everythingDown) Check(drill.Scenario) error { return nil }

func (f everythingDown) Do(ctx context.Context, _ drill.Action) error {
	return f.each(ctx, lab.Kill)
}

func (f everythingDown) Heal(ctx context.Context) error { return f.each(ctx, lab.Begin) }

func (f everythingDown) each(ctx context.Context, kind lab.Kind) error {
	for _, name := range []string{"us", "eu", "ap"} {
		if err := f.lab.Inject(ctx, lab.Fault{Kind: kind, Region: name, Shard: lab.AllShards}); err != nil {
			return err
		}
	}
	return nil
}

func TestRunRefusesABrokenDeployment(t *testing.T) {
	run(t, plain(), func(s *stage) {
		_ = s.lab.Inject(context.Background(), lab.Fault{Kind: lab.Cut, From: "eu", To: "ap", Shard: lab.AllShards})
	}, func(t *testing.T, s *stage, r *drill.Record, err error) {
		if !errors.Is(err, drill.ErrNotHealthy) || r.Verdict != drill.Inconclusive {
			t.Errorf("got %v and %s, want %v", err, r.Verdict, drill.ErrNotHealthy)
		}
		if n := len(s.truth.Keys()); n != 0 {
			t.Errorf("%d keys were written to a deployment that is not healthy", n)
		}
	})
}

// Whenever a drill is interrupted, the fault is healed, the keys are deleted,
// and what was found up to then is told.
func TestRunInterrupted(t *testing.T) {
	for _, phase := range []string{drill.PhaseSteady, drill.PhaseFault, drill.PhaseDetect, drill.PhaseCutOver, drill.PhaseOutage,
		drill.PhaseHeal, drill.PhaseResync, drill.PhaseFailBack, drill.PhaseSettle} {
		t.Run(phase, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				s := setUp(t, plain(), 1, inMemory())
				defer s.close(t)
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				s.config.OnEvent = func(e probe.Event) {
					if e.Kind == drill.EventPhase && e.Detail == phase {
						cancel()
					}
				}
				r, err := drill.Run(ctx, s.config)
				if !errors.Is(err, context.Canceled) || r.Verdict != drill.Inconclusive {
					t.Errorf("got %v and %s, want %v and inconclusive", err, r.Verdict, context.Canceled)
				}
				status, err := s.lab.Status(t.Context())
				if err != nil {
					t.Fatal(err)
				}
				for _, region := range status.Regions {
					if region.State != lab.Up {
						t.Errorf("%s is left %v", region.Name, region.State)
					}
				}
				if left := s.leftKeys(); left != 0 {
					t.Errorf("%d keys are left", left)
				}
			})
		})
	}
}

// overtaken is a Store over which a write that is given up arrives a little later: after it was deleted.
type overtaken struct {
	drill.Store
	under *sync.WaitGroup
}

func (s overtaken) Write(ctx context.Context, key string, value []byte, expiry time.Duration) error {
	pause(50 * time.Millisecond) // so that some are under way at any time
	if ctx.Err() == nil {
		return s.Store.Write(ctx, key, value, expiry)
	}
	s.under.Go(func() {
		pause(100 * time.Millisecond)
		_ = s.Store.Write(context.WithoutCancel(ctx), key, value, expiry)
	})
	return ctx.Err()
}

// What was on its way when a drill was interrupted is deleted too.
func TestRunInterruptedLeavesNothingThatWasOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := setUp(t, plain(), 1, inMemory())
		defer s.close(t)
		var under sync.WaitGroup
		for i, store := range s.config.Stores {
			s.config.Stores[i] = overtaken{store, &under}
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s.config.OnEvent = func(e probe.Event) {
			if e.Kind == drill.EventPhase && e.Detail == drill.PhaseFault {
				cancel()
			}
		}
		if r, _ := drill.Run(ctx, s.config); r.Writes.Indeterminate == 0 {
			t.Error("nothing was on its way")
		}
		under.Wait()
		if left := s.leftKeys(); left != 0 {
			t.Errorf("%d keys are left", left)
		}
	})
}

// refusing is a Store that rejects writes to some keys for a while after the fault
// is healed: a region that is stale in one shard.
type refusing struct {
	drill.Store
	diary       *diary
	slot        int
	from, until time.Duration // after the heal
}

func (s refusing) Write(ctx context.Context, key string, value []byte, expiry time.Duration) error {
	healed := s.diary.healed("us", time.Now())
	if since := time.Since(healed); slots.Of(key) == s.slot && !healed.IsZero() && since >= s.from && since < s.until {
		return drill.ErrRejected
	}
	return s.Store.Write(ctx, key, value, expiry)
}

// One shard that takes writes says nothing of the others.
func TestRunDoesNotFailBackWhileOneShardRefusesWrites(t *testing.T) {
	run(t, plain(), func(s *stage) {
		s.config.Stores[us] = refusing{s.config.Stores[us], s.diary, s.config.Cover[1], 0, 5 * time.Second}
	}, func(t *testing.T, _ *stage, r *drill.Record, err error) {
		if err != nil || r.Verdict != drill.Pass {
			t.Fatalf("got %s because %q (%v), want a pass", r.Verdict, r.Reason, err)
		}
		if *r.Failback.Done < 5*time.Second {
			t.Errorf("failed back after %v, while a shard refused writes for 5 s", *r.Failback.Done)
		}
	})
}

// When what was written last does not arrive at home, the application stays.
func TestRunDoesNotGoHomeWithoutAFence(t *testing.T) {
	run(t, plain(), func(s *stage) {
		s.config.Limits.Resync = 20 * time.Second
		s.config.OnEvent = func(e probe.Event) {
			if e.Kind == drill.EventPhase && e.Detail == drill.PhaseFailBack {
				stall := lab.Fault{Kind: lab.Stall, From: "eu", To: "us", OneWay: true}
				_ = s.lab.Inject(context.Background(), stall)
				time.AfterFunc(5*time.Second, func() {
					stall.Kind = lab.Heal
					_ = s.lab.Inject(context.Background(), stall)
				})
			}
		}
	}, func(t *testing.T, _ *stage, r *drill.Record, err error) {
		if err != nil || r.Failback.Done == nil || r.AtFailback != 0 {
			t.Fatalf("got %s because %q (%v), with %d writes missing at home; want a failback that misses none", r.Verdict, r.Reason, err, r.AtFailback)
		}
		if waited := *r.Failback.Done - *r.Failback.Ready; waited < 5*time.Second {
			t.Errorf("failed back %v after it was first ready, over a link that stalled for 5 s", waited)
		}
	})
}

// A target that turns out to be unusable is not hammered until the limit.
func TestRunGoesElsewhereWhenTheTargetIsDownToo(t *testing.T) {
	run(t, plain(), func(s *stage) {
		s.config.OnEvent = func(e probe.Event) {
			if e.Kind == drill.EventPhase && e.Detail == drill.PhaseCutOver {
				_ = s.lab.Inject(context.Background(), lab.Fault{Kind: lab.Kill, Region: "eu"})
			}
		}
	}, func(t *testing.T, _ *stage, r *drill.Record, err error) {
		if err != nil || r.CutOverAt == nil || r.Maps[r.To].Region != "ap" {
			t.Errorf("got %s because %q (%v), want a cut-over to ap", r.Verdict, r.Reason, err)
		}
	})
}

// What the drill did not break, it does not mend.
func TestRunLeavesTheFaultsOfOthersAlone(t *testing.T) {
	run(t, plain(), func(s *stage) {
		_ = s.lab.Inject(context.Background(), lab.Fault{Kind: lab.Kill, Region: "us"})
	}, func(t *testing.T, s *stage, _ *drill.Record, err error) {
		if !errors.Is(err, drill.ErrNotHealthy) {
			t.Fatalf("got %v, want %v", err, drill.ErrNotHealthy)
		}
		status, err := s.lab.Status(t.Context())
		if err != nil || status.Regions[us].State != lab.Down {
			t.Errorf("us was started by a drill that had not stopped it (%v)", err)
		}
	})
}

// unhealable is a fault that cannot be undone.
type unhealable struct{ drill.Fault }

func (unhealable) Heal(context.Context) error { return errors.New("permission denied") }

// That a fault is still in force is the first thing to say, also of a drill that
// was interrupted.
func TestRunSaysThatTheFaultIsStillThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := setUp(t, plain(), 1, inMemory())
		defer s.close(t)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		s.config.Fault = unhealable{s.config.Fault}
		s.config.OnEvent = func(e probe.Event) {
			if e.Detail == drill.PhaseDetect {
				cancel()
			}
		}
		r, err := drill.Run(ctx, s.config)
		if !errors.Is(err, drill.ErrNotHealed) || !errors.Is(err, context.Canceled) || !strings.Contains(r.Reason, "still be in force") {
			t.Errorf("got %v because %q, want %v", err, r.Reason, drill.ErrNotHealed)
		}
	})
}

// vanishing is a fault in a lab that is killed before the heal.
type vanishing struct {
	drill.Fault
	lab *lab.Lab
}

func (f vanishing) Do(ctx context.Context, a drill.Action) error {
	if a.Kind.Undoes() {
		return f.Heal(ctx)
	}
	return f.Fault.Do(ctx, a)
}

func (f vanishing) Heal(context.Context) error {
	_ = f.lab.Close()
	return fmt.Errorf("%w: connection refused", drill.ErrGone)
}

// A lab that is killed takes its faults with it: that is said once, and nothing is
// said of what could not be undone or deleted.
func TestRunSaysThatTheLabIsGone(t *testing.T) {
	run(t, plain(), func(s *stage) {
		s.config.Fault = vanishing{s.config.Fault, s.lab}
	}, func(t *testing.T, _ *stage, r *drill.Record, err error) {
		if !errors.Is(err, drill.ErrGone) || errors.Is(err, drill.ErrNotHealed) || r.Verdict != drill.Inconclusive ||
			!strings.HasPrefix(r.Reason, "what was drilled is gone") {
			t.Errorf("got %s because %q (%v), want that the lab is gone", r.Verdict, r.Reason, err)
		}
		for _, e := range r.Events {
			if e.Kind == drill.EventError && !strings.Contains(e.Detail, drill.ErrGone.Error()) {
				t.Errorf("also told: %s", e.Detail)
			}
		}
	})
}

// A region that stays away does not keep the others from being cleaned up.
func TestRunCleansUpWhereItCan(t *testing.T) {
	p := plain()
	p.gone = true
	run(t, p, nil, func(t *testing.T, s *stage, _ *drill.Record, _ error) {
		if err := s.lab.Inject(t.Context(), lab.Fault{Kind: lab.Begin, Region: "us", Empty: true}); err != nil {
			t.Fatal(err)
		}
		pause(5 * time.Second) // simulated
		for _, w := range s.diary.acknowledgedIn("eu") {
			if there := s.truth.Applied("eu", w.key); there[len(there)-1].Contains(time.Now()) {
				t.Fatalf("%s, which eu had acknowledged, is still there", w.key)
			}
		}
	})
}

func TestRunWithoutAWriteProvesNothing(t *testing.T) {
	p := plain()
	p.scenario.Steady = 0
	run(t, p, nil, func(t *testing.T, _ *stage, r *drill.Record, err error) {
		if err == nil || r.Verdict != drill.Inconclusive {
			t.Errorf("got %s (%v) from a drill that wrote nothing before the fault", r.Verdict, err)
		}
	})
}

func TestConfigCheck(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := setUp(t, plain(), 1, inMemory())
		defer s.close(t)
		if err := s.config.Check(); err != nil {
			t.Fatalf("a good configuration: %v", err)
		}
		for _, test := range []struct {
			name   string
			change func(*drill.Config)
			want   string
		}{
			{"one region", func(c *drill.Config) { c.Maps = c.Maps[:1] }, "at least two regions"},
			{"a region without a store", func(c *drill.Config) { c.Stores = c.Stores[:2] }, "an endpoint and a store"},
			{"more regions than a ledger can tell apart", func(c *drill.Config) { c.Maps = slices.Repeat(c.Maps, 11) }, "at most 32 regions"},
			{"a ledger without a start, from which all moments count", func(c *drill.Config) { c.Ledger = drill.NewLedger("p", "r", c.Cover) }, "when the drill starts"},
			{"retries for longer than a ledger can tell", func(c *drill.Config) {
				c.Manners.Retry = drill.Retry{Limit: 100, Least: time.Second, Most: time.Minute}
			}, "an hour"},
			{"no slot", func(c *drill.Config) { c.Cover = nil }, "at least one slot"},
			{"no run id", func(c *drill.Config) { c.Run = "" }, "run id"},
			{"no rate", func(c *drill.Config) { c.Rate = 0 }, "rate"},
			{"a rate that is no number", func(c *drill.Config) { c.Rate = math.NaN() }, "rate"},
			{"a rate that never comes to a write", func(c *drill.Config) { c.Rate = 1e-10 }, "rate"},
			{"a rate beyond sense", func(c *drill.Config) { c.Rate = 1e9 }, "rate"},
			{"no connection", func(c *drill.Config) { c.Connections = 0 }, "connections"},
			{"an empty payload", func(c *drill.Config) { c.Payload = 0 }, "payload"},
			{"a negative time-out", func(c *drill.Config) { c.WriteTimeout = -1 }, "write timeout"},
			{"keys that expire during the drill", func(c *drill.Config) { c.Expiry = time.Second }, "expiry"},
			{"keys that stay for years", func(c *drill.Config) { c.Expiry = 365 * 24 * time.Hour }, "too long"},
			{"a time-out of an hour", func(c *drill.Config) { c.WriteTimeout = time.Hour }, "write timeout"},
			{"a phase of negative length", func(c *drill.Config) { c.Scenario.Outage = -1 }, "outage"},
			{"a policy that leaves failing back to others", func(c *drill.Config) { c.Failover.NoFailback = true }, "failback"},
			{"a stay longer than the drill waits", func(c *drill.Config) { c.Failover.MinStay = time.Hour }, "minimum stay"},
			{"a bad probe policy", func(c *drill.Config) { c.Probe.Interval = -1 }, "interval"},
			{"a bad failover policy", func(c *drill.Config) { c.Failover.MinStay = -1 }, "stay"},
		} {
			c := s.config
			test.change(&c)
			record, err := drill.Run(t.Context(), c)
			if err == nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("%s: got %v, want an error about %s", test.name, err, test.want)
			}
			if record == nil || record.Verdict != drill.Inconclusive {
				t.Errorf("%s: no record", test.name)
			}
		}
	})
}
