package tui

import (
	"slices"
	"strings"

	tea "github.com/charmbracelet/bubbletea"
)

// binding is what a key does on a screen, and how that is told: there is no key that the help does not know.
type binding struct {
	keys  []string // as bubbletea names them
	shown string   // as people name them: "↑↓←→"
	short string   // for the line of keys; "": it is not on it
	help  string
	do    func(key string) tea.Cmd
}

// bound returns what a key does. Of several bindings the first one counts.
func bound(bindings []binding, key string) (binding, bool) {
	at := slices.IndexFunc(bindings, func(b binding) bool { return slices.Contains(b.keys, key) })
	if at < 0 {
		return binding{}, false
	}
	return bindings[at], true
}

// leastForLine is how many columns a screen needs for its line of keys to be of use.
const leastForLine = 36

// keyLine returns the line of keys, of those that fit, the first ones first. On a screen too narrow for it, it says so, and how to leave.
func keyLine(p palette, bindings []binding, width, screen int) string {
	leave := func(b binding) bool { return b.short != "" && slices.Contains(b.keys, "q") }
	if at := slices.IndexFunc(bindings, leave); screen < leastForLine && at >= 0 {
		b := bindings[at]
		return clip(p.bold.on(b.shown)+" "+p.faint.on(b.short)+blanks(gap)+p.faint.on("enlarge the window"), width)
	}
	var line strings.Builder
	used := 0
	for _, b := range bindings {
		if b.short == "" {
			continue
		}
		need := widthOf(b.shown) + 1 + widthOf(b.short)
		if used > 0 {
			need += gap
		}
		if used+need > width {
			break
		}
		if used > 0 {
			line.WriteString(blanks(gap))
		}
		line.WriteString(p.bold.on(b.shown) + " " + p.faint.on(b.short))
		used += need
	}
	return line.String()
}

// helpLines returns a line for each binding, folded where it is too long.
func helpLines(p palette, bindings []binding, width int) []string {
	named := 0
	for _, b := range bindings {
		named = max(named, widthOf(b.shown))
	}
	var lines []string
	for _, b := range bindings {
		for i, line := range fold(b.help, width-named-gap-1) {
			name := ""
			if i == 0 {
				name = b.shown
			}
			lines = append(lines, clip(" "+p.bold.on(pad(name, named))+blanks(gap)+line, width))
		}
	}
	return lines
}
