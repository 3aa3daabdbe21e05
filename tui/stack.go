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

// stack puts panels below one another into so many lines. Each gets what it needs; what is left goes to those that say how much
// they can use, the first ones first, then to an empty line between two, all or none, and then to those that take any number.
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
	heights, apart := share(shown, height)
	var lines []string
	for i, p := range shown {
		made := p.lines(heights[i])
		made = made[:min(len(made), heights[i])]
		if i > 0 && apart && len(made) > 0 {
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

// share gives each panel its lines, and tells whether there is an empty one between two.
func share(panels []panel, height int) (heights []int, apart bool) {
	heights = make([]int, len(panels))
	left := max(height-needed(panels), 0)
	give := func(i, most int) {
		more := min(left, most)
		heights[i] += more
		left -= more
	}
	for i, p := range panels {
		heights[i] = p.least
		give(i, max(p.most-p.least, 0))
	}
	if between := len(panels) - 1; between > 0 && left >= between {
		left, apart = left-between, true
	}
	for i, p := range panels {
		if p.most == 0 {
			give(i, left)
		}
	}
	return heights, apart
}
