package tui

import (
	"fmt"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/aafailover/aafailover/internal/words"
)

// bindings are the keys. Those of the playground come first: there k kills, and does not go up.
func (m *Lab) bindings() []binding {
	move := binding{keys: []string{"up", "down", "left", "right", "h", "j", "k", "l"}, shown: "↑↓←→", short: "select", do: m.move,
		help: "select a region, a link or a shard, and scroll; so do hjkl"}
	if m.config.Playground != nil {
		move.help = "select a region, a link or a shard, and scroll; so do h, j and l, and k on a page like this one"
	}
	all := m.config.Playground.bindings(m.selected)
	m.faulty = len(all)
	return append(all,
		binding{keys: []string{"?"}, shown: "?", short: "help", do: m.help, help: "show or hide this"},
		binding{keys: []string{"q"}, shown: "q", short: "end", do: m.quit, help: "end the lab; it asks once where clients are connected"},
		move,
		binding{keys: []string{"tab", "shift+tab"}, shown: "tab", short: "panel", do: m.turn, help: "go to the next panel; with shift to the one before"},
		binding{keys: []string{"enter"}, shown: "⏎", short: "shards", do: m.open, help: "go to the shards of the region or the link"},
		binding{keys: []string{"e"}, shown: "e", short: "events", do: m.events, help: "the log alone: ↑ ↓ PgUp PgDn Home End scroll, esc goes back"},
		binding{keys: []string{"pgup", "pgdown", "home", "end"}, shown: "PgUp PgDn Home End", do: m.leap, help: "go far, and to an end"},
		binding{keys: []string{"esc"}, shown: "esc", do: m.back, help: "go back"},
		binding{keys: []string{"ctrl+c"}, shown: "Ctrl-C", do: func(string) tea.Cmd { return tea.Quit }, help: "end the lab at once"},
	)
}

// inUse are the keys that do something now: on a page nothing is broken that it covers, and k scrolls.
func (m *Lab) inUse() []binding {
	if m.page == noLabPage {
		return m.keys
	}
	return m.keys[m.faulty:]
}

// typed does what a key says. Any key takes the notice away, and the question.
func (m *Lab) typed(key string) tea.Cmd {
	asked := m.asked
	m.notice, m.asked = "", false
	b, ok := bound(m.inUse(), key)
	if !ok {
		return nil
	}
	m.asked = asked && key == "q"
	return b.do(key)
}

func (m *Lab) quit(string) tea.Cmd {
	if n := m.clients(); n > 0 && !m.asked {
		m.asked = true
		m.notice = "The lab ends for others too: " + words.Count(n, "connection") + " of clients. q again ends it, any other key does not."
		return nil
	}
	return tea.Quit
}

func (m *Lab) help(string) tea.Cmd {
	if m.page == labHelp {
		m.page = noLabPage
	} else {
		m.page = labHelp
	}
	return nil
}

func (m *Lab) events(string) tea.Cmd {
	if m.page == labLog {
		m.page = noLabPage
	} else {
		m.page, m.top[inLabLog] = labLog, len(m.log)
	}
	return nil
}

// back leaves a page, or else goes from the shards to what they are of.
func (m *Lab) back(string) tea.Cmd {
	switch {
	case m.page != noLabPage:
		m.page = noLabPage
	case m.focus == inLabShards:
		m.focus = m.of
	}
	return nil
}

// open goes to the shards of what is selected.
func (m *Lab) open(string) tea.Cmd {
	if m.page == noLabPage && m.status != nil && m.focus != inLabShards && m.shards() > 0 {
		m.enterPanel(inLabShards)
	}
	return nil
}

// turn goes to another panel.
func (m *Lab) turn(key string) tea.Cmd {
	if m.page != noLabPage || m.status == nil {
		return nil
	}
	step := 1
	if key == "shift+tab" {
		step = 2
	}
	to := (m.focus + labPlace(step)) % inLabLog
	if to == inLabLinks && len(m.status.Links) == 0 {
		to = (to + labPlace(step)) % inLabLog
	}
	m.enterPanel(to)
	return nil
}

// enterPanel gives a panel the focus. The shards that are shown are those of the panel that had it last.
func (m *Lab) enterPanel(to labPlace) {
	m.focus = to
	if to != inLabShards && to != m.of {
		m.of, m.shard = to, 0
	}
}

// move goes one step. Beyond the end of a panel it stays.
func (m *Lab) move(key string) tea.Cmd {
	dx, dy := 0, 0
	switch key {
	case "up", "k":
		dy = -1
	case "down", "j":
		dy = 1
	case "left", "h":
		dx = -1
	case "right", "l":
		dx = 1
	}
	m.step(dx, dy)
	return nil
}

// leap goes a page, or to an end.
func (m *Lab) leap(key string) tea.Cmd {
	const far = 1 << 20
	m.step(0, map[string]int{"pgup": -max(m.height-4, 1), "pgdown": max(m.height-4, 1), "home": -far, "end": far}[key])
	return nil
}

func (m *Lab) step(dx, dy int) {
	if m.page == labLog {
		m.top[inLabLog] = min(max(m.top[inLabLog]+dy, 0), len(m.log))
		return
	}
	if m.page != noLabPage || m.status == nil {
		return
	}
	switch m.focus {
	case inLabRegions:
		m.choose(&m.region, dy, len(m.status.Regions))
	case inLabLinks:
		m.choose(&m.link, dy, len(m.status.Links))
	case inLabShards:
		m.shard = nearest(m.shard+dx+dy*max(m.wide, 1), m.shards())
	}
}

// choose selects another region or link, and the first of its shards.
func (m *Lab) choose(at *int, by, n int) {
	if to := nearest(*at+by, n); to != *at {
		*at, m.shard = to, 0
	}
}

// lastLine says what was done, or asks; otherwise which keys there are.
func (m *Lab) lastLine() string {
	if m.notice != "" {
		return clip(" "+m.look.bold.on(m.notice), m.width)
	}
	line := " "
	if on := m.selected(); m.config.Playground != nil && on != (selection{}) && m.page == noLabPage {
		line += m.look.bold.on(fmt.Sprintf("%s:", on)) + " "
	}
	return clip(line+keyLine(m.look, m.inUse(), m.width-widthOf(line), m.width), m.width)
}
