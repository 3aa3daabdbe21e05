package report

import (
	"io"
	"strings"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/internal/words"
)

// CheckJUnit writes a test case for each rule, in a suite for each group. What would end the program with 1 is a failure,
// what would with 3 an error; a warning is said and passes, and what could not be told is skipped, but with Strict.
func CheckJUnit(w io.Writer, r CheckResult) error {
	var suites []junitSuite
	for _, g := range check.Groups() {
		s := junitSuite{name: "aafailover check " + string(g), at: r.At}
		for _, j := range r.Rules {
			if j.Rule.Group == g {
				s.cases = append(s.cases, junitRule(j, r.Strict))
			}
		}
		if len(s.cases) > 0 {
			suites = append(suites, s)
		}
	}
	return writeJUnit(w, "aafailover check", suites)
}

// junitRule is the case of a rule.
func junitRule(j check.Judged, strict bool) junitCase {
	c := junitCase{class: "aafailover.check." + string(j.Rule.Group), name: j.Rule.ID + ": " + words.Clean(j.Rule.Title)}
	remark := func() *junitRemark {
		return &junitRemark{message: findingText(j.Findings[0]), kind: string(j.Outcome), text: strings.Join(allOf(j), "\n")}
	}
	switch j.Outcome {
	case check.Broken:
		c.failed = remark()
	case check.Warned:
		if strict {
			c.failed = remark()
			break
		}
		c.said = "warning\n" + strings.Join(allOf(j), "\n")
	case check.Untold:
		if strict {
			c.errored = remark()
			break
		}
		c.skipped = &junitRemark{message: "could not tell: " + findingText(j.Findings[0])}
		c.said = strings.Join(allOf(j), "\n")
	case check.NotApplicable:
		c.skipped = &junitRemark{message: "does not apply: " + findingText(j.Findings[0])}
	default:
		c.said = strings.Join(allOf(j), "\n")
	}
	return c
}

// allOf are all findings of a rule, a line each, and, where one asks for a change, why and which.
func allOf(j check.Judged) []string {
	var lines []string
	for _, f := range j.Findings {
		lines = append(lines, sign(f.Outcome, j.Outcome)+findingText(f))
	}
	if j.Outcome.Worse(check.Untold) {
		lines = append(lines, "why: "+words.Said(j.Rule.Why))
		for _, fix := range fixes(j) {
			lines = append(lines, "change: "+fix)
		}
		lines = append(lines, "source: "+words.Clean(j.Rule.Source))
	}
	return lines
}
