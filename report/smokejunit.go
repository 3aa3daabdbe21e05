package report

import (
	"io"

	"github.com/aafailover/aafailover/smoke"
)

// SmokeJUnit writes a test case for each answer and one for the verdict. What ends the program with 1 is a failure, what ends it
// with 3 an error; a warning is said and passes, and what could not be told and is not needed is skipped.
func SmokeJUnit(w io.Writer, r SmokeResult) error {
	s := junitSuite{name: "aafailover smoke", at: r.Started, took: r.Took}
	for _, a := range r.Answers {
		c := junitCase{class: "aafailover.smoke", name: string(a.Subject), said: a.Text}
		remark := &junitRemark{message: a.Text, kind: string(a.Outcome), text: advised(a)}
		switch {
		case a.Outcome == smoke.Failed:
			c.failed = remark
		case a.Outcome == smoke.Untold && a.Needed:
			c.errored = remark
		case a.Outcome == smoke.Untold:
			c.skipped = &junitRemark{message: a.Text}
		case a.Outcome == smoke.Warned:
			c.said = "warning: " + advised(a)
		}
		s.cases = append(s.cases, c)
	}
	verdict := junitCase{class: "aafailover.smoke", name: "verdict", took: r.Took, said: r.Sentence}
	remark := &junitRemark{message: r.Sentence, kind: string(r.Verdict)}
	switch r.Verdict {
	case smoke.Fail:
		verdict.failed = remark
	case smoke.Inconclusive:
		verdict.errored = remark
	}
	s.cases = append(s.cases, verdict)
	for i := range s.cases {
		s.cases[i].clean()
	}
	return writeJUnit(w, "aafailover smoke", []junitSuite{s})
}

// advised is the text of an answer with what to do, where there is something.
func advised(a smoke.Answer) string {
	if a.Advice == "" {
		return a.Text
	}
	return a.Text + ". What to do: " + a.Advice
}
