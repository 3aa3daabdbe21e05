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

// keyLine returns the line of keys, of those that fit, the first ones first.
func keyLine(p palette, bindings []binding, width int) string {
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
