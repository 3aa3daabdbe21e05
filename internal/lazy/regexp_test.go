package lazy_test

import (
	"testing"

	"github.com/aafailover/aafailover/internal/lazy"
)

var vowel = lazy.Regexp{Text: "[aeiou]"}

func TestRegexp(t *testing.T) {
	first := vowel.Get()
	if first.String() != vowel.Text || !first.MatchString("x o") || first.MatchString("xyz") {
		t.Errorf("%q does not match as it should", vowel.Text)
	}
	if vowel.Get() != first {
		t.Error("it is compiled more than once")
	}
}

func TestRegexpPanicsOnWhatIsNone(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("no panic")
		}
	}()
	(&lazy.Regexp{Text: "("}).Get()
}
