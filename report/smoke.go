package report

import (
	"strings"
	"time"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/smoke"
)

// SmokeSchema is that of a SmokeDocument.
const SmokeSchema = "aafailover.smoke/v1"

// SmokeResult is what `smoke` found.
type SmokeResult struct {
	Deployment Deployment
	Insecure   []string // regions whose TLS certificates were not checked
	// Interrupted says that it was ended before its time: what is missing could not be told.
	Interrupted bool
	ExitCode    int
	Started     time.Time
	Took        time.Duration
	Within      time.Duration // the most that it might take
	smoke.Result
	// Probe is what the answers rest on; its Snapshot is nil where nothing was tried.
	Probe ProbeResult
}

// SmokeDocument is the result of `smoke`.
type SmokeDocument struct {
	Schema      string               `json:"schema"`
	Deployment  Deployment           `json:"deployment"`
	Verdict     smoke.Verdict        `json:"verdict"`
	Sentence    string               `json:"sentence"` // the verdict in words
	ExitCode    int                  `json:"exit_code"`
	Interrupted bool                 `json:"interrupted"`
	Started     Timestamp            `json:"started"`
	Took        Milliseconds         `json:"took_ms"`
	Within      Milliseconds         `json:"within_ms"`
	Insecure    []string             `json:"insecure"`
	Checks      []SmokeCheckDocument `json:"checks"`
	Limits      []SmokeLimitDocument `json:"limits"`
	Probe       *ProbeDocument       `json:"probe"` // null: nothing was tried
}

// SmokeCheckDocument is the answer on one subject.
type SmokeCheckDocument struct {
	Name    smoke.Subject `json:"name"`
	Outcome smoke.Outcome `json:"outcome"`
	Needed  bool          `json:"needed"` // the verdict needs it
	Text    string        `json:"text"`
	Advice  string        `json:"advice"`
}

// SmokeLimitDocument is a limit on round trips, with the worst that was measured.
type SmokeLimitDocument struct {
	Expr  string `json:"expr"`
	Value string `json:"value"`
	OK    bool   `json:"ok"`
	From  string `json:"from"` // the link it was measured on
	To    string `json:"to"`
}

// NewSmokeDocument makes the document.
func NewSmokeDocument(r SmokeResult) SmokeDocument {
	d := SmokeDocument{
		Schema: SmokeSchema, Deployment: r.Deployment, Verdict: r.Verdict, Sentence: r.Sentence, ExitCode: r.ExitCode, Interrupted: r.Interrupted,
		Started: Timestamp(r.Started), Took: Milliseconds(r.Took), Within: Milliseconds(r.Within), Insecure: list(r.Insecure),
		Checks: convert(r.Answers, func(a smoke.Answer) SmokeCheckDocument {
			return SmokeCheckDocument{Name: a.Subject, Outcome: a.Outcome, Needed: a.Needed, Text: a.Text, Advice: a.Advice}
		}),
		Limits: convert(r.Limits, func(l smoke.Limited) SmokeLimitDocument {
			return SmokeLimitDocument{Expr: l.Expr, Value: l.Value, OK: l.OK, From: l.From, To: l.To}
		}),
	}
	if r.Probe.Snapshot != nil {
		probed := NewProbeDocument(r.Probe)
		d.Probe = &probed
	}
	return d
}

// smokeWord is a verdict as it stands before its sentence.
func smokeWord(v smoke.Verdict) string { return strings.ToUpper(string(v)) }

// smokeLine is a line of the table: an answer, with that on the failback beside that on the regions.
type smokeLine struct {
	outcome smoke.Outcome
	name    string
	text    string
}

// smokeLines are the lines, without that of the verdict. Whether a region is safe to return to is told with the regions: it is
// where they are all there that it matters.
func smokeLines(r SmokeResult) []smokeLine {
	var lines []smokeLine
	for _, a := range r.Answers {
		l := smokeLine{outcome: a.Outcome, name: words.Plain(a.Subject), text: a.Text}
		switch a.Subject {
		case smoke.Failback:
			continue
		case smoke.Regions:
			back := r.Answer(smoke.Failback)
			if back.Needed || a.Outcome == smoke.Passed {
				l.text += "; safe to return to: " + back.Text
			}
			if back.Needed && l.outcome == smoke.Passed {
				l.outcome = back.Outcome
			}
		}
		lines = append(lines, l)
	}
	return lines
}
