package tui

import (
	"strings"

	"github.com/charmbracelet/x/ansi"

	"github.com/aafailover/aafailover/internal/words"
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

// fold breaks text into lines that take at most so many columns each; what of a word does not fit is cut off.
func fold(text string, width int) []string {
	lines := strings.Split(words.Fold(text, 0, width), "\n")
	for i := range lines {
		lines[i] = clip(lines[i], width)
	}
	return lines
}

// firstOf returns the first lines, of which the last one says with an ellipsis that there were more.
func firstOf(lines []string, most, width int) []string {
	if most <= 0 || len(lines) <= most {
		return lines[:min(len(lines), max(most, 0))]
	}
	lines = lines[:most:most]
	lines[most-1] = clip(lines[most-1]+" …", width)
	return lines
}

// window returns the part of so many things that is shown, of a height, so that the one at a place is: as little as possible
// is scrolled from where it was shown before.
func window(n, height, at, before int) (first, last int) {
	height = max(height, 0)
	first = min(max(min(before, at, n-height), at-height+1, 0), n)
	return first, min(first+height, n)
}
