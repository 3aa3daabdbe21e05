package drill_test

import (
	"slices"
	"testing"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/probe"
)

// What a drill tells comes in the order in which it happened: the decision to move before the phase that carries it out.
func TestADecisionIsToldBeforeItIsCarriedOut(t *testing.T) {
	run(t, plain(), nil, func(t *testing.T, _ *stage, r *drill.Record, err error) {
		if err != nil || r.DecidedAt == nil {
			t.Fatal(err)
		}
		own := slices.DeleteFunc(slices.Clone(r.Events), func(e probe.Event) bool {
			return e.Kind != drill.EventPhase && e.Kind != drill.EventDecision && e.Kind != drill.EventReached
		})
		first := func(kind probe.EventKind, detail string) int {
			return slices.IndexFunc(own, func(e probe.Event) bool { return e.Kind == kind && (detail == "" || e.Detail == detail) })
		}
		decided := first(drill.EventDecision, "")
		if detect, cutOver := first(drill.EventPhase, drill.PhaseDetect), first(drill.EventPhase, drill.PhaseCutOver); decided < detect || decided > cutOver {
			t.Errorf("the decision is event %d, between detect, %d, and cut over, %d", decided, detect, cutOver)
		}
		if at := r.Start.Add(*r.DecidedAt); !own[decided].At.Equal(at) || *r.DecidedAt != r.Moves[0].DecidedAt {
			t.Errorf("decided at %v, and told of %v", at, own[decided].At)
		}
		if !slices.IsSortedFunc(own, func(a, b probe.Event) int { return a.At.Compare(b.At) }) {
			logTimeline(t, r)
			t.Error("the events are not in their order")
		}
	})
}
