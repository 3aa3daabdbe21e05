package report

import "testing"

func TestALineIsAsWideAsItsTerminalWithinReason(t *testing.T) {
	for width, want := range map[int]int{-1: 100, 0: 100, 20: 60, 60: 60, 80: 80, 100: 100, 300: 100} {
		if got := (Style{Width: width}).columns(); got != want {
			t.Errorf("in a terminal of %d columns a line has %d, want %d", width, got, want)
		}
	}
}
