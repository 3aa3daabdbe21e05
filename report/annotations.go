package report

import (
	"io"
	"strings"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/smoke"
)

// SmokeAnnotations writes what is not well as workflow commands of GitHub Actions, which shows them beside the job and the change:
// an error for what ended the program with another code than 0, a warning for the rest. The form and its escapes are those of
// https://docs.github.com/actions/reference/workflow-commands-for-github-actions and of its toolkit.
func SmokeAnnotations(w io.Writer, r SmokeResult) error {
	var out strings.Builder
	said := false
	for _, a := range r.Answers {
		switch {
		case a.Outcome == smoke.Failed, a.Outcome == smoke.Untold && a.Needed && r.Verdict == smoke.Inconclusive:
			annotate(&out, "error", words.Plain(a.Subject), advised(a))
			said = true
		case a.Outcome == smoke.Warned:
			annotate(&out, "warning", words.Plain(a.Subject), advised(a))
		}
	}
	if r.Verdict != smoke.Pass && !said {
		annotate(&out, "error", string(r.Verdict), r.Sentence)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

func annotate(out *strings.Builder, level, subject, text string) {
	out.WriteString("::" + level + " title=" + annotationProperty("aafailover smoke, "+subject) + "::" + annotationText(words.Clean(text)) + "\n")
}

// annotationText escapes the text of a workflow command.
func annotationText(text string) string {
	return strings.NewReplacer("%", "%25", "\r", "%0D", "\n", "%0A").Replace(text)
}

// annotationProperty escapes the value of a property of a workflow command.
func annotationProperty(text string) string {
	return strings.NewReplacer(":", "%3A", ",", "%2C").Replace(annotationText(text))
}
