// Package docs_test holds the documents to what the program says.
package docs_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/probe"
)

// words are the texts of the constants of some types of package probe, as its source has them: a word that is added there
// and explained nowhere must fail here.
func words(t *testing.T, types ...string) map[string]string {
	t.Helper()
	files, err := filepath.Glob("../probe/*.go")
	if err != nil || len(files) == 0 {
		t.Fatalf("no source: %v", err)
	}
	found := map[string]string{}
	for _, file := range files {
		tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(tree, func(n ast.Node) bool {
			spec, ok := n.(*ast.ValueSpec)
			if !ok || len(spec.Values) != 1 {
				return true
			}
			kind, ok := spec.Type.(*ast.Ident)
			text, literal := spec.Values[0].(*ast.BasicLit)
			if !ok || !literal {
				return true
			}
			for _, wanted := range types {
				if kind.Name == wanted {
					word, _ := strconv.Unquote(text.Value)
					found[word] = wanted
				}
			}
			return true
		})
	}
	return found
}

// Every verdict, finding, state and cause that the probe can say is explained in docs/verdicts.md.
func TestEveryWordOfTheProbeIsExplained(t *testing.T) {
	text, err := os.ReadFile("verdicts.md")
	if err != nil {
		t.Fatal(err)
	}
	all := words(t, "Verdict", "FindingKind", "RegionState", "LinkState", "Readiness", "Writes", "EventKind")
	for c := probe.NoCause + 1; c.String() != "unknown"; c++ {
		all[c.String()] = "Cause"
	}
	if len(all) < 40 {
		t.Fatalf("only %d words found in the source", len(all))
	}
	for word, kind := range all {
		if !strings.Contains(string(text), "`"+word+"`") {
			t.Errorf("%s %q is not explained", kind, word)
		}
	}
}
