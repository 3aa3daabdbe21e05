package tui_test

import (
	"testing"

	"github.com/aafailover/aafailover/tui"
)

func TestWhereNobodySeesItNothingIsRewritten(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		environ []string
		want    bool
	}{
		{"a terminal", []string{"TERM=xterm-256color"}, true},
		{"the last of two variables counts", []string{"TERM=dumb", "TERM=screen"}, true},
		{"a dumb terminal", []string{"TERM=dumb"}, false},
		{"a terminal of no kind", nil, false},
		{"in CI nobody watches", []string{"TERM=xterm", "CI=true"}, false},
		{"a variable that says nothing of CI", []string{"TERM=xterm", "CI="}, true},
	} {
		if got := tui.Rewritable(row.environ); got != row.want {
			t.Errorf("%s: %v", row.name, got)
		}
	}
}
