package docs_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/drill/promotion"
)

// Every flag that the guide to topologies names is one of the commands that it is about, and its tables have every scenario.
func TestTheGuideToTopologiesIsTrue(t *testing.T) {
	guide := readDocument(t, "topologies.md")
	known := map[string]bool{}
	for _, found := range regexp.MustCompile(`(?m)^ +(?:-[a-z], )?--([a-z][a-z-]+)`).FindAllStringSubmatch(helpOf(t, "drill", "drill list"), -1) {
		known[found[1]] = true
	}
	named := regexp.MustCompile("(?m)(?:^|[ `(])--([a-z][a-z-]+)").FindAllStringSubmatch(guide, -1)
	if len(named) < 10 {
		t.Fatalf("only %d flags found in the guide", len(named))
	}
	for _, found := range named {
		if !known[found[1]] && found[1] != "fix" { // of redis-check-aof
			t.Errorf("the guide names --%s, which no command has", found[1])
		}
	}
	for _, topology := range promotion.Topologies() {
		_, table, found := strings.Cut(guide, "--topology "+string(topology)+" --scenario all`")
		table, _, ended := strings.Cut(table, "\n```\n\n")
		if !found || !ended {
			t.Fatalf("no table of %s", topology)
		}
		for _, s := range promotion.Scenarios(topology) {
			if !strings.Contains(table, "\n "+s.Name+" ") {
				t.Errorf("the table of %s lacks %s", topology, s.Name)
			}
		}
	}
}
