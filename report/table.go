package report

import (
	"bytes"
	"strings"

	"github.com/olekukonko/tablewriter"
	"github.com/olekukonko/tablewriter/renderer"
	"github.com/olekukonko/tablewriter/tw"
)

// column is the head of a column; numbers stand right.
type column struct {
	title string
	right bool
}

func left(titles ...string) []column {
	return convert(titles, func(t string) column { return column{title: t} })
}

func right(titles ...string) []column {
	return convert(titles, func(t string) column { return column{title: t, right: true} })
}

// table returns rows under a head, without borders, indented by one, without blanks at the ends of lines. Without any
// titles there is no head.
func table(columns []column, rows [][]string) (string, error) {
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
		Padding:    tw.CellPadding{Global: tw.Padding{Left: "", Right: "  ", Overwrite: true}},
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
	if strings.Join(titles, "") != "" {
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
