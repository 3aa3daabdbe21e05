package drill_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/racetest"
	"github.com/aafailover/aafailover/slots"
)

// shown keeps what a drill shows of itself.
type shown []drill.Progress

func (s *shown) watch(c *drill.Config) {
	c.OnProgress = func(p drill.Progress) { *s = append(*s, p) }
}

func (s shown) last() drill.Progress { return s[len(s)-1] }

// grows says where one progress contradicts the one before.
func (s shown) grows() error {
	for i := 1; i < len(s); i++ {
		if err := grows(s[i-1], s[i]); err != nil {
			return fmt.Errorf("at %v: %w", s[i].At, err)
		}
	}
	return nil
}

func grows(before, now drill.Progress) error {
	phases := append(slices.Clone(now.Phases), drill.Phase{})
	switch {
	case now.At < before.At:
		return fmt.Errorf("at %v after %v", now.At, before.At)
	case len(now.Phases) < len(before.Phases) || !slices.Equal(phases[:len(before.Phases)], before.Phases):
		return fmt.Errorf("phases %v after %v", now.Phases, before.Phases)
	case len(now.Moves) < len(before.Moves):
		return fmt.Errorf("%d moves after %d", len(now.Moves), len(before.Moves))
	case before.FaultAt != nil && now.FaultAt == nil || before.FaultBy != nil && now.FaultBy == nil:
		return errors.New("the fault was not made any more")
	case now.Now.At > now.At:
		return fmt.Errorf("%s begins at %v, which is to come", now.Now.Name, now.Now.At)
	}
	begun := [2]int{}
	for i, r := range now.Regions {
		if r.Writes.Acknowledged < before.Regions[i].Writes.Acknowledged {
			return fmt.Errorf("region %d: %+v after %+v", i, r.Writes, before.Regions[i].Writes)
		}
		begun[0] += before.Regions[i].Writes.Begun()
		begun[1] += r.Writes.Begun()
	}
	if begun[1] < begun[0] {
		return fmt.Errorf("%d writes after %d", begun[1], begun[0])
	}
	return growsMissed(before.Missed, now.Missed)
}

func growsMissed(before, now []drill.ShardMissed) error {
	for _, b := range before {
		i := slices.IndexFunc(now, func(n drill.ShardMissed) bool { return n.Region == b.Region && n.Shard == b.Shard })
		if i < 0 || now[i].Absent < 0 || now[i].Back < 0 || now[i].Absent+now[i].Back < b.Absent+b.Back {
			return fmt.Errorf("missed %v after %v", now, b)
		}
	}
	return nil
}

// agrees says what of the last progress contradicts the record.
func agrees(p drill.Progress, r *drill.Record) error {
	var writes drill.Tally
	for _, region := range p.Regions {
		w := region.Writes
		writes.Acknowledged += w.Acknowledged
		writes.Rejected += w.Rejected
		writes.Indeterminate += w.Indeterminate + w.InFlight
		writes.Unsent += w.Unsent
		writes.Attempted += w.Begun() - w.Unsent
	}
	judged := cmpopts.IgnoreFields(drill.Move{}, "Missing", "RPO")
	return errors.Join(
		differs("writes", writes, r.Writes), differs("phases", p.Phases, r.Phases), differs("moves", p.Moves, r.Moves, judged),
		differs("fault", []*drill.Moment{p.FaultAt, p.FaultBy}, []*drill.Moment{r.FaultAt, r.FaultBy}), agreesMissed(p, r))
}

func differs(what string, got, want any, options ...cmp.Option) error {
	if diff := cmp.Diff(want, got, append(options, cmpopts.EquateEmpty())...); diff != "" {
		return fmt.Errorf("%s: %s", what, diff)
	}
	return nil
}

// agreesMissed compares the missed writes by shard. What was found came back: the last look may find more.
func agreesMissed(p drill.Progress, r *drill.Record) error {
	type shard struct{ region, shard int }
	all, back := make(map[shard]int), make(map[shard]int)
	for _, m := range r.Missed {
		at, _ := r.Maps[m.Region].ShardOf(m.Slot)
		all[shard{m.Region, at}]++
		if m.Fate == drill.Converged {
			back[shard{m.Region, at}]++
		}
	}
	for _, m := range p.Missed {
		s := shard{m.Region, m.Shard}
		if m.Absent+m.Back != all[s] || m.Back > back[s] {
			return fmt.Errorf("%+v, and of %d missed writes %d converged", m, all[s], back[s])
		}
		delete(all, s)
	}
	if len(all) > 0 {
		return fmt.Errorf("nothing is shown of the missed writes of %v", all)
	}
	return nil
}

// Over random drills, with retries and with several moves, nothing that grows gets less, and the end is what the record says.
func TestProgressLeadsToTheRecord(t *testing.T) {
	back, moves := 0, 0
	const seeds uint64 = max(12, 40/racetest.Slowdown)
	for seed := range seeds {
		t.Run(fmt.Sprintf("seed %d", seed), func(t *testing.T) {
			random := rand.New(rand.NewPCG(seed, 9))
			var all shown
			run(t, randomPlan(random), func(s *stage) {
				if limit := random.IntN(3); limit > 0 {
					s.config.Manners.Retry = drill.Retry{Limit: limit, Least: 20 * time.Millisecond, Most: time.Second, Fresh: random.IntN(2) == 0}
				}
				all.watch(&s.config)
			}, func(t *testing.T, _ *stage, r *drill.Record, err error) {
				if err != nil {
					t.Fatal(err)
				}
				if err := all.grows(); err != nil {
					t.Error(err)
				}
				last := all.last()
				if err := agrees(last, r); err != nil {
					t.Error(err)
				}
				for _, m := range last.Missed {
					back += m.Back
				}
				moves = max(moves, len(last.Moves))
			})
		})
	}
	if !t.Failed() && (back == 0 || moves < 3) {
		t.Errorf("%d missed writes came back, %d moves at the most: there was too little to see", back, moves)
	}
}

// While a plain drill is under way one sees what it is about: each phase in its turn, what is planned and for what it waits,
// the fault for as long as it is in force, and the missed writes before they are back.
func TestProgressOfAPlainDrill(t *testing.T) {
	p := plain()
	var all shown
	run(t, p, func(s *stage) { all.watch(&s.config) }, func(t *testing.T, _ *stage, r *drill.Record, err error) {
		if err != nil {
			t.Fatal(err)
		}
		var stages []string
		broken, absent, lag := map[string]bool{}, 0, false
		for i, p := range all {
			if i > 0 && p.At-all[i-1].At > drill.ProgressInterval {
				t.Errorf("nothing from %v to %v", all[i-1].At, p.At)
			}
			if !slices.Contains(stages, p.Now.Name) {
				stages = append(stages, p.Now.Name)
			}
			if p.Broken {
				broken[p.Now.Name] = true
			}
			for _, m := range p.Missed {
				absent = max(absent, m.Absent)
			}
			lag = lag || p.Now.Name == drill.PhaseSteady && p.Regions[1].Lag != nil && p.Regions[0].Lag == nil
			if p.Now.Name == drill.PhaseOutage && (p.Ahead[0].Name != drill.PhaseHeal || p.Active != 1 || !p.Broken) {
				t.Errorf("in the outage: %+v", p)
			}
			// At its very end the planned step is over, and what comes next has perhaps not begun.
			if p.Now.Name == drill.PhaseOutage && p.Now.Planned != time.Second && p.At-p.Now.At < time.Second {
				t.Errorf("in the outage, of which no more is planned: %+v", p)
			}
			if p.Now.Name == drill.PhaseResync && (p.Now.Waits != "for us to be safe to return to" || p.Now.Limit != hasty.Resync) {
				t.Errorf("in the resync: %+v", p.Now)
			}
		}
		want := []string{drill.StagePreflight}
		for _, p := range r.Phases {
			if p.Duration > 0 || slices.Contains(stages, p.Name) { // one that takes no time need not be seen
				want = append(want, p.Name)
			}
		}
		if want = append(want, drill.StageUndo, drill.StageCleanUp); !slices.Equal(stages, want) {
			t.Errorf("stages %q, want %q", stages, want)
		}
		if broken[drill.PhaseSteady] || !broken[drill.PhaseDetect] || !broken[drill.PhaseOutage] || broken[drill.PhaseSettle] {
			t.Errorf("something was broken in %v", broken)
		}
		if absent == 0 || !lag {
			t.Errorf("%d missed writes were seen missing, lag seen: %t", absent, lag)
		}
		if last := all.last(); last.Regions[1].Lag == nil || *last.Regions[1].Lag != r.Lag || last.Look != nil || last.Stopping != nil || len(last.Ahead) > 0 {
			t.Errorf("in the end: %+v", last)
		}
	})
}

// Who calls a drill off sees at once that it stops, and that what it broke is healed.
func TestProgressOfADrillThatIsCalledOff(t *testing.T) {
	var all shown
	synctest.Test(t, func(t *testing.T) {
		s := setUp(t, plain(), 1, inMemory())
		defer s.close(t)
		ctx, cancel := context.WithCancel(t.Context())
		s.config.OnProgress = func(p drill.Progress) {
			all = append(all, p)
			if p.Now.Name == drill.PhaseOutage {
				cancel()
			}
		}
		record, err := drill.Run(ctx, s.config)
		if !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
		if err := errors.Join(all.grows(), differs("phases", all.last().Phases, record.Phases)); err != nil {
			t.Error(err)
		}
	})
	stopping := slices.IndexFunc(all, func(p drill.Progress) bool { return p.Stopping != nil })
	healed := slices.IndexFunc(all, func(p drill.Progress) bool { return p.Stopping != nil && !p.Broken })
	if stopping < 0 || !all[stopping].Broken || healed < stopping || !errors.Is(all.last().Stopping, context.Canceled) {
		t.Errorf("%d of %d shows that it stops, %d that it is healed", stopping, len(all), healed)
	}
}

// Writes that go missing, are found, and go missing again at the next failover are counted once, each in its shard.
func TestMissedWritesCountOnce(t *testing.T) {
	maps := []slots.Map{whole("us", "a"), {Region: "eu", Shards: []slots.Shard{
		{Slots: []slots.Range{{First: 0, Last: 5000}}}, {Slots: []slots.Range{{First: 5001, Last: 10_000}}}}}}
	cover := []int{1, 6000, 12_000} // the last one belongs to nobody in eu
	random := rand.New(rand.NewPCG(1, 2))
	tally := drill.NewMissedTally(maps, cover)
	was, absent := map[drill.Entry]bool{}, map[drill.Entry]bool{}
	for range 5000 {
		n := random.IntN(100)
		e := drill.Entry{N: n, Region: n % 2, Slot: cover[n%3]}
		if random.IntN(2) == 0 {
			tally.Missed(e, was[e])
			was[e], absent[e] = true, true
		} else {
			tally.Found(e)
			delete(absent, e)
		}
	}
	want := []drill.ShardMissed{{Region: 0, Shard: 0}, {Region: 1, Shard: -1}, {Region: 1, Shard: 0}, {Region: 1, Shard: 1}}
	for e := range was {
		i := 0
		if e.Region == 1 {
			i = map[int]int{1: 2, 6000: 3, 12_000: 1}[e.Slot]
		}
		if absent[e] {
			want[i].Absent++
		} else {
			want[i].Back++
		}
	}
	got, look := tally.Read()
	if err := differs("missed", got, want); err != nil || look != nil {
		t.Error(err, look)
	}
}
