package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
)

// PreflightSchema is the schema of PreflightDocument.
const PreflightSchema = "aafailover.preflight/v1"

// PreflightResult is what was found out before a drill that is not run.
type PreflightResult struct {
	Deployment Deployment
	Scenario   string
	*drill.Preflight
}

// PreflightDocument is the result of `drill --dry-run`.
type PreflightDocument struct {
	Schema     string     `json:"schema"`
	Deployment Deployment `json:"deployment"`
	Scenario   string     `json:"scenario"`
	Ready      bool       `json:"ready"` // whether the drill may begin
	LookedAtDocument
}

// LookedAtDocument is all that was looked at before a drill, and what it will come to.
type LookedAtDocument struct {
	Checks   []PreflightCheckDocument `json:"checks"`
	Estimate EstimateDocument         `json:"estimate"`
}

// PreflightCheckDocument is one thing that was looked at.
type PreflightCheckDocument struct {
	Name   string           `json:"name"`
	Region string           `json:"region"` // "" when it is about all of them
	State  drill.CheckState `json:"state"`
	Text   string           `json:"text"`
	Hint   string           `json:"hint"` // "" when there is nothing to be done
}

// EstimateDocument is what a drill will come to. What begins with most is that of the longest course.
type EstimateDocument struct {
	Duration     Milliseconds `json:"duration_ms"`
	MostDuration Milliseconds `json:"most_duration_ms"`
	Rate         float64      `json:"writes_per_second"`
	Keys         int          `json:"keys"` // in each region
	MostKeys     int          `json:"most_keys"`
	BytesPerKey  int          `json:"bytes_per_key"` // in one region, replicas and metadata included
	Bytes        int          `json:"bytes"`
	MostBytes    int          `json:"most_bytes"`
	Connections  int          `json:"connections"` // to all regions together, at the most
}

// NewPreflightDocument makes the document.
func NewPreflightDocument(r PreflightResult) PreflightDocument {
	return PreflightDocument{Schema: PreflightSchema, Deployment: r.Deployment, Scenario: r.Scenario, Ready: r.Err() == nil,
		LookedAtDocument: lookedAt(r.Preflight)}
}

func lookedAt(p *drill.Preflight) LookedAtDocument {
	e := p.Estimate
	return LookedAtDocument{
		Checks: convert(p.Checks, func(c drill.Check) PreflightCheckDocument { return PreflightCheckDocument(c) }),
		Estimate: EstimateDocument{Duration: Milliseconds(e.Duration), MostDuration: Milliseconds(e.MostDuration), Rate: finite(e.Rate),
			Keys: e.Keys, MostKeys: e.MostKeys, BytesPerKey: e.BytesPerKey, Bytes: e.Bytes, MostBytes: e.MostBytes, Connections: e.Connections},
	}
}

// EstimateText says in a sentence what a drill will come to, before it begins.
func EstimateText(e drill.Estimate) string {
	return fmt.Sprintf("this will take about %s and at most %s, open up to %s, write %s keys/s: about %s of %s in each region, and at most %s of %s",
		words.Rough(e.Duration), words.Rough(e.MostDuration), words.Count(e.Connections, "connection"), words.Amount(e.Rate),
		words.Count(e.Keys, "key"), words.Bytes(float64(e.Bytes)), words.Thousands(e.MostKeys), words.Bytes(float64(e.MostBytes)))
}

// PreflightText writes whether the drill may begin, what was looked at, and what it would come to.
func PreflightText(w io.Writer, style Style, r PreflightResult) error {
	where := "the regions given"
	if r.Deployment == Lab {
		where = "the lab"
	}
	word, t, sentence := "READY", tone.Good, "the drill may begin"
	if r.Err() != nil {
		word, t, sentence = "NOT READY", tone.Bad, "the drill would not begin"
	}
	var out strings.Builder
	out.WriteString(style.answer(word, t, fmt.Sprintf("%s on %s: %s.", words.Clean(r.Scenario), where, sentence)))
	checks, err := checksText(style, r.Preflight)
	if err != nil {
		return err
	}
	out.WriteString("\n" + checks + "\n" + style.wrap(EstimateText(r.Estimate), 1) + "\n")
	_, err = io.WriteString(w, out.String())
	return err
}

// checksText is a row for each check, and one for what to do about it.
func checksText(style Style, p *drill.Preflight) (string, error) {
	var rows [][]string
	for _, c := range p.Checks {
		text := words.Clean(c.Text)
		if c.Hint != "" {
			text += "; hint: " + words.Clean(c.Hint)
		}
		t := preflightTone(c.State)
		rows = append(rows, []string{words.Clean(c.Name), style.paint(t.Symbol()+" "+string(c.State), t), text})
	}
	return style.table(append(left("", ""), prose("")), rows)
}

func preflightTone(s drill.CheckState) tone.Tone {
	return map[drill.CheckState]tone.Tone{drill.Passed: tone.Good, drill.Noted: tone.Poor, drill.Accepted: tone.Poor, drill.Failed: tone.Bad}[s]
}
