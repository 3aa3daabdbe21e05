//go:build unix

package tmuxtest

import (
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
)

// Modes are the settings of a terminal that a command may change while it runs
// and must leave as they were. They can be compared with ==.
type Modes struct {
	AlternateScreen bool // the screen that full-screen programs draw on
	Cursor          bool // it is visible
	Mouse           bool // clicks are reported
	// Echo says that what is typed is shown, Canonical that it is handed over by
	// the line, Signals that Ctrl-C is a signal.
	Echo, Canonical, Signals bool
	// Settings are all that stty -a tells, but for the size.
	Settings string
}

// size is what stty -a tells of the size, and of the speed that some systems
// make of it.
var size = regexp.MustCompile(`speed \d+ baud;|(rows|columns) \d+;|\d+ (rows|columns);`)

// Modes returns the modes that the terminal is in, be it that a command runs or
// that it has ended.
func (x *Terminal) Modes() Modes {
	x.t.Helper()
	told := strings.Fields(x.tmux("display-message", "-p", "#{alternate_on} #{cursor_flag} #{mouse_any_flag}"))
	device, err := os.OpenFile(x.device, os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		x.t.Fatal(err)
	}
	defer device.Close() //nolint:errcheck // nothing was written
	ask := exec.Command("stty", "-a")
	ask.Stdin = device
	settings, err := ask.Output()
	if err != nil || len(told) != 3 {
		x.t.Fatalf("the modes of the terminal: tmux says %q, stty says %q, %v", told, settings, err)
	}
	words := strings.Fields(size.ReplaceAllString(string(settings), ""))
	has := func(word string) bool { return slices.Contains(words, word) }
	return Modes{
		AlternateScreen: told[0] == "1", Cursor: told[1] == "1", Mouse: told[2] == "1",
		Echo: has("echo"), Canonical: has("icanon"), Signals: has("isig"),
		Settings: strings.Join(words, " "),
	}
}
