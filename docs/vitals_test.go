package docs_test

import (
	"regexp"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/vitals"
)

// Every kind of remark is explained, and all that is asked is named.
func TestVitalsAreExplained(t *testing.T) {
	t.Parallel()
	document := readDocument(t, "vitals.md")
	kinds := regexp.MustCompile(`Kind += "([a-z_]+)"`).FindAllStringSubmatch(readDocument(t, "../vitals/remark.go"), -1)
	if len(kinds) < 12 {
		t.Errorf("only %d kinds of remarks found", len(kinds))
	}
	named := vitals.SettingNames()
	for _, kind := range kinds {
		named = append(named, kind[1])
	}
	for _, c := range vitals.Commands() {
		named = append(named, c.String())
	}
	for _, name := range named {
		if !strings.Contains(document, "`"+name+"`") {
			t.Errorf("vitals.md does not speak of %s", name)
		}
	}
}
