package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
)

// serviceRow is one measure of the table that shows services side by side.
type serviceRow struct {
	title string
	of    func(serviceView) string
}

// serviceRows are the measures, in their order. What was not measured is "-".
func serviceRows() []serviceRow {
	broken := func(of func(serviceView) string) func(serviceView) string {
		return func(v serviceView) string {
			if v.rec.FaultAt == nil {
				return "-"
			}
			return of(v)
		}
	}
	count := func(of func(serviceView) int) func(serviceView) string {
		return broken(func(v serviceView) string { return words.Thousands(of(v)) })
	}
	moved := func(of func(serviceView) string) func(serviceView) string {
		return func(v serviceView) string {
			if v.rec.CutOverAt == nil {
				return "-"
			}
			return of(v)
		}
	}
	return []serviceRow{
		{"elsewhere after", broken(func(v serviceView) string {
			if rto, _, ok := v.rec.RTO(); ok {
				return words.Rough(rto)
			}
			return "never"
		})},
		{"longest without success", broken(func(v serviceView) string { return words.Rough(v.rec.Gap.Length()) })},
		{"commands that failed", count(func(v serviceView) int { return v.rec.Failed })},
		{"writes sent again", count(func(v serviceView) int { return v.rec.Repeats.Count })},
		{"perhaps made twice", count(func(v serviceView) int { return v.rec.Repeats.Doubtful })},
		{"connections in a second", count(func(v serviceView) int { return v.rec.Storm.Opened })},
		{"own reads too old", count(serviceView.stale)},
		{"writes missed", moved(count(func(v serviceView) int { return v.rec.Accounts.Missed }))},
		{"of them lost", moved(count(serviceView.gone))},
		{"home after the heal", moved(serviceView.homeAfter)},
		{"and was that safe", moved(serviceView.homeSafe)},
	}
}

// homeAfter is how long after the heal the service was home.
func (v serviceView) homeAfter() string {
	if len(v.rec.Homecomings) == 0 {
		return "never"
	}
	first := v.rec.Homecomings[0]
	if first.Broken || v.rec.HealedAt == nil || first.At < *v.rec.HealedAt {
		return "before it"
	}
	return words.Rough(first.At - *v.rec.HealedAt)
}

// homeSafe says whether all returns were safe.
func (v serviceView) homeSafe() string {
	if len(v.rec.Homecomings) == 0 {
		return "-"
	}
	switch h, bad := v.unsafe(); {
	case !bad:
		return "yes"
	case h.Unproven():
		return "not known"
	}
	return "no"
}

// ServicesText writes what several services did, side by side, each in a column, and of each what it came to in a sentence.
func ServicesText(w io.Writer, style Style, all []ServiceResult) error {
	var out strings.Builder
	out.WriteString(style.wrap(servicesHead(all), 0) + "\n\n")
	views := convert(all, viewService)
	rows := [][]string{append([]string{"verdict"}, convert(views, func(v serviceView) string {
		return style.paint(string(v.rec.Verdict), tone.Of(v.rec.Verdict))
	})...)}
	for _, row := range serviceRows() {
		rows = append(rows, append([]string{row.title}, convert(views, row.of)...))
	}
	text, err := style.table(append(left(""), right(convert(all, func(r ServiceResult) string { return words.Clean(r.Name) })...)...), rows)
	if err != nil {
		return err
	}
	out.WriteString(text + "\n")
	for _, r := range all {
		sentence := ServiceSentence(r)
		if r.Record.Verdict == drill.Inconclusive {
			sentence = words.Clean(r.Name) + ": " + words.Said(r.Record.Reason) + "."
		}
		out.WriteString(style.wrap(sentence, 1) + "\n")
	}
	_, err = io.WriteString(w, out.String())
	return err
}

// servicesHead says what was done to all of them.
func servicesHead(all []ServiceResult) string {
	if len(all) == 0 {
		return "No service was drilled."
	}
	rec := all[0].Record
	return fmt.Sprintf("%s: %s; the same for each service, in turn", words.Clean(rec.Scenario.Name), words.Clean(rec.Scenario.Summary))
}

// ServicesMarkdown writes the table that shows services side by side.
func ServicesMarkdown(w io.Writer, all []ServiceResult) error {
	var out strings.Builder
	out.WriteString("## " + mdText(servicesHead(all)) + "\n\n")
	views := convert(all, viewService)
	rows := [][]string{append([]string{"verdict"}, convert(views, func(v serviceView) string {
		return tone.Of(v.rec.Verdict).Symbol() + " " + mdText(string(v.rec.Verdict))
	})...)}
	for _, row := range serviceRows() {
		rows = append(rows, append([]string{row.title}, convert(views, row.of)...))
	}
	out.WriteString(mdTable(append([]string{""}, convert(all, func(r ServiceResult) string { return mdText(r.Name) })...), rows) + "\n")
	for _, r := range all {
		out.WriteString("- " + mdText(ServiceSentence(r)) + "\n")
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// ServiceMarkdown writes the result of one service, for the summary of a job or a ticket: the answer first, the evidence folded away.
func ServiceMarkdown(w io.Writer, r ServiceResult) error {
	var text strings.Builder
	if err := ServiceText(&text, Style{Width: widest}, r); err != nil {
		return err
	}
	rec := r.Record
	v := viewService(r)
	var out strings.Builder
	fmt.Fprintf(&out, "## %s %s: %s\n\n%s\n\n%s\n\n", tone.Of(rec.Verdict).Symbol(), mdText(string(rec.Verdict)), mdText(r.Name), mdText(words.Said(rec.Reason)), mdText(ServiceSentence(r)))
	out.WriteString(mdTable([]string{"", ""}, convert(serviceRows(), func(row serviceRow) []string { return []string{row.title, "**" + row.of(v) + "**"} })) + "\n")
	out.WriteString(mdFolded("the whole report", "```text\n"+strings.ReplaceAll(text.String(), "```", "'''")+"```"))
	_, err := io.WriteString(w, out.String())
	return err
}
