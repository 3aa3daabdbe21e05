package report

import (
	"bytes"
	"slices"
	"strings"

	"github.com/charmbracelet/lipgloss"
	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"

	"github.com/aafailover/aafailover/internal/words"
)

// column is the head of a column. Numbers stand right; prose can be broken at its words, and is the last column only.
type column struct {
	title string
	right bool
	prose bool
}

func left(titles ...string) []column {
	return convert(titles, func(t string) column { return column{title: t} })
}

func right(titles ...string) []column {
	return convert(titles, func(t string) column { return column{title: t, right: true} })
}

func prose(title string) column { return column{title: title, prose: true} }

// proseWidth is how many columns prose needs to be readable beside other columns.
const proseWidth = 24

// table returns rows under a head. Where they are wider than a line, prose in the last column is wrapped, and where
// there is no room for it beside the others, it stands below its row.
func (s Style) table(columns []column, rows [][]string) (string, error) {
	last := len(columns) - 1
	if last < 1 || !columns[last].prose {
		return grid(columns, rows)
	}
	room := s.columns() - 1 // the indent
	for i, c := range columns[:last] {
		room -= max(widthOf(c.title), widthIn(rows, i)) + gap
	}
	folded, changed := foldLast(rows, room)
	if max(widthOf(columns[last].title), widthIn(folded, last)) <= room && (room >= proseWidth || !changed) {
		return grid(columns, folded)
	}
	return s.below(columns, rows)
}

// foldLast wraps what is too wide in the last column.
func foldLast(rows [][]string, room int) (folded [][]string, changed bool) {
	folded = convert(rows, func(row []string) []string {
		last := len(row) - 1
		lines := strings.Split(row[last], "\n")
		for i, line := range lines {
			if widthOf(line) > room {
				lines[i], changed = words.Fold(line, 0, room), true
			}
		}
		return append(slices.Clone(row[:last]), strings.Join(lines, "\n"))
	})
	return folded, changed
}

// below writes the last column, with its title, below each row of the others.
func (s Style) below(columns []column, rows [][]string) (string, error) {
	last := len(columns) - 1
	others := convert(rows, func(row []string) []string { return row[:last] })
	text, err := grid(columns[:last], others)
	if err != nil {
		return "", err
	}
	lines := strings.SplitAfter(text, "\n")
	var out strings.Builder
	take := func(n int) {
		n = min(n, len(lines))
		out.WriteString(strings.Join(lines[:n], ""))
		lines = lines[n:]
	}
	if titled(columns[:last]) {
		take(1)
	}
	for i, row := range rows {
		height := 1
		for _, cell := range others[i] {
			height = max(height, 1+strings.Count(cell, "\n"))
		}
		take(height)
		out.WriteString(s.wrap(columns[last].title+" "+row[last], 4) + "\n")
	}
	return out.String(), nil
}

// fitted returns a table whose cells have parts side by side, and where that is wider than a line, below one another:
// the maker is given what to put between them.
func (s Style) fitted(maker func(between string) (string, error)) (string, error) {
	text, err := maker(" ")
	if err == nil && widthOf(text) > s.columns() {
		return maker("\n")
	}
	return text, err
}

// widthOf is how many columns the widest line of a text takes.
func widthOf(text string) int { return lipgloss.Width(text) }

// widthIn is how many columns the widest cell of a column takes.
func widthIn(rows [][]string, column int) int {
	n := 0
	for _, row := range rows {
		n = max(n, widthOf(row[column]))
	}
	return n
}

func titled(columns []column) bool {
	return slices.ContainsFunc(columns, func(c column) bool { return c.title != "" })
}

// gap is how many blanks stand between two columns.
const gap = 2

// grid returns rows under a head, without borders, indented by one, without blanks at the ends of lines. Without any
// titles there is no head.
func grid(columns []column, rows [][]string) (string, error) {
	titles := make([]string, len(columns))
	align := make(tw.Alignment, len(columns))
	for i, c := range columns {
		titles[i], align[i] = c.title, tw.AlignLeft
		if c.right {
			align[i] = tw.AlignRight
		}
	}
	cells := tw.CellConfig{
		Formatting: tw.CellFormatting{AutoWrap: tw.WrapNone, AutoFormat: tw.Off},
		Alignment:  tw.CellAlignment{Global: tw.AlignLeft, PerColumn: align},
		Padding:    tw.CellPadding{Global: tw.Padding{Left: "", Right: strings.Repeat(" ", gap), Overwrite: true}},
	}
	var buffer bytes.Buffer
	t := tablewriter.NewTable(&buffer,
		tablewriter.WithConfig(tablewriter.Config{Header: cells, Row: cells}),
		tablewriter.WithRenderer(renderer.NewBlueprint(tw.Rendition{
			Borders:  tw.BorderNone,
			Symbols:  tw.NewSymbols(tw.StyleNone),
			Settings: tw.Settings{Lines: tw.LinesNone, Separators: tw.SeparatorsNone},
		})),
		tablewriter.WithTrimSpace(tw.Off),
	)
	if titled(columns) {
		t.Header(titles)
	}
	if err := t.Bulk(rows); err != nil {
		return "", err
	}
	if err := t.Render(); err != nil {
		return "", err
	}
	var out strings.Builder
	for line := range strings.Lines(buffer.String()) {
		out.WriteString(trimmed(" "+strings.TrimSuffix(line, "\n")) + "\n")
	}
	return out.String(), nil
}

// trimmed returns a line without the blanks at its end, which in a painted line stand between the ends of colours.
func trimmed(line string) string {
	const endOfColour = "\x1b[0m"
	short := line
	for n := -1; n != len(short); {
		n = len(short)
		short = strings.TrimSuffix(strings.TrimRight(short, " "), endOfColour)
	}
	if strings.Contains(short, "\x1b") {
		return short + endOfColour
	}
	return short
}
