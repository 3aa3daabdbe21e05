package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/internal/words"
)

// CheckMarkdown writes the result for the summary of a job or a comment: what is to be changed in the open, what holds folded.
func CheckMarkdown(w io.Writer, r CheckResult) error {
	word, t := verdictWords(r)
	var out strings.Builder
	fmt.Fprintf(&out, "## %s %s\n\naafailover check, %s\n", t.Symbol(), word, mdText(checkSentence(r)))
	for _, name := range r.Insecure {
		fmt.Fprintf(&out, "\nThe TLS certificate of %s was not checked.\n", mdText(name))
	}
	for _, part := range []struct {
		of    check.Outcome
		title string
	}{{check.Broken, "Failures"}, {check.Warned, "Warnings"}} {
		if rows := markdownRows(r, part.of, true); len(rows) > 0 {
			fmt.Fprintf(&out, "\n### %s\n\n%s", part.title, mdTable([]string{"rule", "found", "why", "change"}, rows))
		}
	}
	for _, part := range []struct {
		of    check.Outcome
		title string
	}{{check.Untold, "Could not be told"}, {check.Passed, "Holds"}, {check.NotApplicable, "Does not apply"}} {
		if rows := markdownRows(r, part.of, false); len(rows) > 0 {
			out.WriteString("\n" + mdFolded(fmt.Sprintf("%s (%d)", part.title, len(rows)), mdTable([]string{"rule", "found"}, rows)))
		}
	}
	fmt.Fprintf(&out, "\n%s\n", mdText(targetText(r)+unseenText(r)))
	_, err := io.WriteString(w, out.String())
	return err
}

// markdownRows are the rules with an outcome, with what to change if that is asked for.
func markdownRows(r CheckResult, o check.Outcome, change bool) [][]string {
	var rows [][]string
	for _, j := range r.Rules {
		if j.Outcome != o {
			continue
		}
		found, more := []string{}, 0
		for _, f := range sayings(j.Findings) {
			if len(found) == mostFindings {
				more++
				continue
			}
			found = append(found, mdText(sign(f.outcome, j.Outcome)+f.String()))
		}
		if more > 0 {
			found = append(found, fmt.Sprintf("and %s more, all in -o json", words.Thousands(more)))
		}
		row := []string{mdCode(j.Rule.ID), mdLines(found)}
		if change {
			row = append(row, mdText(words.Said(j.Rule.Why)), mdLines(convert(fixes(j), mdText)))
		}
		rows = append(rows, row)
	}
	return rows
}
