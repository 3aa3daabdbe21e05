package tui

import "strings"

// point is one value of a sparkline.
type point struct {
	value float64 // 0 or more
	mark  rune    // shown instead of the value; 0: the value is
}

// gapMark stands where nothing is known.
const gapMark = ' '

var upright = []rune("▁▂▃▄▅▆▇█")

// spark returns the last points as a sparkline of exactly so many columns, the newest at its right end. The highest bar is
// the highest value of those shown, or that of ceiling where it is higher, so that lines can be compared with each other.
func spark(points []point, ceiling float64, width int) string {
	points = points[max(0, len(points)-max(width, 0)):]
	for _, p := range points {
		if p.mark == 0 {
			ceiling = max(ceiling, p.value)
		}
	}
	var line strings.Builder
	line.WriteString(blanks(width - len(points)))
	for _, p := range points {
		switch {
		case p.mark != 0:
			line.WriteRune(p.mark)
		case ceiling <= 0:
			line.WriteRune(upright[0])
		default:
			line.WriteRune(upright[min(int(p.value/ceiling*float64(len(upright))), len(upright)-1)])
		}
	}
	return line.String()
}

var sideways = []rune("▏▎▍▌▋▊▉█")

// bar returns a bar of at most so many columns, all of them for most. What is not nothing is seen.
func bar(value, most float64, width int) string {
	if value <= 0 || most <= 0 || width <= 0 {
		return ""
	}
	eighths := max(int(min(value/most, 1)*float64(width*len(sideways))), 1)
	text := strings.Repeat(string(sideways[len(sideways)-1]), eighths/len(sideways))
	if rest := eighths % len(sideways); rest > 0 {
		text += string(sideways[rest-1])
	}
	return text
}
