package main

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestFollow(t *testing.T) {
	for _, row := range []struct {
		name    string
		events  []string
		shown   string
		skipped []string
	}{
		{"a package that passes is one line", []string{
			`{"Action":"start","Package":"p"}`,
			`{"Action":"run","Package":"p","Test":"TestA"}`,
			`{"Action":"output","Package":"p","Test":"TestA","Output":"=== RUN   TestA\n"}`,
			`{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:1: chatter\n"}`,
			`{"Action":"output","Package":"p","Test":"TestA","Output":"--- PASS: TestA (0.00s)\n"}`,
			`{"Action":"pass","Package":"p","Test":"TestA"}`,
			`{"Action":"output","Package":"p","Output":"PASS\n"}`,
			`{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}`,
			`{"Action":"pass","Package":"p"}`,
		}, "ok  \tp\t0.1s\n", nil},
		{"a test that fails is shown whole", []string{
			`{"Action":"output","Package":"p","Test":"TestA","Output":"    a_test.go:1: wrong\n"}`,
			`{"Action":"output","Package":"p","Test":"TestA","Output":"--- FAIL: TestA (0.00s)\n"}`,
			`{"Action":"fail","Package":"p","Test":"TestA"}`,
			`{"Action":"output","Package":"p","Output":"FAIL\n"}`,
			`{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}`,
			`{"Action":"fail","Package":"p"}`,
		}, "    a_test.go:1: wrong\n--- FAIL: TestA (0.00s)\nFAIL\nFAIL\tp\t0.1s\n", nil},
		{"a test that never ended is shown with its package", []string{
			`{"Action":"output","Package":"p","Test":"TestA","Output":"panic: test timed out\n"}`,
			`{"Action":"output","Package":"p","Output":"FAIL\tp\t0.1s\n"}`,
			`{"Action":"fail","Package":"p"}`,
		}, "FAIL\tp\t0.1s\npanic: test timed out\n", nil},
		{"a skipped test is named", []string{
			`{"Action":"output","Package":"p","Test":"TestA/b","Output":"    --- SKIP: TestA/b (0.00s)\n"}`,
			`{"Action":"skip","Package":"p","Test":"TestA/b"}`,
			`{"Action":"pass","Package":"p","Test":"TestA"}`,
			`{"Action":"output","Package":"p","Output":"ok  \tp\t0.1s\n"}`,
		}, "ok  \tp\t0.1s\n", []string{"p TestA/b"}},
		{"a package without tests is not a skipped test", []string{
			`{"Action":"output","Package":"p","Output":"?   \tp\t[no test files]\n"}`,
			`{"Action":"skip","Package":"p"}`,
		}, "?   \tp\t[no test files]\n", nil},
		{"what does not compile is shown", []string{
			`{"ImportPath":"p","Action":"build-output","Output":"p/a.go:1:1: syntax error\n"}`,
			`{"ImportPath":"p","Action":"build-fail"}`,
			`{"Action":"output","Package":"p","Output":"FAIL\tp [build failed]\n"}`,
			`{"Action":"fail","Package":"p","FailedBuild":"p"}`,
		}, "p/a.go:1:1: syntax error\nFAIL\tp [build failed]\n", nil},
		{"what is no event is shown as it is", []string{"go: cannot find main module"}, "go: cannot find main module\n", nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			var shown strings.Builder
			skipped := follow(strings.NewReader(strings.Join(row.events, "\n")+"\n"), func(text string) { shown.WriteString(text) })
			if diff := cmp.Diff(row.shown, shown.String()); diff != "" {
				t.Errorf("shown (-want +got):\n%s", diff)
			}
			if diff := cmp.Diff(row.skipped, skipped); diff != "" {
				t.Errorf("skipped (-want +got):\n%s", diff)
			}
		})
	}
}
