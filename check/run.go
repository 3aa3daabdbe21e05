package check

import (
	"cmp"
	"slices"
	"time"

	"github.com/aafailover/aafailover/internal/words"
)

// Result is what the rules found.
type Result struct {
	At     time.Time // of the facts
	Lab    bool      // the regions are those of a lab
	Target Target
	Rules  []Judged // in the order of the rules
	Strict bool
}

// Judged is a rule with what it found.
type Judged struct {
	Rule Rule
	// Outcome is the worst of the findings.
	Outcome Outcome
	// Findings are at least one, the worst first.
	Findings []Finding
}

// Verdict is the result in a word.
type Verdict string

// The verdicts.
const (
	Pass         Verdict = "pass"
	Fail         Verdict = "fail"
	Inconclusive Verdict = "inconclusive"
)

// Run judges the facts by the rules.
func Run(rules []Rule, f *Facts, t Target, strict bool) Result {
	r := Result{At: f.At, Lab: f.Lab, Target: t, Strict: strict}
	for _, rule := range rules {
		r.Rules = append(r.Rules, judge(rule, f, t))
	}
	return r
}

func judge(rule Rule, f *Facts, t Target) Judged {
	found := slices.Clone(rule.Judge(f, t))
	if len(found) == 0 {
		found = notApplicable("there is nothing to look at")
	}
	for i := range found {
		found[i] = cleaned(found[i])
	}
	slices.SortStableFunc(found, func(a, b Finding) int {
		return cmp.Compare(slices.Index(outcomes, b.Outcome), slices.Index(outcomes, a.Outcome))
	})
	return Judged{Rule: rule, Outcome: found[0].Outcome, Findings: found}
}

// cleaned is a finding in which everything that servers said, names of theirs included, can be shown.
func cleaned(f Finding) Finding {
	f.Subject, f.Text, f.Fix = words.Clean(f.Subject), cmp.Or(words.Said(f.Text), "what was said cannot be shown"), words.Clean(f.Fix)
	return f
}

// Count returns how many rules came out so.
func (r Result) Count(o Outcome) int {
	n := 0
	for _, j := range r.Rules {
		if j.Outcome == o {
			n++
		}
	}
	return n
}

// Verdict is Fail where a rule is Broken, and Inconclusive where none passed, warned or failed, so that nothing is known.
// Strict takes a warning for a failure, and anything that was not told for Inconclusive.
func (r Result) Verdict() Verdict {
	warned, untold := r.Count(Warned), r.Count(Untold)
	switch {
	case r.Count(Broken) > 0 || r.Strict && warned > 0:
		return Fail
	case r.Count(Passed)+warned == 0 || r.Strict && untold > 0:
		return Inconclusive
	}
	return Pass
}
