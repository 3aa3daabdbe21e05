package main

import (
	"os"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/cmd"
)

// Homebrew takes the man pages by name.
func TestTheReleaseNamesTheManPagesOfAllCommands(t *testing.T) {
	text, err := os.ReadFile("../../goreleaser.yaml")
	if err != nil {
		t.Fatal(err)
	}
	everyPage(cmd.Commands(), func(p page) {
		if name := "man/" + p.file() + manEnding; strings.Count(p.path, " ") < 2 && p.path != "aafailover help" && !strings.Contains(string(text), "- "+name+"\n") {
			t.Errorf("goreleaser.yaml: homebrew_casks: manpages: - %s is missing", name)
		}
	})
}
