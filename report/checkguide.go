package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/check/alerts"
	"github.com/aafailover/aafailover/internal/words"
)

// groupTitles are the headings of the groups.
func groupTitles() map[check.Group]string {
	return map[check.Group]string{
		check.ActiveActive: "The regions beside each other (active-active)",
		check.Management:   "What the REST API says (rest)",
		check.Durability:   "What a failure inside one region takes (durability)",
		check.Settings:     "Files of settings (settings)",
	}
}

// ChecksGuide writes all rules as a part of a document in Markdown: a heading for each group and for each rule, which are the
// anchors that alerts lead to.
func ChecksGuide(w io.Writer, rules []check.Rule, all []alerts.Alert) error {
	watched := map[string][]string{} // rule -> alerts
	for _, a := range all {
		watched[a.Rule] = append(watched[a.Rule], mdCode(a.Name))
	}
	var out strings.Builder
	titles := groupTitles()
	for _, g := range check.Groups() {
		of := rulesOf(rules, g)
		if len(of) == 0 {
			continue
		}
		fmt.Fprintf(&out, "## %s\n\n", mdText(titles[g]))
		for _, r := range of {
			fmt.Fprintf(&out, "### %s\n\n**%s.** At worst a %s.\n\n", r.ID, mdText(capitalised(r.Title)), r.Severity)
			fmt.Fprintf(&out, "- Why: %s.\n- What to do: %s.\n", mdText(words.Said(r.Why)), mdText(words.Said(r.Fix)))
			if names := watched[r.ID]; len(names) > 0 {
				fmt.Fprintf(&out, "- To be watched: %s, of `check alerts`.\n", words.Enumerate(names))
			}
			fmt.Fprintf(&out, "- Source: %s.\n\n", mdSource(r.Source))
		}
	}
	_, err := io.WriteString(w, strings.TrimRight(out.String(), "\n")+"\n")
	return err
}

// mdSource is a document by its title, with a link where it says its address in brackets behind.
func mdSource(source string) string {
	title, address, linked := strings.Cut(strings.TrimSuffix(words.Clean(source), ")"), " (http")
	if !linked {
		return mdText(words.Clean(source))
	}
	return "[" + mdText(title) + "](http" + address + ")"
}

// rulesOf are the rules of a group.
func rulesOf(rules []check.Rule, g check.Group) []check.Rule {
	var of []check.Rule
	for _, r := range rules {
		if r.Group == g {
			of = append(of, r)
		}
	}
	return of
}

// capitalised begins with a capital.
func capitalised(text string) string {
	if text == "" {
		return ""
	}
	return strings.ToUpper(text[:1]) + text[1:]
}
