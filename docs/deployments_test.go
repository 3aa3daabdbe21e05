package docs_test

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/cmd"
)

// A block that begins with a command of acl shows what it prints, to the letter: somebody may take it from there.
func TestTheAccessRulesOfTheDocumentsAreThoseOfTheProgram(t *testing.T) {
	for _, variable := range []string{"XDG_CONFIG_HOME", "HOME"} {
		t.Setenv(variable, t.TempDir())
	}
	documents, err := filepath.Glob("*.md")
	if err != nil {
		t.Fatal(err)
	}
	block := regexp.MustCompile("(?m)^```\n\\$ aafailover (acl .*)\n((?:[^`].*\n|\n)*)```$")
	shown := map[string]bool{}
	for _, document := range documents {
		for _, found := range block.FindAllStringSubmatch(readDocument(t, document), -1) {
			var stdout, stderr bytes.Buffer
			code := cmd.Run(t.Context(), cmd.Process{Args: strings.Fields(found[1]), Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: &stderr})
			if diff := cmp.Diff(found[2], stdout.String()); code != 0 || diff != "" {
				t.Errorf("%s: aafailover %s: exit code %d, %s(-shown +printed):\n%s", document, found[1], code, &stderr, diff)
			}
			shown[found[1]] = true
		}
	}
	for _, command := range []string{"acl probe", "acl drill", "acl check"} {
		if !shown[command] {
			t.Errorf("no document shows what aafailover %s prints", command)
		}
	}
}
