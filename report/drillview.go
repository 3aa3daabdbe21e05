package report

import (
	"math"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/probe"
)

// drillView turns what a record holds as indexes and moments into names and times.
type drillView struct{ *drill.Record }

// region names a region; "" for none.
func (v drillView) region(index int) string {
	if index < 0 || index >= len(v.Maps) {
		return ""
	}
	return v.Maps[index].Region
}

func (v drillView) timestamp(m drill.Moment) Timestamp { return Timestamp(v.Start.Add(m)) }

// timestampIf returns nil for nil.
func (v drillView) timestampIf(m *drill.Moment) *Timestamp {
	if m == nil {
		return nil
	}
	t := v.timestamp(*m)
	return &t
}

// shard returns the index of the shard that stands behind a window, in the region that acknowledged, and its id.
func (v drillView) shard(w drill.Window) (index int, id string, ok bool) {
	if w.Region < 0 || w.Region >= len(v.Maps) {
		return 0, "", false
	}
	index, ok = v.Maps[w.Region].ShardOf(w.Slot)
	if !ok {
		return 0, "", false
	}
	return index, v.Maps[w.Region].Shards[index].ID, true
}

// unproven are the regions whose sharding is not known.
func (v drillView) unproven() []string {
	var names []string
	for _, m := range v.Maps {
		if !m.Proven() {
			names = append(names, m.Region)
		}
	}
	return names
}

// begun is false for a drill that never came to its first phase.
func (v drillView) begun() bool { return len(v.Phases) > 0 }

// stoppedIn returns the phase in which a drill ended that did not come to its end: it was interrupted, or something made
// it impossible to go on.
func (v drillView) stoppedIn() (phase string, stopped bool) {
	if v.KilledIn != "" {
		return v.KilledIn, v.KilledIn != drill.PhaseSettle || v.Verdict == drill.Inconclusive
	}
	if v.Verdict != drill.Inconclusive || !v.begun() {
		return "", false
	}
	last := v.Phases[len(v.Phases)-1]
	whole := last.Name == drill.PhaseSettle && (v.Failback.Done == nil || last.Duration >= v.Scenario.Settle)
	return last.Name, !whole
}

// unjudged tells whether a drill was stopped, and nothing can be told of what was asserted.
func (v drillView) unjudged() bool {
	_, stopped := v.stoppedIn()
	return stopped && v.Verdict == drill.Inconclusive
}

// notHealed tells whether the fault may still be in force.
func (v drillView) notHealed() bool {
	says := func(text string) bool { return strings.Contains(text, drill.ErrNotHealed.Error()+":") }
	return says(v.Reason) || slices.ContainsFunc(v.Events, func(e probe.Event) bool { return e.Kind == drill.EventError && says(e.Detail) })
}

// tooSlow tells whether the application wrote clearly less than it was asked to: by a tenth, and by more than random
// arrivals bring about in a steady phase of that length, for which three times the square root of their number is ample.
func (v drillView) tooSlow() bool {
	asked := 0.0
	for _, p := range v.Phases {
		if p.Name == drill.PhaseSteady {
			asked = v.Rate * p.Duration.Seconds()
		}
	}
	short := 1 - v.Reached/v.Rate
	return short > 0.1 && short*asked > 3*math.Sqrt(asked)
}

func (v drillView) window(w drill.Window) WindowDocument {
	index, id, owned := v.shard(w)
	d := WindowDocument{Region: v.region(w.Region), Shard: id, Slot: w.Slot,
		FirstAck: v.timestamp(w.FirstAck), LastAck: v.timestamp(w.LastAck), Count: w.Count, Outcome: w.Fate}
	if owned {
		d.ShardNumber = index + 1
	}
	if w.Fate == drill.Converged {
		d.ConvergedAt = v.timestampIf(&w.ConvergedAt)
	}
	return d
}
