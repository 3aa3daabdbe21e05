package drill

import (
	"fmt"
	"slices"
	"time"
)

// stage is what a phase is, before it begins.
func (r *run) stage(phase string) Stage {
	s := Stage{Name: phase}
	switch phase {
	case PhaseSteady:
		s.Planned = r.Scenario.Steady
	case PhaseFault:
		s.Waits, s.Limit = "for the fault to be in force", r.Limits.Fault*time.Duration(max(1, r.firstSteps(phase)))
	case PhaseDetect:
		if r.record.Stays() {
			s.Planned = r.Scenario.Outage
		} else {
			s.Waits, s.Limit = "for the application to decide to move", r.Limits.Detect
		}
	case PhaseCutOver:
		s.Waits, s.Limit = "for the first write to be acknowledged", r.Limits.Connect
	case PhaseOutage:
		s.Planned = r.Scenario.Outage
	case PhaseHeal:
		s.Waits, s.Limit = "for the fault to be undone", r.Limits.Fault*time.Duration(1+r.firstSteps(phase))
	case PhaseResync:
		s.Waits, s.Limit = fmt.Sprintf("for %s to be safe to return to", r.Maps[home].Region), r.Limits.Resync
	case PhaseFailBack:
		s.Waits, s.Limit = fmt.Sprintf("for the first write to be acknowledged by %s again", r.Maps[home].Region), r.Limits.Resync
	case PhaseSettle:
		s.Planned = r.Scenario.Settle
	}
	return s
}

// firstSteps is how many steps a phase begins with.
func (r *run) firstSteps(phase string) int {
	n := 0
	for _, step := range r.Scenario.Steps {
		if step.Phase == phase && step.After == 0 {
			n++
		}
	}
	return n
}

// ahead are the phases after one, if all goes as the scenario has it; all of them after "".
func (r *run) ahead(phase string) []Stage {
	var stages []Stage
	for _, name := range phases[slices.Index(phases, phase)+1:] {
		away := name == PhaseCutOver || name == PhaseOutage
		back := name == PhaseResync || name == PhaseFailBack
		if away && r.record.Stays() || back && (r.record.Stays() || r.record.OneWay) {
			continue
		}
		stages = append(stages, r.stage(name))
	}
	return stages
}
