package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/smoke"
)

// SmokeMarkdown writes the result for the summary of a job: the verdict, then an answer a row.
func SmokeMarkdown(w io.Writer, r SmokeResult) error {
	var out strings.Builder
	fmt.Fprintf(&out, "## %s %s\n\naafailover smoke: %s\n", tone.Of(r.Verdict).Symbol(), smokeWord(r.Verdict), mdText(r.Sentence))
	for _, name := range r.Insecure {
		fmt.Fprintf(&out, "\nThe TLS certificate of %s was not checked.\n", mdText(name))
	}
	out.WriteString("\n" + mdTable([]string{"", "checked", "found"}, convert(r.Answers, func(a smoke.Answer) []string {
		lines := []string{mdText(a.Text)}
		if a.Advice != "" {
			lines = append(lines, mdText("What to do: "+a.Advice))
		}
		return []string{tone.Of(a.Outcome).Symbol() + " " + mdText(words.Plain(a.Outcome)), mdText(words.Plain(a.Subject)), mdLines(lines)}
	})))
	fmt.Fprintf(&out, "\n%s Took %s, exit code %d.\n", mdText(origin(r.Deployment)), words.Rough(r.Took), r.ExitCode)
	_, err := io.WriteString(w, out.String())
	return err
}
