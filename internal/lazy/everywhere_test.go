package lazy_test

import (
	"errors"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// What is compiled when it is first used would panic then: an expression that is none is found here, wherever in this module.
func TestEveryLazyExpressionIsOne(t *testing.T) {
	root, found := os.DirFS("../.."), 0
	err := fs.WalkDir(root, ".", func(name string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || path.Ext(name) != ".go" || strings.HasSuffix(name, "_test.go") {
			return err
		}
		source, err := fs.ReadFile(root, name)
		if err != nil {
			return err
		}
		file, err := parser.ParseFile(token.NewFileSet(), name, source, parser.SkipObjectResolution)
		if err != nil {
			return err
		}
		ast.Inspect(file, func(n ast.Node) bool {
			made, ok := n.(*ast.CompositeLit)
			if !ok || !isLazyRegexp(made.Type) {
				return true
			}
			found++
			if err := compiles(made); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			return true
		})
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if found < 20 {
		t.Errorf("only %d were found", found)
	}
}

// isLazyRegexp tells whether a type is lazy.Regexp.
func isLazyRegexp(e ast.Expr) bool {
	s, ok := e.(*ast.SelectorExpr)
	if !ok || s.Sel.Name != "Regexp" {
		return false
	}
	from, ok := s.X.(*ast.Ident)
	return ok && from.Name == "lazy"
}

// compiles compiles the text of a lazy.Regexp that is written as {Text: …}.
func compiles(made *ast.CompositeLit) error {
	if len(made.Elts) != 1 {
		return errors.New("want a lazy.Regexp with its text")
	}
	text, ok := made.Elts[0].(*ast.KeyValueExpr)
	if !ok {
		return errors.New("want lazy.Regexp{Text: …}")
	}
	literal, ok := text.Value.(*ast.BasicLit)
	if !ok {
		return errors.New("want the text of a lazy.Regexp in one piece")
	}
	expression, err := strconv.Unquote(literal.Value)
	if err == nil {
		_, err = regexp.Compile(expression)
	}
	return err
}
