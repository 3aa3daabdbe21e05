package tui

import "strings"

// column is a column of a table.
type column struct {
	title string
	right bool // it stands right, as numbers do
	// drop is its place in the order in which columns are dropped that do not fit: the highest first. Those of 0 stay.
	drop int
	// least is how many columns of the terminal are enough for a text that can be clipped; 0: it is shown whole or not at all.
	least int
}

// gap is how many blanks stand between two columns.
const gap = 2

// noRow is no row of a table.
const noRow = -1

// table returns rows below a head, each line at most so wide, and one of them so that one sees that it is selected. What does
// not fit is first clipped, in columns that bear it, then dropped. Rows are as long as there are columns.
func table(p palette, columns []column, rows [][]string, selected, width int) []string {
	shown := make([]int, len(columns))
	for i := range shown {
		shown[i] = i
	}
	widths := widthsOf(columns, rows)
	for fit(columns, widths, shown, width) > width {
		worst := -1
		for at, i := range shown {
			if columns[i].drop > 0 && (worst < 0 || columns[i].drop > columns[shown[worst]].drop) {
				worst = at
			}
		}
		if worst < 0 {
			break // the lines are clipped
		}
		shown = append(shown[:worst], shown[worst+1:]...)
		widths = widthsOf(columns, rows)
	}
	lines := make([]string, 0, len(rows)+1)
	head := make([]string, len(columns))
	for i, c := range columns {
		head[i] = c.title
	}
	lines = append(lines, p.faint.on(clip(" "+tableLine(columns, head, widths, shown), width)))
	for i, row := range rows {
		line := tableLine(columns, row, widths, shown)
		if i == selected {
			lines = append(lines, p.selected(line, width))
		} else {
			lines = append(lines, clip(" "+line, width))
		}
	}
	return lines
}

// widthsOf is how wide columns are when all of them is shown.
func widthsOf(columns []column, rows [][]string) []int {
	widths := make([]int, len(columns))
	for i, c := range columns {
		widths[i] = widthOf(c.title)
		for _, row := range rows {
			widths[i] = max(widths[i], widthOf(row[i]))
		}
	}
	return widths
}

// fit clips the columns that bear it, the last one first, and returns how wide the table is then.
func fit(columns []column, widths, shown []int, width int) int {
	total := 1 + gap*(len(shown)-1) // the indent, and what stands between columns
	for _, i := range shown {
		total += widths[i]
	}
	for at := len(shown) - 1; at >= 0 && total > width; at-- {
		i := shown[at]
		if least := columns[i].least; least > 0 && widths[i] > least {
			less := min(total-width, widths[i]-least)
			widths[i] -= less
			total -= less
		}
	}
	return total
}

func tableLine(columns []column, cells []string, widths, shown []int) string {
	var line strings.Builder
	for at, i := range shown {
		if at > 0 {
			line.WriteString(blanks(gap))
		}
		if columns[i].right {
			line.WriteString(padLeft(cells[i], widths[i]))
		} else {
			line.WriteString(pad(cells[i], widths[i]))
		}
	}
	return strings.TrimRight(line.String(), " ")
}
