package tui

import (
	"strings"
	"testing"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/aafailover/aafailover/probe"
)

// Where a lab is probed the keys of the playground come first, and what they did is on the last line and in the log.
func TestAProbeOfALabIsAPlayground(t *testing.T) {
	s := &stage{status: threeRegions()}
	play := NewPlayground(s)
	defer play.Close()
	m := NewProbe(ProbeConfig{Feed: new(Feed[probe.Snapshot]), Playground: play})
	m.Update(tea.WindowSizeMsg{Width: 100, Height: 30})
	for _, key := range []string{"c", "t", "k", "H"} {
		if b, _ := bound(m.keys, key); b.shown != key {
			t.Errorf("%s is the key for %q", key, b.shown)
		}
	}
	if b, _ := bound(m.keys, "up"); !strings.Contains(b.help, "here k kills") {
		t.Errorf("the help of the arrows is %q", b.help)
	}
	if b, _ := bound(m.keys, "k"); !strings.Contains(b.help, "the link from the region to itself") {
		t.Errorf("the help of k is %q", b.help)
	}
	_, next := m.Update(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune("H")})
	m.Update(next())
	if len(s.done) != 1 || s.done[0] != "heal everything" {
		t.Errorf("it did %q", s.done)
	}
	if last := m.lastLine(); last != " healed everything" {
		t.Errorf("the last line is %q", last)
	}
	if found := m.log.matching("healed everything"); len(found) != 1 {
		t.Errorf("the log has it %d times", len(found))
	}
}

func TestAProbeOfServersHasNoKeysForFaults(t *testing.T) {
	m := NewProbe(ProbeConfig{Feed: new(Feed[probe.Snapshot])})
	for key, want := range map[string]string{"c": "", "t": "", "H": "", "k": "↑↓←→"} {
		if b, _ := bound(m.keys, key); b.shown != want {
			t.Errorf("%s is the key for %q", key, b.shown)
		}
	}
}
