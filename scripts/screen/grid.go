package main

import (
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/charmbracelet/x/ansi"
)

// maxSide bounds the columns and the rows of a screen.
const maxSide = 1000

// cell is one place of the screen. A wide character has the place to its right as well, whose cell is a continuation.
type cell struct {
	text         string // a character with what combines with it; "" in a continuation
	continuation bool
	style        style
}

// grid is a screen: its rows, each as long as what stands in it. The last row is not empty.
type grid [][]cell

// parse reads a screen as tmux captures it: a line for each row, with escape sequences of which those for colours and styles
// count. A style lasts until it is changed, also from one line to the next. The error says what is too big.
func parse(text string) (grid, error) {
	var g grid
	var now style
	for line := range strings.Lines(text) {
		if len(g) == maxSide {
			return nil, fmt.Errorf("the screen has more than %d rows", maxSide)
		}
		row, err := now.row(strings.TrimRight(line, "\r\n"))
		if err != nil {
			return nil, fmt.Errorf("row %d: %w", len(g)+1, err)
		}
		g = append(g, row)
	}
	for len(g) > 0 && len(g[len(g)-1]) == 0 {
		g = g[:len(g)-1]
	}
	return g, nil
}

// row reads a line that begins in the style, which is as at the end of the line afterwards.
func (s *style) row(line string) ([]cell, error) {
	var row []cell
	state := byte(0)
	for len(line) > 0 {
		sequence, width, n, next := ansi.DecodeSequence(line, state, nil)
		line, state = line[n:], next
		switch {
		case width == 0 && combining(sequence):
			join(row, sequence)
			continue
		case width == 0:
			s.apply(sequence)
			continue
		case len(row)+width > maxSide:
			return nil, fmt.Errorf("more than %d columns", maxSide)
		}
		row = append(row, cell{text: shownText(sequence), style: *s})
		for range width - 1 {
			row = append(row, cell{continuation: true, style: *s})
		}
	}
	for len(row) > 0 && row[len(row)-1].blank() {
		row = row[:len(row)-1]
	}
	return row, nil
}

// combining tells whether a text without width of its own is seen all the same, as a part of the character before it.
func combining(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	return first >= 0xa0 && first != utf8.RuneError // below are the control characters, and those of 8 bits
}

// join adds a text to the last character of a row. Without one it is not shown.
func join(row []cell, text string) {
	for i := range slices.Backward(row) {
		if !row[i].continuation {
			row[i].text += shownText(text)
			return
		}
	}
}

// shownText is a text without what no XML document may contain.
func shownText(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 || r == '\ufffe' || r == '\uffff' {
			return '\ufffd'
		}
		return r
	}, strings.ToValidUTF8(text, "\ufffd"))
}

// blank tells whether nothing is to be seen of a cell.
func (c cell) blank() bool { return c.text == " " && c.style.empty() }

// columns is how wide the widest row is.
func (g grid) columns() int {
	widest := 0
	for _, row := range g {
		widest = max(widest, len(row))
	}
	return widest
}

// run is a part of a row in one style.
type run struct {
	column, width int // in cells
	text          string
	style         style
}

// runs divides a row. What is not ASCII is a run apart, since it may come from another font, in which it has another width, and
// a wide character is a run of its own, so that it takes two cells. Blanks that only lie between runs belong to the one on
// their left, so that copied text has them.
func runs(row []cell) []run {
	var all []run
	wide := false // the last run is a wide character, and takes no more
	for i, c := range row {
		last := len(all) - 1
		begins := i+1 < len(row) && row[i+1].continuation
		switch {
		case c.continuation:
			all[last].width++
		case last >= 0 && !wide && !begins && all[last].takes(c):
			all[last].text += c.text
			all[last].width++
		default:
			all = append(all, run{column: i, width: 1, text: c.text, style: c.style})
			wide = begins
		}
	}
	return all
}

// takes tells whether a cell may stand at the end of the run.
func (r run) takes(c cell) bool {
	return ascii(c.text) == ascii(r.text) && (c.style == r.style || c.blank() && r.style.empty())
}

// ascii tells whether a text is one of ASCII.
func ascii(text string) bool {
	return !strings.ContainsFunc(text, func(r rune) bool { return r >= utf8.RuneSelf })
}
