//go:build unix

package cmd_test

import (
	"strings"
	"testing"

	"github.com/aafailover/aafailover/internal/tmuxtest"
)

// A terminal takes its time to answer, and what it answers may come when somebody else reads: a command does not ask it anything.
func TestNoCommandAsksTheTerminalForItsColours(t *testing.T) {
	t.Parallel()
	x := tmuxtest.Start(t, tmuxtest.Options{Term: "xterm-256color"})
	x.Run("aafailover", "version")
	if code := x.ExitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	if written := x.WaitForWritten("commit"); strings.Contains(written, "\x1b]") || strings.Contains(written, "\x1b[6n") {
		t.Errorf("written: %q", written)
	}
}

func TestOnATerminalColourCanBeSwitchedOff(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name     string
		args     []string
		environ  []string
		coloured bool
	}{
		{"unless somebody minds, a verdict is coloured", nil, nil, true},
		{"by the flag", []string{"--no-color"}, nil, false},
		{"by the variable of this program", nil, []string{"AAFAILOVER_NO_COLOR=true"}, false},
		{"by the variable of all programs", nil, []string{"NO_COLOR=1"}, false},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			x := tmuxtest.Start(t, tmuxtest.Options{Columns: 100, Rows: 40, Environ: row.environ})
			x.Run(append([]string{"aafailover", "probe", "--lab", "--once"}, row.args...)...)
			if code := x.ExitCode(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			if written := x.WaitForWritten("From the lab."); strings.Contains(written, "\x1b[32m") != row.coloured {
				t.Errorf("written: %q", written)
			}
		})
	}
}
