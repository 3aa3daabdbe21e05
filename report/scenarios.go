package report

import (
	"io"

	"github.com/aafailover/aafailover/drill"
)

// ScenariosDocument is the result of `drill list`.
type ScenariosDocument struct {
	Schema    string             `json:"schema"`
	Scenarios []ScenarioDocument `json:"scenarios"`
}

// ScenarioDocument is one scenario and the length of its phases.
type ScenarioDocument struct {
	Name    string       `json:"name"`
	Summary string       `json:"summary"`
	Means   string       `json:"means"`
	Setting string       `json:"setting"`
	Steady  Milliseconds `json:"steady_ms"`
	Outage  Milliseconds `json:"outage_ms"`
	Settle  Milliseconds `json:"settle_ms"`
}

// NewScenariosDocument makes the document.
func NewScenariosDocument(all []drill.Scenario) ScenariosDocument {
	return ScenariosDocument{Schema: ScenariosSchema, Scenarios: convert(all, func(s drill.Scenario) ScenarioDocument {
		return ScenarioDocument{Name: s.Name, Summary: s.Summary, Means: s.Means, Setting: s.Setting,
			Steady: Milliseconds(s.Steady), Outage: Milliseconds(s.Outage), Settle: Milliseconds(s.Settle)}
	})}
}

// ScenariosText writes what each scenario does and what it means.
func ScenariosText(w io.Writer, style Style, all []drill.Scenario) error {
	rows := convert(all, func(s drill.Scenario) []string {
		return []string{s.Name, fold(s.Summary, 0, style.columns()*2/5), s.Means}
	})
	text, err := style.table(append(left("scenario", "what happens"), prose("what it means")), rows)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text)
	return err
}
