package main

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"github.com/aafailover/aafailover/cmd"
)

// release is what is looked at in goreleaser.yaml.
type release struct {
	Archives []struct{ Files []any } // a pattern, or a map with src
	Casks    []struct {
		ManPages []string `yaml:"manpages"`
	} `yaml:"homebrew_casks"`
}

func readRelease(t *testing.T) release {
	t.Helper()
	text, err := os.ReadFile("../../goreleaser.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var r release
	if err := yaml.Unmarshal(text, &r); err != nil || len(r.Archives) != 1 || len(r.Casks) != 1 {
		t.Fatalf("goreleaser.yaml: %+v, %v", r, err)
	}
	return r
}

// Homebrew takes the man pages by name.
func TestTheReleaseNamesTheManPagesOfAllCommands(t *testing.T) {
	var want []string
	everyPage(cmd.Commands(), func(p page) { want = append(want, "man/"+p.file()+manEnding) })
	slices.Sort(want)
	if got := slices.Sorted(slices.Values(readRelease(t).Casks[0].ManPages)); !slices.Equal(got, want) {
		t.Errorf("goreleaser.yaml: homebrew_casks: manpages should be\n      - %s", strings.Join(want, "\n      - "))
	}
}

// An archive holds all documents, with what they link to beside them. A pattern with ** does not take the files of the folder itself.
func TestTheReleaseHoldsAllDocuments(t *testing.T) {
	var patterns []string
	for _, file := range readRelease(t).Archives[0].Files {
		if pattern, ok := file.(string); ok {
			patterns = append(patterns, pattern)
		}
	}
	packed := func(name string) bool {
		return slices.ContainsFunc(patterns, func(pattern string) bool {
			ok, err := filepath.Match(pattern, name)
			if err != nil || strings.Contains(pattern, "**") {
				t.Errorf("goreleaser.yaml: archives: files: %s: %v", pattern, err)
			}
			return ok
		})
	}
	root, found := os.DirFS("../.."), 0
	look := func(name string, entry fs.DirEntry, err error) error {
		if err == nil && entry.Name() == "node_modules" { // what npm has installed for an example is no document
			return fs.SkipDir
		}
		if err != nil || entry.IsDir() || strings.HasSuffix(name, ".go") {
			return err
		}
		if found++; !packed(name) {
			t.Errorf("goreleaser.yaml: archives: files: %s is missing", name)
		}
		return nil
	}
	if err := fs.WalkDir(root, "docs", look); err != nil || found < 80 {
		t.Fatalf("%d documents, %v", found, err)
	}
	for _, name := range []string{"LICENSE", "README.md", "CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md"} {
		if !packed(name) {
			t.Errorf("goreleaser.yaml: archives: files: %s is missing", name)
		}
	}
}
