package report

import (
	"github.com/aafailover/aafailover/canary"
	"github.com/aafailover/aafailover/probe"
)

// ChangeSchema is the schema of a ChangeDocument.
const ChangeSchema = "aafailover.change/v1"

// ChangeDocument is what is known at a change of the verdict: the document of a probe without its cells and events, so that
// it stays small whatever the number of shards.
type ChangeDocument struct {
	Schema     string        `json:"schema"`
	Deployment Deployment    `json:"deployment"`
	At         Timestamp     `json:"at"`
	Was        probe.Verdict `json:"was"` // the verdict that was told before
	Verdict    probe.Verdict `json:"verdict"`
	Sentence   string        `json:"sentence"`
	Since      Timestamp     `json:"since"`
	// Skipped counts the changes between was and verdict that were not told, since the command was still busy.
	Skipped int `json:"skipped"`
	// Insecure are the regions whose TLS certificates were not checked, so that anybody in between could answer.
	Insecure []string          `json:"insecure"`
	Coverage Coverage          `json:"coverage"`
	Observer string            `json:"observer"`
	Findings []FindingDocument `json:"findings"` // worst first
	Regions  []RegionDocument  `json:"regions"`  // the local one first
	Links    []LinkSummary     `json:"links"`    // loops included
	// Incident is that of the canary that has come to another stage; null when there is no news of one.
	Incident *IncidentDocument `json:"incident"`
}

// About notes the incident that there is news of.
func (d *ChangeDocument) About(i canary.Incident) {
	about := newIncidentDocument(i)
	d.Incident = &about
}

// LinkSummary is a link, or loop, without its cells.
type LinkSummary struct {
	From   string          `json:"from"`
	To     string          `json:"to"`
	State  probe.LinkState `json:"state"`
	Since  Timestamp       `json:"since"`
	LastUp Timestamp       `json:"last_up"`
	RTT    RTTDocument     `json:"rtt_ms"`
}

// NewChangeDocument makes the document of a snapshot whose verdict has changed.
func NewChangeDocument(kind Deployment, insecure []string, was probe.Verdict, skipped int, s *probe.Snapshot) ChangeDocument {
	return ChangeDocument{
		Schema: ChangeSchema, Deployment: kind, At: Timestamp(s.At), Was: was, Verdict: s.Verdict, Sentence: s.Sentence,
		Since: Timestamp(s.Since), Skipped: skipped, Insecure: list(insecure), Coverage: coverage(s.Coverage), Observer: s.Observer,
		Findings: convert(s.Findings, findingDocument), Regions: convert(s.Regions, regionDocument),
		Links: convert(s.Links, func(l probe.Link) LinkSummary {
			return LinkSummary{From: l.From, To: l.To, State: l.State, Since: Timestamp(l.Since), LastUp: Timestamp(l.LastUp), RTT: rttDocument(l.RTT)}
		}),
	}
}
