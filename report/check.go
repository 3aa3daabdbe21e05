package report

import (
	"github.com/aafailover/aafailover/check"
)

// CheckSchema is that of a CheckDocument.
const CheckSchema = "aafailover.check/v1"

// CheckResult is what `check` found.
type CheckResult struct {
	Deployment Deployment
	// Regions are the names of those that were looked at, or Files those of the files.
	Regions, Files []string
	Insecure       []string // regions whose TLS certificates were not checked
	// Interrupted says that not everything was asked: what is missing could not be told.
	Interrupted bool
	check.Result
}

// Verdict is that of the rules. What was interrupted before everything was asked is no pass.
func (r CheckResult) Verdict() check.Verdict {
	if v := r.Result.Verdict(); v != check.Pass || !r.Interrupted {
		return v
	}
	return check.Inconclusive
}

// CheckDocument is the result of `check`.
type CheckDocument struct {
	Schema      string              `json:"schema"`
	Deployment  Deployment          `json:"deployment"`
	At          Timestamp           `json:"at"`
	Regions     []string            `json:"regions"`
	Files       []string            `json:"files"`
	Insecure    []string            `json:"insecure"`
	Verdict     check.Verdict       `json:"verdict"`
	Strict      bool                `json:"strict"`
	Interrupted bool                `json:"interrupted"`
	Target      CheckTargetDocument `json:"target"`
	Counts      CheckCountsDocument `json:"counts"` // of rules
	Rules       []JudgedDocument    `json:"rules"`
}

// CheckTargetDocument is what the deployment was to be ready for.
type CheckTargetDocument struct {
	RPO            *Milliseconds `json:"rpo_ms"` // null: nobody said
	RTO            *Milliseconds `json:"rto_ms"`
	Profile        string        `json:"profile"` // that they were taken from; ""
	Outage         Milliseconds  `json:"outage_ms"`
	CertificateFor Milliseconds  `json:"certificate_for_ms"`
}

// CheckCountsDocument counts rules by what became of them.
type CheckCountsDocument struct {
	Passed        int `json:"pass"`
	Warned        int `json:"warning"`
	Broken        int `json:"failure"`
	Untold        int `json:"could_not_tell"`
	NotApplicable int `json:"not_applicable"`
}

// JudgedDocument is a rule with what it found.
type JudgedDocument struct {
	RuleDocument
	Outcome  check.Outcome      `json:"outcome"` // the worst of the findings
	Findings []EvidenceDocument `json:"findings"`
}

// EvidenceDocument is what a rule found of one thing.
type EvidenceDocument struct {
	Outcome check.Outcome `json:"outcome"`
	Subject string        `json:"subject"` // "" is the whole deployment
	Text    string        `json:"text"`
	Fix     string        `json:"fix"` // "" where the rule's own says it
}

// NewCheckDocument makes the document.
func NewCheckDocument(r CheckResult) CheckDocument {
	t := r.Target
	return CheckDocument{
		Schema: CheckSchema, Deployment: r.Deployment, At: Timestamp(r.At), Regions: list(r.Regions), Files: list(r.Files), Insecure: list(r.Insecure),
		Verdict: r.Verdict(), Strict: r.Strict, Interrupted: r.Interrupted,
		Target: CheckTargetDocument{RPO: milliseconds(t.RPO), RTO: milliseconds(t.RTO), Profile: t.Profile,
			Outage: Milliseconds(t.Outage), CertificateFor: Milliseconds(t.CertificateFor)},
		Counts: CheckCountsDocument{Passed: r.Count(check.Passed), Warned: r.Count(check.Warned), Broken: r.Count(check.Broken),
			Untold: r.Count(check.Untold), NotApplicable: r.Count(check.NotApplicable)},
		Rules: convert(r.Rules, func(j check.Judged) JudgedDocument {
			return JudgedDocument{RuleDocument: ruleDocument(j.Rule), Outcome: j.Outcome,
				Findings: convert(j.Findings, func(f check.Finding) EvidenceDocument { return EvidenceDocument(f) })}
		}),
	}
}
