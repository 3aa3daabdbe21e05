package report

import (
	"fmt"
	"time"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
)

// phases writes a row for each phase: when, how long, and what happened in it.
func (p *drillPage) phases() {
	rows := convert(p.Phases, func(ph drill.Phase) []string {
		return []string{p.style.clock(p.Start.Add(ph.At)), words.Clean(ph.Name), words.Rough(ph.Duration), p.note(ph)}
	})
	p.out.WriteString("\n")
	p.add(p.style.table(append(append(left("", ""), right("")...), prose("")), rows))
	p.out.WriteString("\n")
}

// note says what happened in a phase.
func (p *drillPage) note(ph drill.Phase) string {
	from, to := words.Clean(p.region(p.From)), words.Clean(p.region(p.To))
	if phase, stopped := p.stoppedIn(); stopped && ph.Name == phase && ph.Name != drill.PhaseHeal {
		return "the drill stopped here" // whatever did not happen in this phase may only have had no time
	}
	switch ph.Name {
	case drill.PhaseSteady:
		return p.rate(from) + p.lag()
	case drill.PhaseFault:
		return p.happened()
	case drill.PhaseDetect:
		return p.detected()
	case drill.PhaseCutOver:
		if rto, ok := p.RTO(); ok {
			return fmt.Sprintf("first write acknowledged by %s: RTO %s", to, words.Rough(rto.Total))
		}
		return to + " acknowledged no write"
	case drill.PhaseOutage:
		return "writes to " + to
	case drill.PhaseHeal:
		if p.notHealed() {
			return "the fault could not be undone"
		}
		if p.OneWay && p.Failback.Available != nil {
			return fmt.Sprintf("the fault is undone; %s available after %s", from, words.Rough(*p.Failback.Available))
		}
		return "the fault is undone"
	case drill.PhaseResync:
		return p.resynced()
	case drill.PhaseFailBack:
		if p.Failback.Done == nil {
			return from + " acknowledged no write"
		}
		if p.AtFailback == 0 && p.Unread > 0 {
			return fmt.Sprintf("first write acknowledged by %s, which writes are missing there is not known", from)
		}
		return fmt.Sprintf("first write acknowledged by %s, %s missing there", from, words.Count(p.AtFailback, "write"))
	case drill.PhaseSettle:
		return "looks for every write that is still missing"
	}
	return ""
}

// rate is what the application wrote, and what it was asked to where that was clearly more.
func (p *drillPage) rate(from string) string {
	if p.tooSlow() {
		return fmt.Sprintf("%s writes/s to %s, not the %s asked for", words.Amount(p.Reached), from, words.Amount(p.Rate))
	}
	return fmt.Sprintf("%s writes/s to %s", words.Amount(p.Reached), from)
}

func (p *drillPage) lag() string {
	if p.Lag == (drill.Lag{}) {
		return ""
	}
	return fmt.Sprintf("; lag %s→%s %s p50, %s p99", words.Clean(p.region(p.From)), words.Clean(p.region(p.To)), words.Rough(p.Lag.P50), words.Rough(p.Lag.P99))
}

// detected tells what the policy said when it moved.
func (p *drillPage) detected() string {
	switch {
	case p.DecidedAt != nil && !p.tooLate():
		for _, e := range p.Events {
			if e.Kind == drill.EventDecision {
				return words.Said(e.Detail)
			}
		}
		return "the policy moves to " + words.Clean(p.region(p.To))
	case p.Scenario.Stays && (p.DetectedAt == nil || p.tooLate()):
		return p.noticed() + "; the policy stays in " + words.Clean(p.region(p.From))
	case p.DetectedAt != nil:
		return "unusable in the eyes of the policy, which did not move"
	}
	return "never unusable in the eyes of the policy"
}

// noticed tells what the observer found out of a fault that is no reason to move, and how soon.
func (p *drillPage) noticed() string {
	if p.FaultAt == nil {
		return "nothing was broken"
	}
	fault := p.Start.Add(*p.FaultAt)
	for _, e := range p.Events {
		switch {
		case e.At.Before(fault):
		case e.Kind == drill.EventPhase && e.Detail == drill.PhaseHeal:
			return "nothing noticed"
		case e.Kind == probe.EventVerdict && e.State != string(probe.Healthy):
			return fmt.Sprintf("noticed after %s: %s", words.Rough(e.At.Sub(fault)), words.Said(e.Detail))
		}
	}
	return "nothing noticed"
}

// resynced tells which steps of the return were reached.
func (p *drillPage) resynced() string {
	var steps []string
	for _, s := range []struct {
		name string
		took *time.Duration
	}{{"available", p.Failback.Available}, {"resynced", p.Failback.Resynced}, {"ready", p.Failback.Ready}} {
		if s.took != nil {
			steps = append(steps, fmt.Sprintf("%s after %s", s.name, words.Rough(*s.took)))
		}
	}
	from := words.Clean(p.region(p.From))
	if len(steps) == 0 {
		return from + " did not become available"
	}
	text := from + " " + words.Enumerate(steps)
	if p.Failback.Ready == nil {
		text += ", but not safe to return to"
	}
	return text
}
