package report

import (
	"fmt"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
)

// verdictWords are the answers. A deployment with warnings may be ready, and is not praised for it.
func verdictWords(r CheckResult) (string, tone.Tone) {
	switch v := r.Verdict(); {
	case v == check.Fail:
		return "NOT READY", tone.Bad
	case v == check.Inconclusive:
		return "COULD NOT TELL", tone.Poor
	case r.Count(check.Warned) > 0:
		return "READY, WITH WARNINGS", tone.Poor
	}
	return "READY", tone.Good
}

// checkSentence says of what the verdict is, and how the rules came out.
func checkSentence(r CheckResult) string {
	text := fmt.Sprintf("%s: %s.", looked(r), ruleCounts(r.Result))
	switch {
	case r.Interrupted:
		text += " Interrupted before everything was asked."
	case r.Strict && r.Verdict() == check.Fail && r.Count(check.Broken) == 0:
		text += " With --strict a warning fails."
	case r.Strict && r.Verdict() == check.Inconclusive && r.Count(check.Passed) > 0:
		text += " With --strict all has to be told."
	}
	return text
}

// looked says what was looked at.
func looked(r CheckResult) string {
	switch {
	case len(r.Files) > 0:
		return words.Clean(words.Enumerate(r.Files))
	case r.Deployment == Lab:
		return "the lab (" + words.Clean(strings.Join(r.Regions, ", ")) + ")"
	}
	return words.Clean(words.Enumerate(r.Regions))
}

// ruleCounts says how the rules came out, the worst first.
func ruleCounts(r check.Result) string {
	var parts []string
	for _, one := range []struct {
		of         check.Outcome
		one, other string
	}{
		{check.Broken, "fails", "fail"}, {check.Warned, "warns", "warn"}, {check.Untold, "could not be told", "could not be told"},
		{check.Passed, "holds", "hold"}, {check.NotApplicable, "does not apply", "do not apply"},
	} {
		switch n := r.Count(one.of); n {
		case 0:
		case 1:
			parts = append(parts, "1 "+one.one)
		default:
			parts = append(parts, fmt.Sprintf("%d %s", n, one.other))
		}
	}
	return fmt.Sprintf("of %s %s", words.Count(len(r.Rules), "rule"), words.Enumerate(parts))
}

// firstProblem is the first of the worst findings, in the order of the rules; "" where there is nothing to change.
func firstProblem(r CheckResult) string {
	for _, o := range []check.Outcome{check.Broken, check.Warned} {
		for _, j := range r.Rules {
			if j.Outcome == o {
				return findingText(j.Findings[0]) + " (" + j.Rule.ID + ")"
			}
		}
	}
	return ""
}

// findingText is a finding in a line.
func findingText(f check.Finding) string {
	text := words.Said(f.Text)
	if f.Subject == "" {
		return text
	}
	return subjectText(f.Subject) + ": " + text
}

// subjectText names what a finding is of, links as everywhere.
func subjectText(subject string) string { return strings.ReplaceAll(words.Clean(subject), "->", "→") }

// sign stands before a finding that is not as bad as its rule.
func sign(of, rule check.Outcome) string {
	switch of {
	case rule:
		return ""
	case check.Passed:
		return "holds: "
	}
	return words.Plain(of) + ": "
}

// shortList names the first of many.
func shortList(names []string) string {
	const most = 4
	if len(names) <= most {
		return words.Enumerate(names)
	}
	return fmt.Sprintf("%s and %d more", strings.Join(names[:most-1], ", "), len(names)-most+1)
}

// fixes are what to change: what the findings say, or else what the rule does.
func fixes(j check.Judged) []string {
	if own := ownFixes(j); len(own) > 0 {
		return own
	}
	return []string{words.Said(j.Rule.Fix)}
}

// ownFixes are those of the findings that ask for one, each once, with their subjects where they differ.
func ownFixes(j check.Judged) []string {
	subjects := map[string][]string{}
	var order []string
	for _, f := range j.Findings {
		if f.Fix == "" || !f.Outcome.Worse(check.Passed) {
			continue
		}
		if _, seen := subjects[f.Fix]; !seen {
			order = append(order, f.Fix)
		}
		subjects[f.Fix] = append(subjects[f.Fix], subjectText(f.Subject))
	}
	var all []string
	for i, fix := range order {
		if i == mostFindings {
			return append(all, fmt.Sprintf("and %d more, all in -o json", len(order)-i))
		}
		text := words.Said(fix)
		if of := shortList(subjects[fix]); len(order) > 1 && of != "" {
			text = of + ": " + text
		}
		all = append(all, text)
	}
	return all
}

// saying is what one or several findings say: the same of each subject.
type saying struct {
	outcome  check.Outcome
	subjects []string
	text     string
}

// String is it in a line.
func (s saying) String() string {
	if of := shortList(s.subjects); of != "" {
		return of + ": " + s.text
	}
	return s.text
}

// sayings are what findings say, in their order, each once.
func sayings(findings []check.Finding) []saying {
	var all []saying
	for _, f := range findings {
		text := words.Said(f.Text)
		at := slices.IndexFunc(all, func(s saying) bool { return s.outcome == f.Outcome && s.text == text })
		if at < 0 {
			at = len(all)
			all = append(all, saying{outcome: f.Outcome, text: text})
		}
		if subject := subjectText(f.Subject); subject != "" && !slices.Contains(all[at].subjects, subject) {
			all[at].subjects = append(all[at].subjects, subject)
		}
	}
	return all
}

// evidence is what a rule that passes has found, in a line: the first of what its findings say.
func evidence(j check.Judged) string {
	all := sayings(j.Findings)
	text := all[0].String()
	if len(all) > 1 {
		text += fmt.Sprintf("; and %d more", len(all)-1)
	}
	return text
}

// targetText says what the deployment was to be ready for.
func targetText(r CheckResult) string {
	t := r.Target
	parts := []string{}
	if t.RPO != nil {
		parts = append(parts, "an RPO of "+words.Rough(*t.RPO))
	}
	if t.RTO != nil {
		parts = append(parts, "an RTO of "+words.Rough(*t.RTO))
	}
	if len(parts) > 0 && t.Profile != "" {
		parts[len(parts)-1] += " (" + words.Clean(t.Profile) + ")"
	}
	if t.Outage > 0 {
		parts = append(parts, "an outage of "+words.Rough(t.Outage))
	}
	text := "Judged for " + words.Enumerate(parts) + "."
	if t.RPO == nil && t.RTO == nil {
		text += " --rpo, --rto or --profile say what may be lost and how long it may take."
	}
	return text
}

// unseenText says what no rule sees of several regions: servers that have nothing to do with each other may be set up alike.
func unseenText(r CheckResult) string {
	if len(r.Regions) < 2 || r.Deployment == Lab {
		return ""
	}
	return " Whether what is written in one region reaches the others a check does not see: aafailover probe and drill do."
}
