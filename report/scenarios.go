package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/words"
)

// ScenariosDocument is the result of `drill list`.
type ScenariosDocument struct {
	Schema    string             `json:"schema"`
	Scenarios []ScenarioDocument `json:"scenarios"`
}

// ScenarioDocument is one scenario.
type ScenarioDocument struct {
	Name    string         `json:"name"`
	Summary string         `json:"summary"`
	Means   string         `json:"means"`   // for an application
	Setting string         `json:"setting"` // which one would have changed it
	Stays   bool           `json:"stays"`   // the policy is expected to stay
	Steady  Milliseconds   `json:"steady_ms"`
	Outage  Milliseconds   `json:"outage_ms"`
	Settle  Milliseconds   `json:"settle_ms"`
	Needs   NeedsDocument  `json:"needs"`
	Steps   []StepDocument `json:"steps"`
	Expect  []string       `json:"expect"`
}

// NeedsDocument is what a deployment must have; 0 and "" are anything.
type NeedsDocument struct {
	Regions     int               `json:"regions"`
	Shards      int               `json:"shards"`
	Persistence drill.Persistence `json:"persistence"`
	Backlog     int               `json:"backlog_bytes"` // at the most
}

// StepDocument is one step of a scenario.
type StepDocument struct {
	Phase string       `json:"phase"`
	After Milliseconds `json:"after_ms"`
	Does  string       `json:"does"`
}

// NewScenariosDocument makes the document.
func NewScenariosDocument(all []drill.Scenario) ScenariosDocument {
	return ScenariosDocument{Schema: ScenariosSchema, Scenarios: convert(all, func(s drill.Scenario) ScenarioDocument {
		return ScenarioDocument{Name: s.Name, Summary: s.Summary, Means: s.Means, Setting: s.Setting, Stays: s.Stays,
			Steady: Milliseconds(s.Steady), Outage: Milliseconds(s.Outage), Settle: Milliseconds(s.Settle),
			Needs: NeedsDocument(s.Needs), Expect: list(s.Expect),
			Steps: convert(s.Steps, func(step drill.Step) StepDocument {
				return StepDocument{Phase: step.Phase, After: Milliseconds(step.After), Does: step.Action.String()}
			})}
	})}
}

// ScenariosText writes what happens in each scenario.
func ScenariosText(w io.Writer, style Style, all []drill.Scenario) error {
	rows := convert(all, func(s drill.Scenario) []string { return []string{s.Name, words.Clean(s.Summary)} })
	text, err := style.table(append(left("scenario"), prose("what happens")), rows)
	if err != nil {
		return err
	}
	_, err = io.WriteString(w, text+"\n"+style.wrap("aafailover drill list SCENARIO tells what one means, its steps, and what it expects.", 1)+"\n")
	return err
}

// ScenarioText writes all about one scenario.
func ScenarioText(w io.Writer, style Style, s drill.Scenario) error {
	steps := convert(s.Steps, func(step drill.Step) string {
		text := step.Action.String() + " as " + step.Phase + " begins"
		if step.After > 0 {
			text = fmt.Sprintf("%s %s after the begin of %s", step.Action, words.Typed(step.After), step.Phase)
		}
		return text
	})
	return writeScenario(w, style, s.Name, []labelledLines{
		{"happens", []string{s.Summary}},
		{"means", []string{s.Means}},
		{"setting", []string{s.Setting}},
		{"takes", []string{needed(s.Needs)}},
		{"lasts", []string{lasts(s)}},
		{"steps", steps},
		{"expects", []string{strings.Join(s.Expect, ", ")}},
	})
}

// needed says what a scenario takes.
func needed(n drill.Needs) string {
	parts := []string{fmt.Sprintf("at least %s", words.Count(max(n.Regions, 2), "region"))}
	if n.Shards > 0 {
		parts = append(parts, fmt.Sprintf("%s in each", words.Count(n.Shards, "shard")))
	}
	if n.Persistence != "" {
		parts = append(parts, fmt.Sprintf("persistence %s", n.Persistence))
	}
	if n.Backlog > 0 {
		parts = append(parts, fmt.Sprintf("a backlog of at most %s bytes", words.Thousands(n.Backlog)))
	}
	return strings.Join(parts, ", ")
}

// lasts says how long the phases of a scenario are whose length it sets.
func lasts(s drill.Scenario) string {
	from := "the cut-over"
	if s.Stays {
		from = "the fault"
	}
	return fmt.Sprintf("%s of writes before the fault, %s from %s to the heal, %s of writes at the end", words.Typed(s.Steady), words.Typed(s.Outage), from, words.Typed(s.Settle))
}

// labelledLines are lines behind one label; empty ones are left out.
type labelledLines struct {
	label string
	lines []string
}

// writeScenario writes all that is told of one scenario.
func writeScenario(w io.Writer, style Style, name string, parts []labelledLines) error {
	var out strings.Builder
	out.WriteString(" " + name + "\n\n")
	for _, part := range parts {
		for i, line := range part.lines {
			label := part.label
			if i > 0 {
				label = ""
			}
			if line != "" {
				fmt.Fprintf(&out, " %-*s%s\n", labelled-1, label, strings.TrimLeft(style.wrap(words.Clean(line), labelled), " "))
			}
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}
