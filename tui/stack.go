package tui

// panel is a part of a screen, over its whole width.
type panel struct {
	// lines are made for a height: at most so many, all of them at most as wide as the screen.
	lines func(height int) []string
	least int // lines that it needs to be of use
	most  int // lines that it can use; 0: as many as there are
	// drop is its place in the order in which panels are dropped that do not fit: the highest first. Those of 0 stay.
	drop int
}

// stack puts panels below one another into so many lines, an empty line between two where there is room for that. Each gets
// what it needs, and what is left goes to those that can use it, the first ones first.
func stack(panels []panel, height int) []string {
	shown := append([]panel(nil), panels...)
	for needed(shown) > height {
		worst := -1
		for i, p := range shown {
			if p.drop > 0 && (worst < 0 || p.drop > shown[worst].drop) {
				worst = i
			}
		}
		if worst < 0 {
			break
		}
		shown = append(shown[:worst], shown[worst+1:]...)
	}
	heights := share(shown, height)
	between := 0
	if used := sum(heights); height-used >= len(shown)-1 {
		between = 1
	}
	var lines []string
	for i, p := range shown {
		made := p.lines(heights[i])
		made = made[:min(len(made), heights[i])]
		if i > 0 && between > 0 && len(made) > 0 {
			lines = append(lines, "")
		}
		lines = append(lines, made...)
	}
	return lines[:min(len(lines), max(height, 0))]
}

func needed(panels []panel) int {
	n := 0
	for _, p := range panels {
		n += p.least
	}
	return n
}

// share gives each panel what it needs and, as far as there is more, an empty line between two, and what they can use.
func share(panels []panel, height int) []int {
	heights := make([]int, len(panels))
	left := height - needed(panels)
	if between := len(panels) - 1; left >= between {
		left -= between
	}
	for i, p := range panels {
		heights[i] = p.least
		more := max(left, 0)
		if p.most > 0 {
			more = min(more, max(p.most-p.least, 0))
		}
		heights[i] += more
		left -= more
	}
	return heights
}

func sum(numbers []int) int {
	n := 0
	for _, m := range numbers {
		n += m
	}
	return n
}
