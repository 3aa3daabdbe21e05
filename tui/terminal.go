package tui

import (
	"context"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
	"github.com/charmbracelet/lipgloss"
	"golang.org/x/term"
)

// Terminal is where a dashboard is shown.
type Terminal struct {
	In, Out *os.File
	Err     *os.File // what is no result is said there
	// Environ is NAME=VALUE, as os.Environ gives it.
	Environ []string
}

// TerminalOf returns the terminal of three streams, on which a dashboard can be shown and typed at. It is false where one of
// them is something else, and where it is not Rewritable.
func TerminalOf(in io.Reader, out, diagnostics io.Writer, environ []string) (Terminal, bool) {
	stdin, read := in.(*os.File)
	stdout, written := out.(*os.File)
	stderr, said := diagnostics.(*os.File)
	if !read || !written || !said {
		return Terminal{}, false
	}
	for _, f := range []*os.File{stdin, stdout, stderr} {
		if !term.IsTerminal(int(f.Fd())) {
			return Terminal{}, false
		}
	}
	if !Rewritable(environ) {
		return Terminal{}, false
	}
	return Terminal{In: stdin, Out: stdout, Err: stderr, Environ: environ}, true
}

// Rewritable tells by the environment whether somebody may see it when what is written to a terminal changes there: not where
// it cannot move its cursor (TERM is dumb or unset), and not in CI (CI is set), which keeps all that is written.
func Rewritable(environ []string) bool {
	kind := value(environ, "TERM")
	return kind != "" && kind != "dumb" && value(environ, "CI") == ""
}

// value returns what a variable is set to, the last time that it is, as a process sees it.
func value(environ []string, name string) string {
	for _, line := range slices.Backward(environ) {
		if v, ok := strings.CutPrefix(line, name+"="); ok {
			return v
		}
	}
	return ""
}

// Screen is a dashboard that a terminal can show. Those of this package are.
type Screen interface {
	tea.Model
	dress(p palette) // in the colours of the terminal
}

// framesPerSecond bounds how often the terminal is written to. Only lines that changed are.
const framesPerSecond = 20

// Show shows a screen until it closes or ctx ends, and then leaves the terminal as it was; Ctrl-Z suspends the program. The
// error is that of the terminal, or a *Fault of the screen itself, of which the rest of the program takes no harm; that ctx
// ended is none. A panic elsewhere ends the program, and then it takes a Guard to mend the terminal.
func (t Terminal) Show(ctx context.Context, s Screen) error {
	if value(t.Environ, "NO_COLOR") == "" {
		s.dress(newPalette(lipgloss.NewRenderer(t.Out)))
	}
	open, shut := context.WithCancel(ctx)
	defer shut()
	m := &mounted{model: s, shut: shut}
	program := tea.NewProgram(m, tea.WithInput(t.In), tea.WithOutput(t.Out), tea.WithEnvironment(t.Environ),
		tea.WithAltScreen(), tea.WithoutSignalHandler(), tea.WithoutCatchPanics(), tea.WithFPS(framesPerSecond))
	// It is not given the context: when that ended it would close what its reader of keys still reads from.
	defer context.AfterFunc(open, program.Quit)()
	_, err := program.Run()
	if guardGone(ctx) { // a shell has said so where its cursor was, and in settings in which a line does not begin at the left
		_, _ = io.WriteString(t.Out, "\r\n")
	}
	switch {
	case m.fault != nil:
		return m.fault
	case err == nil:
		return nil
	}
	return fmt.Errorf("terminal: %w", err)
}
