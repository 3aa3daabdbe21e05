package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/smoke"
)

// outcomeWords are the outcomes as the log of a job shows them, four columns wide at the most.
func outcomeWords() map[smoke.Outcome]string {
	return map[smoke.Outcome]string{smoke.Passed: "ok", smoke.Warned: "warn", smoke.Failed: "fail", smoke.Untold: "?"}
}

// SmokeText writes five lines: an answer each, the verdict the last. None is broken: logs are searched by lines.
func SmokeText(w io.Writer, style Style, r SmokeResult) error {
	var out strings.Builder
	for _, l := range smokeLines(r) {
		out.WriteString(style.paint(fmt.Sprintf("%-4s", outcomeWords()[l.outcome]), tone.Of(l.outcome)) + fmt.Sprintf("  %-12s  %s\n", l.name, words.Clean(l.text)))
	}
	last := smokeWord(r.Verdict) + "  " + words.Clean(r.Sentence)
	code := fmt.Sprintf("exit %d", r.ExitCode)
	gap := max(2, style.columns()-widthOf(last)-len(code))
	out.WriteString(style.paint(smokeWord(r.Verdict), tone.Of(r.Verdict)) + strings.TrimPrefix(last, smokeWord(r.Verdict)) + strings.Repeat(" ", gap) + code + "\n")
	_, err := io.WriteString(w, out.String())
	return err
}
