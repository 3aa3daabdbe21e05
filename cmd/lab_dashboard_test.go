//go:build unix

package cmd_test

import (
	"strings"
	"syscall"
	"testing"

	"github.com/aafailover/aafailover/internal/tmuxtest"
)

// inTerminal starts a terminal of 80 x 24 in which labs are found in a folder of their own, and returns its modes.
func inTerminal(t *testing.T) (*tmuxtest.Terminal, tmuxtest.Modes) {
	t.Helper()
	x := tmuxtest.Start(t, tmuxtest.Options{})
	x.Run("true")
	x.ExitCode()
	return x, x.Modes()
}

// left fails unless the command has ended with a code and left the terminal as it was.
func left(t *testing.T, x *tmuxtest.Terminal, before tmuxtest.Modes, code int) {
	t.Helper()
	if got := x.ExitCode(); got != code {
		t.Errorf("exit code %d, want %d:\n%s", got, code, x.Scrollback())
	}
	if after := x.Modes(); after != before {
		t.Errorf("the terminal is left as %+v, before it was %+v", after, before)
	}
}

func TestALabOnATerminalIsAPlayground(t *testing.T) {
	t.Parallel()
	x, before := inTerminal(t)
	x.Run("aafailover", "lab")
	x.WaitFor("All 3 regions and 6 links are up.")
	x.SendKeys("k")
	x.WaitForMatch(`^▸us +✖ down`)
	x.WaitFor("✖ us is down.")
	x.Resize(120, 40)
	x.WaitForMatch(`kept when killed +url`)
	x.SendKeys("H")
	x.WaitFor("All 3 regions and 6 links are up.")
	x.SendKeys("Tab", "Down", "Tab", "Down", "c") // shard 2 of us→ap
	x.WaitForMatch(`^▸us→ap +✖ cut 1/3`)
	x.SendKeys("H", "H")
	x.WaitFor("healed everything")
	x.SendKeys("q")
	left(t, x, before, 0)
	x.WaitFor("The lab has ended. Done in it:")
	for _, line := range []string{"kill us", "start us", "cut us→ap shard 2", "heal us→ap shard 2", "heal everything"} {
		x.WaitForMatch(`^ \d\d:\d\d:\d\d  ` + line + `$`)
	}
}

func TestALabThatOthersUseAsksBeforeItEnds(t *testing.T) {
	t.Parallel()
	folder := "XDG_RUNTIME_DIR=" + t.TempDir()
	x, y := tmuxtest.Start(t, tmuxtest.Options{Environ: []string{folder}}), tmuxtest.Start(t, tmuxtest.Options{Environ: []string{folder}})
	x.Run("true")
	x.ExitCode()
	before := x.Modes()
	x.Run("aafailover", "lab")
	x.WaitFor("All 3 regions and 6 links are up.")
	y.Run("aafailover", "probe", "--lab", "--for", "1h", "-o", "json")
	x.WaitForMatch(`^▸us +● up +3 +\d+ +[1-9]`)
	x.SendKeys("q")
	x.WaitFor("q again ends it")
	x.SendKeys("Down")
	x.WaitForMatch(`^▸eu`)
	x.SendKeys("q", "q")
	left(t, x, before, 0)
	x.WaitFor("The lab has ended.")
	y.SendKeys("C-c")
	if code := y.ExitCode(); code != 130 {
		t.Errorf("the probe ends with exit code %d", code)
	}
}

func TestASignalEndsALabOnATerminal(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		end  func(*tmuxtest.Terminal)
		code int
	}{
		{"SIGTERM", func(x *tmuxtest.Terminal) { x.Signal(syscall.SIGTERM) }, 0},
		{"SIGHUP", func(x *tmuxtest.Terminal) { x.Signal(syscall.SIGHUP) }, 0},
		{"Ctrl-C", func(x *tmuxtest.Terminal) { x.SendKeys("C-c") }, 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			x, before := inTerminal(t)
			x.Run("aafailover", "lab", "--regions", "us,eu")
			x.WaitFor("All 2 regions and 2 links are up.")
			row.end(x)
			left(t, x, before, row.code)
			x.WaitFor("The lab has ended.")
		})
	}
}

func TestNoDashboardWhereNoneIsWanted(t *testing.T) {
	t.Parallel()
	x, before := inTerminal(t)
	x.Run("aafailover", "lab", "--regions", "us", "--no-tui")
	x.WaitFor("Ctrl-C ends")
	if x.Modes() != before {
		t.Errorf("the terminal is changed: %+v", x.Modes())
	}
	x.SendKeys("C-c")
	left(t, x, before, 0)
	if screen := x.Screen(); strings.Contains(screen, "has ended") {
		t.Errorf("the screen shows\n%s", screen)
	}
}
