package report

import (
	"io"
	"strings"

	"github.com/aafailover/aafailover/check"
)

// ChecksSchema is that of a ChecksDocument.
const ChecksSchema = "aafailover.checks/v1"

// ChecksDocument is the result of `check list`.
type ChecksDocument struct {
	Schema string         `json:"schema"`
	Rules  []RuleDocument `json:"rules"`
}

// RuleDocument is one rule of a check.
type RuleDocument struct {
	ID       string         `json:"id"`
	Title    string         `json:"title"` // what holds where it passes
	Group    check.Group    `json:"group"`
	Severity check.Severity `json:"severity"` // of the worst that it finds
	Source   string         `json:"source"`   // the document that asks for it
	Why      string         `json:"why"`
	Fix      string         `json:"fix"`
}

// NewChecksDocument makes the document.
func NewChecksDocument(rules []check.Rule) ChecksDocument {
	return ChecksDocument{Schema: ChecksSchema, Rules: convert(rules, ruleDocument)}
}

func ruleDocument(r check.Rule) RuleDocument {
	return RuleDocument{ID: r.ID, Title: r.Title, Group: r.Group, Severity: r.Severity, Source: r.Source, Why: r.Why, Fix: r.Fix}
}

// ChecksText writes a row for each rule, by group.
func ChecksText(w io.Writer, style Style, rules []check.Rule) error {
	var out strings.Builder
	for _, g := range check.Groups() {
		rows := convert(rulesOf(rules, g), func(r check.Rule) []string { return []string{r.ID, string(r.Severity), r.Title} })
		if len(rows) == 0 {
			continue
		}
		text, err := style.table(append(left(string(g), "severity"), prose("what should hold")), rows)
		if err != nil {
			return err
		}
		out.WriteString(text + "\n")
	}
	out.WriteString(style.wrap("aafailover check explain ID tells why one matters, what to do, and which document says so. --only and --skip take IDs and groups.", 1) + "\n")
	_, err := io.WriteString(w, out.String())
	return err
}

// RuleText writes all about one rule.
func RuleText(w io.Writer, style Style, r check.Rule) error {
	return writeScenario(w, style, r.ID, []labelledLines{
		{"holds", []string{r.Title}},
		{"group", []string{string(r.Group)}},
		{"at worst", []string{severityText(r.Severity)}},
		{"why", []string{r.Why}},
		{"do", []string{r.Fix}},
		{"source", []string{r.Source}},
	})
}

// severityText says what it comes to when a rule does not hold.
func severityText(s check.Severity) string {
	if s == check.Failure {
		return "a failure: a failover will lose more, take longer, or not work"
	}
	return "a warning: worth changing, but it fails the check with --strict only"
}
