package report

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
)

// CheckText writes whether the deployment is ready, then what is to be changed, what could not be told, and what holds.
func CheckText(w io.Writer, style Style, r CheckResult) error {
	p := checkPage{style: style, result: r, silences: silences(r.Rules)}
	p.answer()
	p.problems("Failures", check.Broken)
	p.problems("Warnings", check.Warned)
	p.untold()
	p.holds()
	p.pointless()
	p.legend()
	if p.err != nil {
		return p.err
	}
	_, err := io.WriteString(w, p.out.String())
	return err
}

// checkPage is the report as it is put together.
type checkPage struct {
	style    Style
	result   CheckResult
	silences []silence
	out      strings.Builder
	err      error // the first
}

// mostFindings bounds how many findings of a rule are shown: a rule about shards has one for each of hundreds.
const mostFindings = 8

// answer writes the verdict, its figures, and what to look at first.
func (p *checkPage) answer() {
	word, t := verdictWords(p.result)
	p.out.WriteString(p.style.answer(word, t, checkSentence(p.result)))
	if first := firstProblem(p.result); first != "" {
		p.out.WriteString(p.style.wrap("First: "+first+".", 1) + "\n")
	}
	p.out.WriteString(p.style.unchecked(p.result.Insecure))
}

// judged are the rules with an outcome.
func (p *checkPage) judged(o check.Outcome) []check.Judged {
	return slices.DeleteFunc(slices.Clone(p.result.Rules), func(j check.Judged) bool { return j.Outcome != o })
}

// problems writes the rules that do not hold: the evidence, why it matters, and what to change.
func (p *checkPage) problems(title string, o check.Outcome) {
	rules := p.judged(o)
	if len(rules) == 0 {
		return
	}
	p.heading(title)
	for i, j := range rules {
		if i > 0 {
			p.out.WriteString("\n")
		}
		p.rule(j)
		p.labelled("why", words.Said(j.Rule.Why))
		for _, fix := range fixes(j) {
			p.labelled("change", fix)
		}
	}
}

// heading begins a section.
func (p *checkPage) heading(title string) { p.out.WriteString("\n" + title + "\n") }

// rule writes a rule with what it found, without what holds but for its names, and without what several rules were not told.
func (p *checkPage) rule(j check.Judged) {
	t := tone.Of(j.Outcome)
	p.out.WriteString(" " + p.style.paint(t.Symbol()+" "+j.Rule.ID, t) + "  " + strings.TrimLeft(p.style.wrap(words.Clean(j.Rule.Title), 3+len(j.Rule.ID)+2), " ") + "\n")
	var holds []string
	shown, more := 0, 0
	for _, f := range sayings(j.Findings) {
		switch {
		case f.outcome == check.Passed:
			holds = append(holds, slices.DeleteFunc(f.subjects, func(s string) bool { return slices.Contains(holds, s) })...)
		case f.outcome == check.NotApplicable, p.shared(f):
		case shown == mostFindings:
			more++
		default:
			shown++
			p.say(sign(f.outcome, j.Outcome) + f.String())
		}
	}
	if more > 0 {
		p.say(fmt.Sprintf("and %s more, all in -o json", words.Thousands(more)))
	}
	if of := shortList(holds); of != "" {
		p.say("holds for " + of)
	}
}

// findingIndent and fixIndent are where the lines below a rule begin.
const (
	findingIndent = 3
	fixIndent     = 11
)

// say writes a line below a rule.
func (p *checkPage) say(text string) { p.out.WriteString(p.style.wrap(text, findingIndent) + "\n") }

// labelled writes a paragraph behind a label.
func (p *checkPage) labelled(label, text string) {
	fmt.Fprintf(&p.out, "   %-*s%s\n", fixIndent-findingIndent, label, strings.TrimLeft(p.style.wrap(text, fixIndent), " "))
}

// holds writes what passed, a line each, by group.
func (p *checkPage) holds() {
	all := p.judged(check.Passed)
	if len(all) == 0 {
		return
	}
	p.heading("Holds")
	for _, g := range check.Groups() {
		var rows [][]string
		for _, j := range all {
			if j.Rule.Group == g {
				rows = append(rows, []string{p.style.paint(tone.Good.Symbol(), tone.Good) + " " + j.Rule.ID, evidence(j)})
			}
		}
		if len(rows) == 0 {
			continue
		}
		text, err := p.style.table(append(left(string(g)), prose("")), rows)
		p.err = cmp.Or(p.err, err)
		p.out.WriteString(text)
	}
}

// pointless writes which rules had nothing to look at, by the reason.
func (p *checkPage) pointless() {
	ids := map[string][]string{}
	var reasons []string
	for _, j := range p.judged(check.NotApplicable) {
		reason := words.Said(j.Findings[0].Text)
		if _, seen := ids[reason]; !seen {
			reasons = append(reasons, reason)
		}
		ids[reason] = append(ids[reason], j.Rule.ID)
	}
	if len(reasons) == 0 {
		return
	}
	p.heading("Does not apply")
	for _, reason := range reasons {
		p.out.WriteString(p.style.faint(p.style.wrap(reason+": "+strings.Join(ids[reason], ", "), findingIndent)) + "\n")
	}
}

// legend says what it was judged for, and where to read on.
func (p *checkPage) legend() {
	p.out.WriteString("\n" + p.style.faint(p.style.wrap(targetText(p.result)+unseenText(p.result)+" aafailover check explain ID tells more about a rule.", 0)) + "\n")
}
