package report

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"github.com/charmbracelet/lipgloss"
	"golang.org/x/term"

	"github.com/aafailover/aafailover/internal/tone"
	"github.com/aafailover/aafailover/internal/words"
)

// Style is how text looks. The zero Style has no colour, shows times in UTC and is not for a terminal.
type Style struct {
	// Zone is the time zone in which times are shown; nil is UTC.
	Zone *time.Location
	// Width is how many columns the terminal has. 0 is no terminal: results are wrapped at 100 columns all the same, but
	// an event stays on one line.
	Width int

	renderer *lipgloss.Renderer // nil: no colour
}

// NewStyle returns the style for a writer: with the width of the terminal and with colour where it is one, unless
// NO_COLOR is set, and with times in the zone of this machine. A writer that has a terminal below it returns that by a method
// File.
func NewStyle(w io.Writer) Style {
	if above, ok := w.(interface{ File() *os.File }); ok {
		w = above.File()
	}
	s := Style{Zone: time.Local, renderer: lipgloss.NewRenderer(w)}
	if f, ok := w.(*os.File); ok {
		s.Width, _, _ = term.GetSize(int(f.Fd())) // 0 where it is no terminal
	}
	return s
}

// Bounds of the columns of a line: what is narrower cannot hold a table, what is wider is hard to read.
const (
	narrowest = 60
	widest    = 100
)

// columns is how many columns a line of a result takes at the most, as far as its words can be broken.
func (s Style) columns() int {
	if s.Width <= 0 {
		return widest
	}
	return min(max(s.Width, narrowest), widest)
}

// wrap breaks text into lines that begin with an indent and fit, as far as its words allow.
func (s Style) wrap(text string, indent int) string { return words.Fold(text, indent, s.columns()) }

func (s Style) paint(text string, t tone.Tone) string {
	if s.renderer == nil {
		return text
	}
	return eachLine(text, s.renderer.NewStyle().Foreground(t.Colour()))
}

// eachLine paints the lines of a text by themselves: lipgloss would make all of them as long as the longest.
func eachLine(text string, style lipgloss.Style) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = style.Render(lines[i])
	}
	return strings.Join(lines, "\n")
}

// marked returns the symbol of a state, its word, and a remark without colour.
func (s Style) marked(state, remark string) string {
	t := tone.Of(state)
	return s.paint(t.Symbol()+" "+state, t) + remark
}

// answer returns the first lines of a result: the verdict in a word, and the sentence that says what it is about.
func (s Style) answer(word string, t tone.Tone, sentence string) string {
	text := strings.TrimPrefix(words.Fold(word+" "+sentence, 0, s.columns()-1), word)
	if s.renderer != nil {
		word = s.renderer.NewStyle().Bold(true).Foreground(t.Colour()).Render(word)
	}
	return word + " " + text + "\n"
}

// faint is for what is only there to be looked up.
func (s Style) faint(text string) string {
	if s.renderer == nil {
		return text
	}
	return eachLine(text, s.renderer.NewStyle().Faint(true))
}

// clock returns the time of day with milliseconds; "-" for a time that has not been.
func (s Style) clock(t time.Time) string {
	if t.IsZero() {
		return "-"
	}
	return t.In(s.zone()).Format("15:04:05.000")
}

// date returns the day, the time and the zone that the other times are in.
func (s Style) date(t time.Time) string { return t.In(s.zone()).Format("2006-01-02 15:04:05 MST") }

func (s Style) zone() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}

// unchecked warns of regions for which anybody in between could have answered, "" when there is none.
func (s Style) unchecked(regions []string) string {
	if len(regions) == 0 {
		return ""
	}
	text := fmt.Sprintf("The TLS certificate of %s was not checked (insecure-skip-verify): whoever is in between could have answered.",
		words.Clean(strings.Join(regions, ", ")))
	return s.paint(s.wrap(text, 0), tone.Poor) + "\n"
}
