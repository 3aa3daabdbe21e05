package tui

import (
	"testing"

	tea "github.com/charmbracelet/bubbletea"
)

// echoing is a screen that notes the keys it is given, and panics at "!".
type echoing struct{ keys []string }

func (e *echoing) Init() tea.Cmd { return nil }

func (e *echoing) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	if key, ok := msg.(tea.KeyMsg); ok {
		if key.String() == "!" {
			panic("at a key")
		}
		e.keys = append(e.keys, key.String())
	}
	return e, nil
}

func (e *echoing) View() string { return "drawn" }

func TestKeysReachTheScreenOneByOne(t *testing.T) {
	screen := new(echoing)
	m := &mounted{model: screen, shut: func() { t.Error("it is shut") }}
	for _, key := range []tea.KeyMsg{
		{Type: tea.KeyRunes, Runes: []rune("HH")}, {Type: tea.KeyDown}, {Type: tea.KeyRunes, Runes: []rune("ab"), Paste: true},
	} {
		if self, _ := m.Update(key); self != m {
			t.Errorf("after %s another screen is shown", key)
		}
	}
	if got := len(screen.keys); got != 4 || screen.keys[0] != "H" || screen.keys[1] != "H" || screen.keys[2] != "down" || screen.keys[3] != "[ab]" {
		t.Errorf("it got %q", screen.keys)
	}
	_, next := m.Update(tea.KeyMsg{Type: tea.KeyCtrlZ})
	if next == nil || len(screen.keys) != 4 {
		t.Error("Ctrl-Z does not suspend, or is for the screen")
	}
}

func TestAFaultOfAScreenShutsIt(t *testing.T) {
	shut := 0
	m := &mounted{model: new(echoing), shut: func() { shut++ }}
	self, next := m.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("!")})
	if self != m || next != nil || shut != 1 || m.View() != "" {
		t.Errorf("shut %d times, and it shows %q", shut, m.View())
	}
	if m.fault == nil || m.fault.Error() != "stopped by a fault of its own: panic: at a key" || m.fault.Trace == "" {
		t.Errorf("the fault is %+v", m.fault)
	}
}
