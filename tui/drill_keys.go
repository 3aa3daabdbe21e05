package tui

import (
	"time"

	tea "github.com/charmbracelet/bubbletea"
)

// insistAfter is how long after a drill was called off Ctrl-C does not count again: one press can come several times, and a
// fault that is being healed must not be left in force by that.
const insistAfter = 500 * time.Millisecond

// bindings are the keys, the most important first. What is on the line of keys depends on how far the drill is.
func (d *Drill) bindings() []binding {
	do := func(f func()) func(string) tea.Cmd {
		return func(string) tea.Cmd { f(); return nil }
	}
	confirm, quit, interrupt, report := "", "stop", "", ""
	switch {
	case d.finished():
		quit, report = "print the report and quit", "report"
		if d.page == drillReport {
			report = "timeline"
		}
	case d.stopping():
		quit, interrupt = "", "again ends it at once, whatever is in force"
	}
	if d.Confirm != nil && !d.finished() {
		confirm = "it is done"
	}
	return []binding{
		{[]string{"enter"}, "⏎", confirm, "with --fault manual: what was asked for is done", do(d.confirm)},
		{[]string{"q"}, "q", quit, "stops the drill, after asking once; when it has ended, prints the report and quits", d.quit},
		{[]string{"ctrl+c"}, "Ctrl-C", interrupt, "stops the drill without asking: it heals, cleans up and reports, and the exit code is 130; a second one ends it at once, whatever is in force", d.interrupt},
		{[]string{"r"}, "r", report, "shows the report, once there is one, or the timeline again", do(func() {
			if d.finished() {
				d.open(drillReport)
			}
		})},
		{[]string{"e"}, "e", "events", "shows all events, or the timeline again", do(func() { d.open(drillLog) })},
		{[]string{"?"}, "?", "help", "this page", do(func() { d.open(drillHelp) })},
		{[]string{"up", "down", "k", "j"}, "↑↓", "scroll", "scroll (also jk)", do(func() {})},
		{[]string{"pgup", "pgdown"}, "PgUp PgDn", "", "go up or down by a screen", do(func() {})},
		{[]string{"home", "end"}, "Home End", "", "go to the first or the last line", do(func() {})},
		{[]string{"esc"}, "esc", "", "goes back to the timeline", do(func() { d.page, d.scroll = drillBoard, 0 })},
	}
}

// typed does what keys say: those that are pressed fast come together.
func (d *Drill) typed(msg tea.KeyMsg) tea.Cmd {
	if msg.Type != tea.KeyRunes {
		return d.press(msg.String())
	}
	for _, r := range msg.Runes {
		if c := d.press(string(r)); c != nil {
			return c
		}
	}
	return nil
}

// press does what a key is for.
func (d *Drill) press(key string) tea.Cmd {
	if d.asked && key != "ctrl+c" {
		d.asked = false
		if key == "q" || key == "y" {
			d.callOff()
		}
		return nil
	}
	b, known := bound(d.bindings(), key)
	if !known {
		return nil
	}
	d.move(key)
	return b.do(key)
}

func (d *Drill) confirm() {
	if d.Confirm != nil && !d.finished() {
		d.Confirm()
	}
}

func (d *Drill) quit(string) tea.Cmd {
	if d.finished() {
		return tea.Quit
	}
	d.asked = !d.stopping()
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
func (d *Drill) interrupt(string) tea.Cmd {
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

// move scrolls what is shown, if a key does that: down is forth in a text, and to what is newer in the log.
func (d *Drill) move(key string) {
	screen := max(1, d.height-4)
	switch d.page {
	case drillReport:
		end := max(0, len(d.reportLines())-d.reportHeight())
		d.scroll = min(max(0, moved(key, d.scroll, screen, end)), end)
	case drillHelp:
		end := max(0, len(d.helpText())-d.height+1)
		d.scroll = min(max(0, moved(key, d.scroll, screen, end)), end)
	default:
		end := max(0, len(d.log.entries)-1)
		d.scroll = end - min(max(0, moved(key, end-min(d.scroll, end), screen, end)), end)
	}
}

// foot is the line of keys, or the question that waits for one.
func (d *Drill) foot() string {
	if d.asked {
		question := " stop the drill? It heals, cleans up and reports.  y yes  n no"
		if widthOf(question) > d.width {
			question = " stop?  y yes  n no"
		}
		return d.colours.bold.on(question)
	}
	return " " + keyLine(d.colours, d.bindings(), d.width-1, d.width)
}

// help is as much of the help as fits, from where one has scrolled to.
func (d *Drill) help(height int) []string {
	lines := d.helpText()
	begin := min(d.scroll, max(0, len(lines)-height))
	return lines[begin:min(len(lines), begin+max(0, height))]
}

// drillSigns are the signs of a drill and what they mean.
var drillSigns = []binding{
	{shown: "● ▸ ·", help: "a phase that has ended, that is under way, that is still to come"},
	{shown: "█ ░", help: "time that has passed, and that is planned"},
	{shown: "▁▂▃▄▅▆▇█", help: "writes a second that were acknowledged, over the time of the timeline; the highest is that of all regions. The figure is of the last second"},
	{shown: "✖", help: "writes were sent, and none was acknowledged"},
	{shown: "█ ▒", help: "missed writes of a shard: not readable yet where the application got to, and readable since"},
	{shown: "· ○ ▁…█", help: "the same of many shards: none missed, all readable since, so many not yet"},
}

// helpText says what the keys do and what the signs mean.
func (d *Drill) helpText() []string {
	lines := append([]string{d.colours.bold.on(" keys")}, helpLines(d.colours, d.bindings(), d.width)...)
	lines = append(lines, "", d.colours.bold.on(" signs"))
	lines = append(lines, helpLines(d.colours, drillSigns, d.width)...)
	lines = append(lines, "")
	for _, line := range fold("What became of a missed write is found out at the end, and stands in the report.", max(1, d.width-1)) {
		lines = append(lines, " "+line)
	}
	return lines
}
