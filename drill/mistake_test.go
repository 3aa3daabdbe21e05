package drill_test

import (
	"context"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
)

// mistaken carries a drill out with a mistake, or none, in simulated time.
func mistaken(t *testing.T, p plan, wrong drill.Mistakes, change func(*stage), check func(*testing.T, *drill.Record)) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		s := setUp(t, p, 1, inMemory())
		defer s.close(t)
		change(s)
		record, err := drill.RunMistaken(t.Context(), s.config, wrong)
		if err != nil {
			t.Fatal(err)
		}
		check(t, record)
	})
}

// Some writes of us had come to ap and not to eu when us was lost with all that it
// had. When the drill looks for the last time, us is just getting them back from ap,
// and hands them on to eu: a fence from us to eu that was sent before they were in
// us proves nothing of them.
func TestTheSecondRoundOfFencesWaitsForWhatIsHandedOn(t *testing.T) {
	p := plain()
	p.delays[[2]string{"us", "eu"}], p.delays[[2]string{"ap", "us"}] = 400*time.Millisecond, 20*time.Millisecond
	p.scenario.Steps = append(p.scenario.Steps[:1:1],
		drill.Step{Phase: drill.PhaseHeal, Action: drill.Action{Kind: drill.Start, Region: drill.Local, Empty: true}})
	inTheBackground := func(s *stage) {
		link := func(kind lab.Kind, from, to string, after time.Duration) {
			time.AfterFunc(after, func() {
				_ = s.lab.Inject(context.Background(), lab.Fault{Kind: kind, From: from, To: to, OneWay: true})
			})
		}
		s.config.OnEvent = func(e probe.Event) {
			switch {
			case e.Kind != drill.EventPhase:
			case e.Detail == drill.PhaseSteady: // too short before the fault to be noticed
				link(lab.Cut, "us", "eu", p.scenario.Steady-300*time.Millisecond)
			case e.Detail == drill.PhaseCutOver:
				link(lab.Cut, "ap", "us", 0)
				link(lab.Cut, "eu", "us", 0)
				link(lab.Heal, "us", "eu", 0)
			case e.Detail == drill.PhaseSettle: // when fences from us, of which there is one each 250 ms, are on their way
				link(lab.Heal, "ap", "us", p.scenario.Settle+400*time.Millisecond)
				link(lab.Heal, "eu", "us", p.scenario.Settle+400*time.Millisecond)
			}
		}
	}
	mistaken(t, p, drill.Mistakes{}, inTheBackground, func(t *testing.T, r *drill.Record) {
		if n := len(r.Missed); r.Maps[r.To].Region != "eu" || n < 50 || r.Count(drill.Converged) == 0 || r.Count(drill.Diverged) > 0 {
			t.Errorf("%d missed writes, of which %d converged and %d diverged: all that were in ap come to eu", n, r.Count(drill.Converged), r.Count(drill.Diverged))
		}
	})
	mistaken(t, p, drill.OneRoundOfFences, inTheBackground, func(t *testing.T, r *drill.Record) {
		if r.Count(drill.Diverged) == 0 {
			t.Errorf("one round of fences called nothing diverged that was on its way: %d converged", r.Count(drill.Converged))
		}
	})
}

// A shard of the preferred region takes writes when the region is back, and refuses
// them when the application is about to return.
func TestWritesAreTriedAgainBeforeTheFailback(t *testing.T) {
	const refuses = 6 * time.Second
	for _, row := range []struct {
		name  string
		wrong drill.Mistakes
		early bool
	}{
		{"the application waits until writes work again", drill.Mistakes{}, false},
		{"one that trusts what was proven before does not", drill.TrustsOldProof, true},
	} {
		t.Run(row.name, func(t *testing.T) {
			mistaken(t, plain(), row.wrong, func(s *stage) {
				s.config.Limits = drill.DefaultLimits()
				s.config.Stores[us] = refusing{s.config.Stores[us], s.diary, s.config.Cover[1], 2 * time.Second, refuses}
			}, func(t *testing.T, r *drill.Record) {
				if r.Failback.Done == nil || (*r.Failback.Done < refuses) != row.early {
					t.Errorf("failed back after %v, and writes were refused for %v (%s because %q)", r.Failback.Done, refuses, r.Verdict, r.Reason)
				}
			})
		})
	}
}
