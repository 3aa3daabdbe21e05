//go:build unix

package tmuxtest

import (
	"os"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Patience is how long what is waited for may take, on a machine that is busy
// with other tests.
const Patience = 2 * time.Minute

// pause is the time between two looks at the terminal. Each look is a process of
// tmux, some milliseconds of work: many more of them would slow down what is
// waited for.
const pause = 25 * time.Millisecond

// Screen returns what stands on the screen, a line for each row, without the
// spaces and the empty rows at the ends.
func (x *Terminal) Screen() string {
	x.t.Helper()
	return trimmed(x.tmux("capture-pane", "-p"))
}

// Styled is Screen with the escape sequences that make colours and styles, and
// all spaces and rows.
func (x *Terminal) Styled() string {
	x.t.Helper()
	return x.tmux("capture-pane", "-p", "-e", "-N")
}

// Scrollback is Screen with what has left the screen at its top, if it is not
// the alternate screen.
func (x *Terminal) Scrollback() string {
	x.t.Helper()
	return trimmed(x.tmux("capture-pane", "-p", "-S", "-"))
}

// Written returns all that has been written to the terminal, as it was written:
// with every escape sequence, and with what was on the screen for a moment
// only. The newest of it may take a moment to get here.
func (x *Terminal) Written() string {
	x.t.Helper()
	text, err := os.ReadFile(filepath.Join(x.folder, "written"))
	if err != nil {
		x.t.Fatal(err)
	}
	return string(text)
}

func trimmed(screen string) string {
	lines := strings.Split(screen, "\n")
	for i, line := range lines {
		lines[i] = strings.TrimRight(line, " ")
	}
	return strings.TrimRight(strings.Join(lines, "\n"), "\n")
}

// WaitFor waits until a text stands on the screen, for Patience at the most,
// and returns the screen.
func (x *Terminal) WaitFor(text string) string {
	x.t.Helper()
	return x.WaitUntil("the screen shows "+strconv.Quote(text), func(screen string) bool { return strings.Contains(screen, text) })
}

// WaitForMatch waits until the screen matches a regular expression, in which ^
// and $ are the ends of a line, and returns the screen.
func (x *Terminal) WaitForMatch(pattern string) string {
	x.t.Helper()
	return x.WaitUntil("the screen matches "+pattern, regexp.MustCompile("(?m)"+pattern).MatchString)
}

// WaitUntil waits until the screen is as it should be, and returns it. The text
// says what is waited for.
func (x *Terminal) WaitUntil(what string, as func(screen string) bool) string {
	x.t.Helper()
	screen := ""
	x.await(what, func() bool {
		screen = x.Screen()
		return as(screen)
	})
	return screen
}

// WaitForWritten waits until a text has been written to the terminal, be it that
// it is on the screen no more, and returns all that was written.
func (x *Terminal) WaitForWritten(text string) string {
	x.t.Helper()
	written := ""
	x.await("somebody writes "+strconv.Quote(text), func() bool {
		written = x.Written()
		return strings.Contains(written, text)
	})
	return written
}

// await looks again and again until something is so, and fails the test with
// what is on the screen when it is not in time. A terminal tells nobody that it
// has changed, so there is nothing better to wait for.
func (x *Terminal) await(what string, so func() bool) {
	x.t.Helper()
	for deadline := time.Now().Add(Patience); !so(); {
		if time.Now().After(deadline) {
			shown, _ := x.command("capture-pane", "-p", "-S", "-").Output()
			x.t.Fatalf("after %v still not: %s; the terminal:\n%s", Patience, what, trimmed(string(shown)))
		}
		<-time.After(pause)
	}
}

// SendKeys presses keys by their names in tmux: "Enter", "Up", "C-c", "q". A word
// that is no name of a key is typed.
func (x *Terminal) SendKeys(keys ...string) {
	x.t.Helper()
	x.tmux(append([]string{"send-keys", "--"}, keys...)...)
}

// Type types a text, character by character.
func (x *Terminal) Type(text string) {
	x.t.Helper()
	x.tmux("send-keys", "-l", "--", text)
}

// Resize changes the size of the terminal, as pulling at its corner does: the
// command gets SIGWINCH.
func (x *Terminal) Resize(columns, rows int) {
	x.t.Helper()
	x.tmux("resize-window", "-x", strconv.Itoa(columns), "-y", strconv.Itoa(rows))
}
