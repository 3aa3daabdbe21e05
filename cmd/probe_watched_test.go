//go:build unix

package cmd_test

import (
	"strings"
	"testing"

	"github.com/aafailover/aafailover/internal/tmuxtest"
)

// What is said while a dashboard is open shows on it, and is said again when it has closed, which it does when the time is over.
func TestADashboardClosesWithItsProbe(t *testing.T) {
	t.Parallel()
	x := tmuxtest.Start(t, tmuxtest.Options{})
	x.Run("true")
	x.ExitCode()
	before := x.Modes()
	x.Run("aafailover", "probe", "--lab", "--for", "10s", "--on-change", "echo somebody was told")
	if code := x.ExitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	x.WaitFor("From the lab. Observed by ")
	all := x.Scrollback()
	told, report := strings.Index(all, "\nsomebody was told\n"), strings.Index(all, "\nHEALTHY  us, eu and ap are available")
	if told < 0 || report < told || strings.Contains(all, "HEALTHY since") {
		t.Errorf("the terminal shows\n%s", all)
	}
	for _, shown := range []string{"built-in lab, until ", "HEALTHY", "said      somebody was told"} {
		x.WaitForWritten(shown)
	}
	if after := x.Modes(); after != before {
		t.Errorf("it leaves the terminal in %+v; before: %+v", after, before)
	}
}
