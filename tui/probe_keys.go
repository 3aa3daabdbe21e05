package tui

import (
	"slices"
	"strings"
	"unicode/utf8"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
)

// bindings are the keys, the most important first.
func (m *Probe) bindings() []binding {
	do := func(f func()) func(string) tea.Cmd {
		return func(string) tea.Cmd { f(); return nil }
	}
	move := func(key string) tea.Cmd { m.move(key); return nil }
	moving := "move what is selected (also hjkl); beyond the last row lies the next panel"
	if m.config.Playground != nil {
		moving = "move what is selected (also h, j and l: here k kills); beyond the last row lies the next panel"
	}
	all := []binding{
		{[]string{"?"}, "?", "help", "this page", do(func() { m.toggle(page{kind: helpPage}) })},
		{[]string{"q"}, "q", "quit", "ends the probe: the report is printed, and the exit code is that of the verdict", func(string) tea.Cmd { return tea.Quit }},
		{[]string{"esc", "backspace"}, "esc", "back", "goes back to where this was opened from; on the overview it ends the filter", do(m.back)},
		{[]string{"up", "down", "left", "right", "k", "j", "h", "l"}, "↑↓←→", "move", moving, move},
		{[]string{"enter"}, "⏎", "open", "opens the selected region, link or shard: all its counts, its channel, its round trips", do(m.open)},
		{[]string{"tab", "shift+tab"}, "tab", "panel", "goes to the next panel: regions, links, shards (shift-tab: to the one before)", func(key string) tea.Cmd {
			m.panel(key)
			return nil
		}},
		{[]string{"/"}, "/", "filter", "narrows all panels to what contains some text: names of regions, links, shards, states, events (⏎ keeps it, esc ends it)", do(func() { m.typing = true })},
		{[]string{"s"}, "s", "sort", "sorts regions and shards: as configured, the worst first, the slowest first", do(func() { m.sort = (m.sort + 1) % sortings })},
		{[]string{"p"}, "p", "pause", "lets the screen stand still; the probing goes on", do(func() { m.paused = !m.paused })},
		{[]string{"e"}, "e", "events", "shows all events", do(func() { m.toggle(page{kind: eventsPage, top: bottom}) })},
		{[]string{"w"}, "w", "write", "writes what is shown to a file in the current folder, as probe -o json prints it", func(string) tea.Cmd { return m.write() }},
		{[]string{"pgup", "pgdown"}, "PgUp PgDn", "", "goes up or down by a screen, on a page that is longer than that", move},
		{[]string{"home", "end"}, "Home End", "", "goes to the first or the last line of such a page", move},
		{[]string{"ctrl+c"}, "Ctrl-C", "", "interrupts the probe: the report is printed, and the exit code is 130", func(string) tea.Cmd {
			if m.config.Interrupt != nil {
				m.config.Interrupt()
			}
			return tea.Quit
		}},
	}
	played := m.config.Playground.bindings(m.selected)
	for i := range played {
		if played[i].shown == "k" {
			played[i].help += ", which is found on the link from the region to itself"
		}
	}
	return append(played, all...) // the first ones: they take k
}

// typed takes in what was typed. Keys that come together, as of a slow connection, are one message.
func (m *Probe) typed(key tea.KeyMsg) tea.Cmd {
	m.notice = ""
	if m.typing && key.String() != "ctrl+c" {
		m.search(key)
		return nil
	}
	if key.Type != tea.KeyRunes || key.Paste || key.Alt {
		return m.press(key.String())
	}
	var all []tea.Cmd
	for _, r := range key.Runes {
		if m.typing {
			m.search(tea.KeyMsg{Type: tea.KeyRunes, Runes: []rune{r}})
			continue
		}
		if cmd := m.press(string(r)); cmd != nil {
			all = append(all, cmd)
		}
	}
	return tea.Batch(all...)
}

// press does what a key is for.
func (m *Probe) press(key string) tea.Cmd {
	b, known := bound(m.keys, key)
	if !known {
		return nil
	}
	cmd := b.do(key)
	m.refocus()
	return cmd
}

// longestFilter is how many letters a filter can have.
const longestFilter = 64

// search takes in what is typed into the filter.
func (m *Probe) search(key tea.KeyMsg) {
	switch key.Type {
	case tea.KeyEnter:
		m.typing = false
	case tea.KeyEsc:
		m.typing, m.filter = false, ""
	case tea.KeyBackspace:
		_, size := utf8.DecodeLastRuneInString(m.filter)
		m.filter = m.filter[:len(m.filter)-size]
	case tea.KeyRunes, tea.KeySpace:
		if text := m.filter + words.Clean(string(key.Runes)); utf8.RuneCountInString(text) <= longestFilter {
			m.filter = text
		}
	}
}

// back closes what was opened last, or else ends the filter.
func (m *Probe) back() {
	if n := len(m.pages); n > 0 {
		m.pages = m.pages[:n-1]
		return
	}
	m.filter = ""
}

// toggle opens a page, or closes it when it is the one that is seen.
func (m *Probe) toggle(p page) {
	if open := m.page(); open != nil && open.kind == p.kind {
		m.back()
		return
	}
	m.push(p)
}

// panel gives the focus to the next panel or the one before.
func (m *Probe) panel(key string) {
	if m.page() != nil {
		return
	}
	step := place(1)
	if key == "shift+tab" {
		step = places - 1
	}
	m.place = (m.place + step) % places
}

// write writes the snapshot that is shown.
func (m *Probe) write() tea.Cmd {
	if m.config.Write == nil || m.snap == nil {
		return nil
	}
	write, snap := m.config.Write, m.snap
	return func() tea.Msg {
		path, err := write(snap)
		return writtenMsg{path, err}
	}
}

// direction is that of a key.
func direction(key string) (down, right int) {
	switch key {
	case "up", "k":
		return -1, 0
	case "down", "j":
		return 1, 0
	case "left", "h":
		return 0, -1
	case "right", "l":
		return 0, 1
	}
	return 0, 0
}

// move moves what is selected: on a page its row, and else in the panel that has the focus.
func (m *Probe) move(key string) {
	if m.snap == nil {
		return
	}
	if p := m.page(); p != nil {
		p.move(m, key)
		return
	}
	v := m.arrange()
	down, right := direction(key)
	switch m.place {
	case inRegions:
		m.moveRegion(v, down)
	case inLinks:
		m.moveLink(v, down, right)
	case inShards:
		m.moveShard(v, down, right)
	}
}

func (m *Probe) moveRegion(v *arranged, down int) {
	at := max(slices.IndexFunc(v.regions, func(i int) bool { return m.snap.Regions[i].Name == m.region }), 0) + down
	switch {
	case at >= len(v.regions):
		m.place = inLinks
	case at >= 0 && down != 0:
		m.region = m.snap.Regions[v.regions[at]].Name
	}
}

// moveLink goes to the next link in a direction that the filter has left.
func (m *Probe) moveLink(v *arranged, down, right int) {
	n := len(v.ends)
	for row, col := v.row+down, v.col+right; down != 0 || right != 0; row, col = row+down, col+right {
		switch {
		case row < 0:
			m.place = inRegions
			return
		case row >= n:
			m.place = inShards
			return
		case col < 0 || col >= n:
			return
		}
		if l := v.at(row, col); l != nil {
			m.link, m.slot = probe.Pair{From: l.From, To: l.To}, m.slotOn(l)
			return
		}
	}
}

// slotOn keeps the selected shard where a link has it too.
func (m *Probe) slotOn(l *probe.Link) int {
	if slices.ContainsFunc(l.Cells, func(c probe.Cell) bool { return c.Slot == m.slot }) {
		return m.slot
	}
	return noSlot
}

func (m *Probe) moveShard(v *arranged, down, right int) {
	if v.cell == nil {
		m.place = inLinks
		return
	}
	s := m.shards(v)
	n, at := len(v.cells), v.cellAt+right
	if down != 0 {
		switch row := v.cellAt/s.perRow + down; {
		case row < 0:
			m.place = inLinks
			return
		case row >= s.rows(n):
			return
		}
		at = min(v.cellAt+down*s.perRow, n-1)
	}
	if at >= 0 && at < n {
		m.choose(v.link, &v.link.Cells[v.cells[at]])
	}
}

// choose selects a cell, and its link.
func (m *Probe) choose(l *probe.Link, c *probe.Cell) {
	m.link, m.slot = probe.Pair{From: l.From, To: l.To}, c.Slot
}

// helpText explains what the keys cannot.
func helpText() string {
	return strings.Join([]string{
		"Links are shown from the region of the row to that of the column: whether messages arrive, the round trips' p50 / p99 in milliseconds,",
		"and the last rounds, the newest at the right: a bar is that round's median, flat as long as nothing changes; ✖ nothing came, × a part did not come, and a gap is no evidence.",
		"● is well, ▲ late or lossy, ✖ nothing arrives, ? not known; 2/3 says on how many of its shards. Of many shards each is a symbol:",
		"· is up, ○ takes more than twice as long as the link's median, ◆ (or reversed) is selected. As long as nothing was selected, the link and the shard that are worst are.",
	}, " ")
}
