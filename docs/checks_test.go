package docs_test

import (
	"bytes"
	"flag"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/check"
	"github.com/aafailover/aafailover/check/alerts"
	"github.com/aafailover/aafailover/report"
)

var update = flag.Bool("update", false, "write what is made by the program anew")

// madeFrom is where the part of checks.md begins that is made of the table of the rules.
const madeFrom = "<!-- From here on made of the rules, by: go test ./docs -run TestTheGuideToChecks -update -->\n"

// What checks.md says of the rules is what they say themselves.
func TestTheGuideToChecksIsMadeOfTheRules(t *testing.T) {
	text := readDocument(t, "checks.md")
	written, made, found := strings.Cut(text, madeFrom)
	if !found {
		t.Fatal("checks.md does not say from where on it is made")
	}
	var want bytes.Buffer
	if err := report.ChecksGuide(&want, check.Rules(), alerts.All()); err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("checks.md", []byte(written+madeFrom+"\n"+want.String()), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(strings.TrimPrefix(made, "\n"), want.String()); diff != "" {
		t.Errorf("checks.md is not what the rules say; -update writes it anew (-had +want):\n%s", diff)
	}
}

// Every rule has a heading, which alerts and links lead to, and every flag that is named is there.
func TestTheGuideToChecksIsTrue(t *testing.T) {
	text := readDocument(t, "checks.md")
	anchors := headings(text)
	for _, r := range check.Rules() {
		if !anchors[r.ID] {
			t.Errorf("no heading of checks.md is %s", r.ID)
		}
	}
	flags := regexp.MustCompile("(?:^|[ `(])--([a-z][a-z-]+)")
	var known []string
	for _, found := range regexp.MustCompile(`(?m)^ +(?:-[a-z], )?--([a-z][a-z-]+)`).FindAllStringSubmatch(
		helpOf(t, "check", "check list", "check explain", "check alerts", "acl check", "drill"), -1) {
		known = append(known, found[1])
	}
	written, _, _ := strings.Cut(text, madeFrom)
	named := flags.FindAllStringSubmatch(written, -1)
	if len(named) < 8 {
		t.Fatalf("only %d flags found in the guide", len(named))
	}
	for _, found := range named {
		if !slices.Contains(known, found[1]) {
			t.Errorf("the guide names --%s, which the commands do not have", found[1])
		}
	}
}
