package docs_test

import (
	"io/fs"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// Every folder with code in it, and every target of the Makefile, is named in CONTRIBUTING.md, by itself or, of commands for
// the project itself, by the folder around it.
func TestHowToContributeNamesEveryFolderAndTarget(t *testing.T) {
	t.Parallel()
	document := readDocument(t, "../CONTRIBUTING.md")
	folders := map[string]bool{}
	err := filepath.WalkDir("..", func(path string, entry fs.DirEntry, err error) error {
		if err == nil && strings.HasSuffix(path, ".go") && !strings.Contains(path, "testdata") {
			folders[filepath.ToSlash(strings.TrimPrefix(filepath.Dir(path), ".."+string(filepath.Separator)))] = true
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(folders) < 30 {
		t.Errorf("only %d folders with code found", len(folders))
	}
	for folder := range folders {
		if strings.HasPrefix(folder, "scripts/") || folder == "lab/engine" || folder == ".." {
			continue // of the folder around it
		}
		if !strings.Contains(document, "`"+folder+"`") && !strings.Contains(document, "`"+folder+"/`") {
			t.Errorf("CONTRIBUTING.md does not say what %s is for", folder)
		}
	}
	targets := regexp.MustCompile(`(?m)^([a-z-]+):.*## `).FindAllStringSubmatch(readDocument(t, "../Makefile"), -1)
	if len(targets) < 10 {
		t.Errorf("only %d targets found in the Makefile", len(targets))
	}
	for _, target := range targets {
		if target[1] != "help" && !strings.Contains(document, "\nmake "+target[1]+" ") {
			t.Errorf("CONTRIBUTING.md does not name make %s", target[1])
		}
	}
}
