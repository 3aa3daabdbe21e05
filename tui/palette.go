package tui

import (
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/charmbracelet/x/ansi"

	"github.com/aafailover/aafailover/internal/tone"
)

// palette is how text is painted. The zero palette paints nothing.
type palette struct {
	tones              [tone.Bad + 1]paint
	faint, bold, chose paint
}

// paint is what stands before and after text in a style: made once, since a style is costly to apply.
type paint struct{ before, after string }

func (p paint) on(text string) string {
	if text == "" {
		return ""
	}
	return p.before + text + p.after
}

// newPalette makes the palette of what a terminal can show. Nil is no colour.
func newPalette(r *lipgloss.Renderer) palette {
	if r == nil {
		return palette{}
	}
	var p palette
	for t := range p.tones {
		p.tones[t] = paintOf(r.NewStyle().Foreground(tone.Tone(t).Colour()))
	}
	p.faint, p.bold, p.chose = paintOf(r.NewStyle().Faint(true)), paintOf(r.NewStyle().Bold(true)), paintOf(r.NewStyle().Reverse(true))
	return p
}

func paintOf(s lipgloss.Style) paint {
	before, after, _ := strings.Cut(s.Render("x"), "x")
	return paint{before, after}
}

// plain tells whether nothing is painted.
func (p palette) plain() bool { return p.chose == paint{} }

// toned paints text in the colour of a tone.
func (p palette) toned(text string, t tone.Tone) string { return p.tones[t].on(text) }

// marked returns the symbol of a state, and its word.
func (p palette) marked(state string) string {
	t := tone.Of(state)
	return p.toned(t.Symbol()+" "+state, t)
}

// selected returns a line of a width so that one sees that it is selected: by the arrow at its beginning, and by its
// background, which its own colours would interrupt.
func (p palette) selected(line string, width int) string {
	return p.chose.on(pad("▸"+ansi.Strip(line), width))
}
