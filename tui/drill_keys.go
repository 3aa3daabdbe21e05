package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// insistAfter is how long after a drill was called off Ctrl-C does not count again: one press can come several times, and a
// fault that is being healed must not be left in force by that.
const insistAfter = 500 * time.Millisecond

// typed does what keys say: those that are pressed fast come together.
func (d *Drill) typed(msg tea.KeyMsg) tea.Cmd {
	if msg.Type != tea.KeyRunes {
		return d.key(msg.String())
	}
	for _, r := range msg.Runes {
		if c := d.key(string(r)); c != nil {
			return c
		}
	}
	return nil
}

// key does what a key says.
func (d *Drill) key(key string) tea.Cmd {
	if d.asked && key != "ctrl+c" {
		d.asked = false
		if key == "q" || key == "y" {
			d.callOff()
		}
		return nil
	}
	switch key {
	case "ctrl+c":
		return d.interrupt()
	case "q":
		if d.finished() {
			return tea.Quit
		}
		d.asked = !d.stopping()
	case "?":
		d.open(drillHelp)
	case "e":
		d.open(drillLog)
	case "r":
		if d.finished() {
			d.open(drillReport)
		}
	case "esc":
		d.page, d.scroll = drillBoard, 0
	case "enter":
		if d.Confirm != nil && !d.finished() {
			d.Confirm()
		}
	default:
		d.move(key)
	}
	return nil
}

// open goes to a page, or back to the board from it.
func (d *Drill) open(page drillPage) {
	if d.page == page {
		page = drillBoard
	}
	d.page, d.scroll = page, 0
}

// interrupt is what Ctrl-C does without a dashboard: the first stops the drill in good order, the second ends it.
func (d *Drill) interrupt() tea.Cmd {
	switch {
	case d.finished():
		return tea.Quit
	case !d.stopping():
		d.callOff()
	case d.calledOff.IsZero(): // from elsewhere, some time ago
		d.calledOff = time.Now()
	case time.Since(d.calledOff) > insistAfter:
		d.insisted = true
		return tea.Quit
	}
	return nil
}

func (d *Drill) callOff() {
	d.asked, d.calledOff, d.page = false, time.Now(), drillBoard
	if d.Stop != nil {
		d.Stop()
	}
}

// move scrolls what is shown: down is forth in a text, and to what is newer in the log.
func (d *Drill) move(key string) {
	screen := max(1, d.height-4)
	down, ok := map[string]int{"down": 1, "j": 1, "up": -1, "k": -1, "pgdown": screen, " ": screen, "pgup": -screen,
		"home": -maxEvents * 10, "g": -maxEvents * 10, "end": maxEvents * 10, "G": maxEvents * 10}[key]
	switch {
	case !ok:
	case d.page == drillReport:
		d.scroll = min(max(0, d.scroll+down), max(0, len(d.reportLines())-d.reportHeight()))
	case d.page == drillLog || d.page == drillBoard:
		d.scroll = min(max(0, d.scroll-down), max(0, len(d.events)-1))
	}
}

// foot is the line of keys, or the question that waits for one.
func (d *Drill) foot() string {
	confirm := ""
	if d.Confirm != nil {
		confirm = " ⏎ it is done "
	}
	switch {
	case d.asked:
		return d.colours.bold.on(" stop the drill? It heals, cleans up and reports.  y yes  n no")
	case d.stopping() && !d.finished():
		return d.colours.faint.on(confirm + " Ctrl-C again ends it at once, whatever is in force  e events  ? help")
	case d.page == drillHelp || d.page == drillLog:
		return d.colours.faint.on(" esc back  ↑↓ scroll  ? help")
	case d.page == drillReport:
		return d.colours.faint.on(" q print it and quit  ↑↓ scroll  r timeline  e events  ? help")
	case d.finished():
		return d.colours.faint.on(" q print the report and quit  r report  e events  ? help")
	}
	return d.colours.faint.on(confirm + " q stop  e events  ↑↓ scroll  ? help")
}

// help says what the keys do and what the signs mean.
func (d *Drill) help() []string {
	return []string{
		d.colours.bold.on(" keys"),
		"   ↑ ↓ k j       scroll: the events, or the report; PgUp, PgDn, Home and End go further",
		"   e             all events, and back",
		"   r             the report, once there is one, and the timeline",
		"   ⏎             with --fault manual: what was asked for is done",
		"   q             while the drill is under way: stop it, after asking once; then: quit",
		"   Ctrl-C        stop it without asking: it heals, deletes its keys and reports",
		"",
		d.colours.bold.on(" signs"),
		"   ● ▸ ·         a phase that has ended, that is under way, that is still to come",
		"   █ ░           time that has passed, and that is planned",
		"   ▁▂▃▄▅▆▇█      writes a second that were acknowledged; the highest is that of all regions",
		"                 (in figures: in the last second)",
		"   ✖             writes were sent, and none was acknowledged",
		"   █ ▒           missed writes: not readable yet where the application is, and readable since",
		"   · ○ ▁▂▃▄▅▆▇█  the same of many shards: none missed, all readable again, so many not yet",
		"",
		" What a write that is missing came to is found out at the end, and stands in the report.",
	}
}
