package promotion_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/internal/resp"
	"github.com/aafailover/aafailover/probe"
)

// What the drill finds is what happened, to the single write and to the millisecond.
func TestADrillFindsWhatHappened(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		w := newWorld()
		r, err := promotion.Run(t.Context(), w.config(t))
		if err != nil {
			t.Fatal(err)
		}
		d := r.Drill
		if d.Verdict != drill.Pass {
			t.Errorf("%s: %s", d.Verdict, d.Reason)
		}
		if lost := w.lost(); lost == 0 || d.Count(drill.Lost) != lost || d.AtFailover() != lost {
			t.Errorf("%d lost of %d missed, and there are %d", d.Count(drill.Lost), d.AtFailover(), lost)
		}
		if d.RPO.Lost == nil || *d.RPO.Lost > replicationLag {
			t.Errorf("RPO %v with a lag of %v", d.RPO.Lost, replicationLag)
		}
		parts, ok := r.Parts()
		if !ok || *parts.Detection != heldDownAfter || *parts.Election != w.promotesAfter-heldDownAfter || *parts.Redirection > 20*time.Millisecond || parts.Unknown != 0 {
			t.Errorf("%+v", parts)
		}
		if d.AtEnd[0] != w.lost() || d.AtEnd[1] != w.lost() {
			t.Errorf("absent at the end: %v", d.AtEnd)
		}
		if s := r.Shards[0]; !s.Hit || s.Failed == 0 || s.Gap < w.promotesAfter {
			t.Errorf("%+v", s)
		}
	})
}

func TestADrillIsInterruptedInEveryPhase(t *testing.T) {
	for _, phase := range []string{drill.PhaseSteady, drill.PhaseFault, promotion.PhaseFailover, drill.PhaseOutage, drill.PhaseHeal, drill.PhaseResync, drill.PhaseSettle, promotion.PhaseReadBack} {
		t.Run(phase, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				ctx, interrupt := context.WithCancel(t.Context())
				defer interrupt()
				c := newWorld().config(t)
				c.OnEvent = func(e probe.Event) {
					if e.Kind == drill.EventPhase && e.Detail == phase {
						interrupt()
					}
				}
				r, err := promotion.Run(ctx, c)
				last := r.Drill.Phases[len(r.Drill.Phases)-1].Name
				if err == nil || !errors.Is(err, context.Canceled) || !r.Interrupted || r.Drill.Verdict != drill.Inconclusive || r.SyncedAt != nil {
					t.Errorf("it ended in %s with %v: %s, %s", last, err, r.Drill.Verdict, r.Drill.Reason)
				}
			})
		})
	}
}

func TestWhatKeepsADrillFromItsEnd(t *testing.T) {
	for _, c := range []struct {
		name   string
		spoil  func(w *world)
		want   drill.Verdict
		reason string
	}{
		{"nobody is promoted", func(w *world) { w.promotesAfter = 0 }, drill.Fail, "failovers >= 1: measured 0"},
		{"no write is taken before the fault", func(w *world) { w.refuses = resp.ServerError("NOREPLICAS Not enough good replicas to write.") }, drill.Inconclusive,
			"one (one:1): no write was acknowledged before the fault: NOREPLICAS"},
		{"a step cannot be made", func(w *world) { w.broken = errors.New("no such process") }, drill.Inconclusive, "kill one: no such process"},
		{"the servers do not come together again", func(w *world) { w.unsettled = errors.New("one has no link") }, drill.Inconclusive, "not in sync 20.00 s after the heal: one has no link"},
		{"the new primary cannot be read", func(w *world) { w.unreadable = 1 }, drill.Inconclusive, "two (two:1): read back: it does not answer"},
		{"the replica cannot be read", func(w *world) { w.unreadable = 0 }, drill.Inconclusive, "one (one:1): read back: it does not answer"},
		{"another primary was there before the fault", func(w *world) { w.primary = 1 }, drill.Inconclusive, "two took over from one before anything was broken"},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				w := newWorld()
				c.spoil(w)
				r, err := promotion.Run(t.Context(), w.config(t))
				if r.Drill.Verdict != c.want || !strings.Contains(r.Drill.Reason, c.reason) || (err != nil) != (c.want == drill.Inconclusive) {
					t.Errorf("%s: %s (%v); want %s: %s", r.Drill.Verdict, r.Drill.Reason, err, c.want, c.reason)
				}
			})
		})
	}
}

func TestAConfigurationThatMakesNoSense(t *testing.T) {
	for name, spoil := range map[string]func(*promotion.Config){
		"rate":        func(c *promotion.Config) { c.Rate = 0 },
		"connections": func(c *promotion.Config) { c.Connections = 0 },
		"payload":     func(c *promotion.Config) { c.Payload = -1 },
		"expiry":      func(c *promotion.Config) { c.Expiry = time.Second },
		"steady":      func(c *promotion.Config) { c.Steady = -1 },
	} {
		c := newWorld().config(t)
		spoil(&c)
		if _, err := promotion.Run(t.Context(), c); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("%s: %v", name, err)
		}
	}
}
