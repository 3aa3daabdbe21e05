package docs_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/drill/durability"
)

// Every row of the matrix is explained, every flag that is named is there, and the run that is shown is one of all rows.
func TestTheGuideToDurabilityIsTrue(t *testing.T) {
	guide := readDocument(t, "durability.md")
	for _, c := range durability.Cases() {
		if !strings.Contains(guide, "`"+c.Name+"`") {
			t.Errorf("the guide does not explain %s", c.Name)
		}
		if !strings.Contains(guide, "\n "+c.Name+" ") {
			t.Errorf("the guide shows no figures of %s", c.Name)
		}
	}
	flag := regexp.MustCompile("(?:^|[ `(])--([a-z][a-z-]+)")
	var known []string
	for _, found := range regexp.MustCompile(`(?m)^ +(?:-[a-z], )?--([a-z][a-z-]+)`).FindAllStringSubmatch(helpOf(t, "drill durability"), -1) {
		known = append(known, found[1])
	}
	named := flag.FindAllStringSubmatch(guide, -1)
	if len(named) < 10 {
		t.Fatalf("only %d flags found in the guide", len(named))
	}
	for _, found := range named {
		if !slices.Contains(known, found[1]) {
			t.Errorf("the guide names --%s, which the command does not have", found[1])
		}
	}
}
