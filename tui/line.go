package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"
)

// widthOf is how many columns a text takes.
func widthOf(text string) int { return ansi.StringWidth(text) }

// clip returns what of a text fits into so many columns. Where something is cut off, an ellipsis says so.
func clip(text string, width int) string {
	if width <= 0 {
		return ""
	}
	return ansi.Truncate(text, width, "…")
}

// pad returns a text that takes exactly so many columns.
func pad(text string, width int) string {
	text = clip(text, width)
	return text + blanks(width-widthOf(text))
}

// padLeft is pad for what stands right, as numbers do.
func padLeft(text string, width int) string {
	text = clip(text, width)
	return blanks(width-widthOf(text)) + text
}

// ends returns a line with a text at its left end and one at its right, which gives way.
func ends(left, right string, width int) string {
	room := width - widthOf(left) - 1
	if widthOf(right) > room {
		return clip(left, width)
	}
	return left + blanks(room+1-widthOf(right)) + right
}

func blanks(n int) string { return strings.Repeat(" ", max(n, 0)) }
