//go:build unix

package cmd_test

import (
	"strings"
	"syscall"
	"testing"

	"github.com/aafailover/aafailover/internal/tmuxtest"
)

// The whole of a visit: open, move, cut a link, see the verdict change, heal it, quit. The report is on stdout, and the
// terminal is as it was.
func TestAProbeOfALabIsAPlaygroundOnATerminal(t *testing.T) {
	t.Parallel()
	x, before := inTerminal(t)
	x.Run("aafailover", "probe", "--lab")
	x.WaitFor("● HEALTHY")
	if during := x.Modes(); !during.AlternateScreen || during.Cursor || during.Echo {
		t.Errorf("while it is open: %+v", during)
	}
	x.SendKeys("Right") // from us→eu to us→ap
	x.SendKeys("c")
	x.WaitFor("cut us→ap")
	x.WaitFor("✖ REPLICATION FAILURE")
	x.Resize(120, 40)
	x.WaitFor("us→ap is down since")
	x.SendKeys("H")
	x.WaitFor("● HEALTHY")
	x.SendKeys("q")
	left(t, x, before, 0)
	x.WaitUntil("the report", func(string) bool { return strings.Contains(x.Scrollback(), "From the lab. Observed by ") })
	if all := x.Scrollback(); !strings.Contains(all, "HEALTHY  us, eu and ap are available and all 6 links are up") {
		t.Errorf("the terminal shows\n%s", all)
	}
}

func TestASignalEndsAProbeOnATerminal(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		end  func(*tmuxtest.Terminal)
	}{
		{"SIGTERM", func(x *tmuxtest.Terminal) { x.Signal(syscall.SIGTERM) }},
		{"Ctrl-C", func(x *tmuxtest.Terminal) { x.SendKeys("C-c") }},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			x, before := inTerminal(t)
			x.Run("aafailover", "probe", "--lab")
			x.WaitFor("● HEALTHY")
			row.end(x)
			left(t, x, before, 130)
			x.WaitUntil("the report", func(string) bool { return strings.Contains(x.Scrollback(), "From the lab. Observed by ") })
		})
	}
}
