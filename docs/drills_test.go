package docs_test

import (
	"bytes"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/cmd"
	"github.com/aafailover/aafailover/drill"
)

// helpOf is what the commands that the guide is about say of themselves.
func helpOf(t *testing.T, commands ...string) string {
	t.Helper()
	var all bytes.Buffer
	for _, command := range commands {
		p := cmd.Process{Args: append(strings.Fields(command), "--help"), Stdin: strings.NewReader(""), Stdout: &all, Stderr: io.Discard}
		if code := cmd.Run(t.Context(), p); code != 0 {
			t.Fatalf("%s --help: exit code %d", command, code)
		}
	}
	return all.String()
}

// Every flag that the guide to drills names is one of the commands that it is about, and every scenario of the program is
// named in it.
func TestTheGuideToDrillsIsTrue(t *testing.T) {
	guide, err := os.ReadFile("drills.md")
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{}
	flag := regexp.MustCompile("(?m)(?:^|[ `(])--([a-z][a-z-]+)")
	help := helpOf(t, "drill", "drill compare", "drill resume", "drill history", "probe", "acl drill", "acl probe", "lab")
	for _, found := range regexp.MustCompile(`(?m)^ +(?:-[a-z], )?--([a-z][a-z-]+)`).FindAllStringSubmatch(help, -1) {
		known[found[1]] = true
	}
	named := flag.FindAllStringSubmatch(string(guide), -1)
	if len(named) < 40 {
		t.Fatalf("only %d flags found in the guide", len(named))
	}
	for _, found := range named {
		if !known[found[1]] {
			t.Errorf("the guide names --%s, which no command has", found[1])
		}
	}
	for _, s := range drill.Scenarios() {
		if !strings.Contains(string(guide), "`"+s.Name+"`") {
			t.Errorf("the guide does not name the scenario %s", s.Name)
		}
	}
}
