package tui

import (
	"testing"

	tea "github.com/charmbracelet/bubbletea"
)

// BenchmarkDrillFrame tells what a frame costs, of which there are four a second.
func BenchmarkDrillFrame(b *testing.B) {
	r := rehearse(256)
	r.returned()
	r.dress(painted())
	r.Update(tea.WindowSizeMsg{Width: 200, Height: 60})
	for b.Loop() {
		r.Put(r.progress)
		r.Update(drillTick{})
		_ = r.View()
	}
}
