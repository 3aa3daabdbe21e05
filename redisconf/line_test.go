package redisconf_test

import (
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/redisconf"
)

func TestSplit(t *testing.T) {
	for _, row := range []struct {
		name, line string
		want       []string
		err        error
	}{
		{"blanks of all kinds part words", " a\t b\v c", []string{"a", "b\v", "c"}, nil},
		{"nothing is no words", " \t ", nil, nil},
		{"empty quotes are an empty word", `save ""`, []string{"save", ""}, nil},
		{"escapes stand for bytes within double quotes", `"\x41\n\"\q\\"`, []string{"A\n\"q\\"}, nil},
		{"half an escape of a byte is its letters", `"\x4g\x"`, []string{"x4gx"}, nil},
		{"single quotes know one escape", `'a\'b\n"'`, []string{`a'b\n"`}, nil},
		{"a word may end in quotes", `pre"a b" c`, []string{"prea b", "c"}, nil},
		{"a comment behind a value is words of it", "yes # why", []string{"yes", "#", "why"}, nil},
		{"quotes that do not end", `"a b`, nil, redisconf.ErrQuotes},
		{"quotes that end in a backslash", `"a\`, nil, redisconf.ErrQuotes},
		{"quotes that go on after their end", `"a"b`, nil, redisconf.ErrQuotes},
		{"single quotes that go on after their end", `'a'b`, nil, redisconf.ErrQuotes},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := redisconf.Split(row.line)
			if !errors.Is(err, row.err) {
				t.Fatalf("error %v, want %v", err, row.err)
			}
			if diff := cmp.Diff(row.want, got); diff != "" {
				t.Errorf("words (-want +got):\n%s", diff)
			}
		})
	}
}
