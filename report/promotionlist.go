package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/aafailover/aafailover/drill/promotion"
	"github.com/aafailover/aafailover/internal/words"
)

// PromotionScenariosSchema is the schema of the scenarios of a topology.
const PromotionScenariosSchema = "aafailover.topology-scenarios/v1"

// PromotionScenariosDocument is the result of `drill list --topology`.
type PromotionScenariosDocument struct {
	Schema    string                      `json:"schema"`
	Topology  promotion.Topology          `json:"topology"`
	Scenarios []PromotionScenarioDocument `json:"scenarios"`
}

// PromotionScenarioDocument is one scenario.
type PromotionScenarioDocument struct {
	Name     string                  `json:"name"`
	Summary  string                  `json:"summary"`
	Means    string                  `json:"means"`
	Setting  string                  `json:"setting"`
	Failover bool                    `json:"failover"` // one is expected
	Servers  []string                `json:"servers"`  // directives that it needs
	Steps    []PromotionStepDocument `json:"steps"`
	Outage   Milliseconds            `json:"outage_ms"`
}

// PromotionStepDocument is one thing that is done.
type PromotionStepDocument struct {
	Phase string `json:"phase"`
	Does  string `json:"does"`
}

// NewPromotionScenariosDocument makes the document.
func NewPromotionScenariosDocument(t promotion.Topology, all []promotion.Scenario) PromotionScenariosDocument {
	return PromotionScenariosDocument{Schema: PromotionScenariosSchema, Topology: t,
		Scenarios: convert(all, func(s promotion.Scenario) PromotionScenarioDocument {
			return PromotionScenarioDocument{Name: s.Name, Summary: s.Summary, Means: s.Means, Setting: s.Setting, Failover: s.Expect.Failover,
				Servers: list(s.Servers), Outage: Milliseconds(s.Outage),
				Steps: convert(s.Steps, func(step promotion.Step) PromotionStepDocument {
					return PromotionStepDocument{Phase: step.Phase, Does: step.String()}
				})}
		})}
}

// PromotionScenariosText writes what happens in each scenario.
func PromotionScenariosText(w io.Writer, style Style, t promotion.Topology, all []promotion.Scenario) error {
	rows := convert(all, func(s promotion.Scenario) []string { return []string{s.Name, words.Clean(s.Summary)} })
	text, err := style.table(append(left("scenario"), prose("what happens")), rows)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text+"\n"+style.wrap(fmt.Sprintf("aafailover drill list --topology %s SCENARIO tells what one means, and its steps.", t), 1)+"\n")
	return err
}

// PromotionScenarioText writes all about one scenario.
func PromotionScenarioText(w io.Writer, style Style, s promotion.Scenario) error {
	var steps []string
	for _, step := range s.Steps {
		steps = append(steps, step.Phase+": "+step.String())
	}
	return writeScenario(w, style, s.Name, []labelledLines{
		{"happens", []string{s.Summary}}, {"means", []string{s.Means}}, {"setting", []string{s.Setting}},
		{"servers", []string{strings.Join(s.Servers, ", ")}}, {"steps", steps}, {"expects", []string{strings.Join(s.Expect.Words(), "; ")}},
	})
}
