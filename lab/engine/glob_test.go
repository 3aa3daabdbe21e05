package engine_test

import (
	"testing"

	"github.com/aafailover/aafailover/lab/engine"
)

func TestMatch(t *testing.T) {
	for _, row := range []struct {
		why, pattern, name string
		want               bool
	}{
		{"a name matches itself", "news", "news", true},
		{"and no other", "news", "new", false},
		{"a star is anything", "n*s", "news", true},
		{"or nothing", "news*", "news", true},
		{"also a slash", "*", "a/b", true},
		{"a star tries every place", "*ab*b", "aababxb", true},
		{"a question mark is one byte", "n?ws", "news", true},
		{"not none", "n?ws", "nws", false},
		{"a class is one of some", "n[aeo]ws", "nows", true},
		{"a range", "[a-c]x", "bx", true},
		{"a range the wrong way round", "[c-a]x", "bx", true},
		{"none of some", "[^a-c]x", "bx", false},
		{"none of others", "[^a-c]x", "dx", true},
		{"a backslash takes the meaning away", `a\*`, "a*", true},
		{"so that nothing else matches", `a\*`, "ab", false},
		{"a class without end", "[ab", "b", true},
		{"nothing matches nothing", "", "", true},
		{"a pattern that would take for ever", "a*a*a*a*a*a*a*a*b", "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa", false},
	} {
		if got := engine.Match(row.pattern, row.name); got != row.want {
			t.Errorf("%s: %q against %q: %v", row.why, row.pattern, row.name, got)
		}
	}
}
