package tui

import (
	"fmt"
	"runtime/debug"

	tea "github.com/charmbracelet/bubbletea"
)

// mounted is a screen that is shown: a fault of its own shuts it and nothing else, since the run that it shows may have to
// heal what it has broken.
type mounted struct {
	model tea.Model
	shut  func() // returns at once
	fault *Fault
}

// Init begins what the screen waits for.
func (m *mounted) Init() tea.Cmd {
	defer m.catch()
	return m.model.Init()
}

// Update hands a message to the screen. Ctrl-Z is not for it: the terminal does not make a signal of it while keys are read
// one by one.
func (m *mounted) Update(msg tea.Msg) (self tea.Model, next tea.Cmd) {
	defer m.catch()
	self = m // also after a fault
	key, typed := msg.(tea.KeyMsg)
	switch {
	case typed && key.Type == tea.KeyCtrlZ:
		return self, suspend
	case typed && key.Type == tea.KeyRunes && len(key.Runes) > 1 && !key.Paste:
		return self, m.oneByOne(key)
	}
	m.model, next = m.model.Update(msg)
	return self, next
}

// oneByOne hands over keys that were typed so fast, or came over so slow a line, that they were read as one.
func (m *mounted) oneByOne(keys tea.KeyMsg) tea.Cmd {
	var all []tea.Cmd
	for _, r := range keys.Runes {
		var next tea.Cmd
		m.model, next = m.model.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}, Alt: keys.Alt})
		all = append(all, next)
	}
	return tea.Sequence(all...)
}

// View draws the screen.
func (m *mounted) View() string {
	defer m.catch()
	if m.fault != nil {
		return ""
	}
	return m.model.View()
}

// catch is for a deferred call.
func (m *mounted) catch() {
	reason := recover()
	if reason == nil {
		return
	}
	if m.fault == nil {
		m.fault = &Fault{Reason: fmt.Sprint("panic: ", reason), Trace: string(debug.Stack())}
	}
	m.shut()
}
