package check_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/check"
)

// Servers are asked for no setting that no rule goes by: each is named where the rules are.
func TestNoSettingIsAskedForThatNoRuleGoesBy(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	var source strings.Builder
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		source.Write(text)
	}
	for _, name := range check.SettingNames() {
		if !strings.Contains(source.String(), `"`+name+`"`) {
			t.Errorf("%s is asked for, and no rule goes by it", name)
		}
	}
}
