package tui

import (
	"io"

	tea "github.com/charmbracelet/bubbletea"
)

// suspend gives the terminal back, stops the program until it is to go on, and draws the screen anew. It stands in for that of
// bubbletea, which waits for ever where there is nobody to let the program go on.
func suspend() tea.Msg { return tea.Exec(suspension{}, nil)() }

// suspension is a command only in that it has the terminal while it runs.
type suspension struct{}

// Run returns when the program goes on.
func (suspension) Run() error {
	stopped()
	return nil
}

// SetStdin is of no use to it.
func (suspension) SetStdin(io.Reader) {}

// SetStdout is of no use to it.
func (suspension) SetStdout(io.Writer) {}

// SetStderr is of no use to it.
func (suspension) SetStderr(io.Writer) {}
