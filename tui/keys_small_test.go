package tui

import "testing"

// In a window that is too small for the keys, people still have to find out of it.
func TestAShortLineOfKeysSaysHowToLeave(t *testing.T) {
	bindings := []binding{
		{keys: []string{"c"}, shown: "c", short: "cut"},
		{keys: []string{"q", "ctrl+c"}, shown: "q", short: "quit"},
	}
	for _, row := range []struct {
		width int
		want  string
	}{
		{leastForLine, "c cut  q quit"},
		{leastForLine - 1, "q quit  enlarge the window"},
		{15, "q quit  enlarg…"},
		{6, "q qui…"},
		{0, ""},
	} {
		if got := keyLine(palette{}, bindings, row.width, row.width); got != row.want {
			t.Errorf("%d columns: %q, want %q", row.width, got, row.want)
		}
	}
}
