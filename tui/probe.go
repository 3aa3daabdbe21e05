package tui

import (
	"slices"
	"strings"
	"sync/atomic"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/vitals"
)

// ProbeConfig is what the dashboard of a probe is given.
type ProbeConfig struct {
	Feed  *Feed[probe.Snapshot]
	Title string         // what is observed: "built-in lab"
	Zone  *time.Location // that times are shown in
	// Advice says in a sentence whether to fail over; "" says nothing.
	Advice func(*probe.Snapshot) string
	// Also says in a sentence what goes on beside the probe; "" says nothing.
	Also func() string
	// Servers says how the servers are by their own word; nil: they are not asked.
	Servers func() []vitals.Shard
	// Write writes a snapshot to a file, and returns where that is. It is called by a goroutine of its own.
	Write func(*probe.Snapshot) (path string, err error)
	// Playground is the keys for faults, where a lab is probed; nil elsewhere.
	Playground *Playground
	// Interrupt is called for Ctrl-C, which the terminal passes on as a key. The dashboard closes after it.
	Interrupt func()
}

// Probe is the dashboard of a probe. What it shows comes from its feed; it keeps what is selected, opened and filtered.
type Probe struct {
	config        ProbeConfig
	look          palette
	width, height int
	now           time.Time // of what is shown: it stands still with the screen
	ticked        time.Time // the last tick: it never stands still
	keys          []binding

	snap    *probe.Snapshot // nil before the first
	servers []vitals.Shard  // what the servers say; nil where they are not asked
	log     eventLog
	paused  bool
	later   []probe.Event // that keys have made while the screen stood still: the log has them when it goes on

	place  place                                         // the panel that has the focus
	region string                                        // that is selected, "" is the first one
	link   probe.Pair                                    // zero: what is worst
	slot   int                                           // of the cell of that link; noSlot: what is worst
	top    struct{ regions, links, columns, shards int } // what was shown first the last time, so that no more is scrolled than must be
	pages  []page                                        // opened, the last one is seen

	filter string
	typing bool
	sort   sorting

	notice      string // on the last line, until a key is typed or noticeUntil
	noticeUntil time.Time

	focused atomic.Pointer[probe.Focus]
}

// place is a panel of the overview.
type place int

const (
	inRegions place = iota
	inLinks
	inShards
	places
)

const noSlot = -1

// NewProbe returns the dashboard of a probe.
func NewProbe(c ProbeConfig) *Probe {
	m := &Probe{config: c, place: inLinks, slot: noSlot, log: eventLog{zone: c.Zone}}
	m.keys = m.bindings()
	return m
}

// Focus is what the reader looks at more closely: it is made for probe.Config.
func (m *Probe) Focus() probe.Focus {
	if f := m.focused.Load(); f != nil {
		return *f
	}
	return probe.Focus{}
}

func (m *Probe) dress(p palette) { m.look = p }

// refresh is the time between two looks into the feed.
const refresh = 500 * time.Millisecond

// noticeFor is how long a notice stays on the last line when nothing is typed. What was said is in the log as well.
const noticeFor = 10 * time.Second

// tickMsg says that it is time to look into the feed, and how late it is.
type tickMsg time.Time

// writtenMsg says what has become of a snapshot that was to be written.
type writtenMsg struct {
	path string
	err  error
}

// Init begins to look into the feed.
func (m *Probe) Init() tea.Cmd { return func() tea.Msg { return tickMsg(time.Now()) } }

// Update takes in a message of the terminal or the clock.
func (m *Probe) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tickMsg:
		m.tick(time.Time(msg))
		return m, tea.Tick(refresh, func(at time.Time) tea.Msg { return tickMsg(at) })
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyMsg:
		return m, m.typed(msg)
	case playedMsg:
		m.say(msg.String())
	case writtenMsg:
		if msg.err != nil {
			m.say("not written: " + msg.err.Error())
		} else {
			m.say("written to " + msg.path)
		}
	}
	return m, nil
}

// tick takes in what is new. While the screen is paused the feed keeps it.
func (m *Probe) tick(now time.Time) {
	m.ticked = now
	if m.notice != "" && now.After(m.noticeUntil) {
		m.notice = ""
	}
	if m.paused {
		return
	}
	m.now = now
	latest, events := m.config.Feed.take()
	if latest != nil {
		m.snap = latest
	}
	if m.config.Servers != nil {
		m.servers = m.config.Servers()
	}
	for i := range events {
		if events[i].Kind == eventSaid {
			m.notify(events[i].Detail)
		}
	}
	if len(m.later) > 0 {
		events = append(events, m.later...)
		slices.SortStableFunc(events, func(a, b probe.Event) int { return a.At.Compare(b.At) })
		m.later = nil
	}
	m.log.add(events)
}

// say shows something on the last line and in the log.
func (m *Probe) say(text string) {
	event := said(m.ticked, text)
	if m.paused {
		m.later = lastOf(append(m.later, event), maxEntries)
	} else {
		m.log.add([]probe.Event{event})
	}
	m.notify(text)
}

// notify shows something on the last line.
func (m *Probe) notify(text string) {
	m.notice, m.noticeUntil = words.Clean(text), m.ticked.Add(noticeFor)
}

// leastForKeys is how many lines a screen must have for one of them to be that of keys and notices.
const leastForKeys = 3

// View returns the screen: never more lines, and none wider, than there are.
func (m *Probe) View() string {
	if m.width <= 0 || m.height <= 0 {
		return ""
	}
	height := m.height
	if height >= leastForKeys {
		height--
	}
	lines := m.body(height)
	for len(lines) < height {
		lines = append(lines, "")
	}
	if height < m.height {
		lines = append(lines, m.lastLine())
	}
	return strings.Join(lines, "\n")
}

// body returns what is above the line of keys.
func (m *Probe) body(height int) []string {
	if m.snap == nil {
		return stack([]panel{{least: 1, most: 2, lines: m.waiting}}, height)
	}
	if p := m.page(); p != nil {
		return stack(append([]panel{{least: 1, most: 1, lines: m.verdict}}, p.show(m)...), height)
	}
	return m.overview(height)
}

func (m *Probe) waiting(int) []string {
	return []string{
		clip(ends(" "+m.look.bold.on("aafailover probe"), m.about(), m.width), m.width),
		clip(" Nothing is known yet.", m.width),
	}
}

// overview stacks the panels. The one that has the focus is never dropped.
func (m *Probe) overview(height int) []string {
	v := m.arrange()
	drop := func(at place, order int) int {
		if m.place == at {
			return 0
		}
		return order
	}
	regions, links, log := m.regionsPanel(v), m.matrixPanel(v), m.logPanel()
	regions.drop, links.drop, log.drop = drop(inRegions, 2), drop(inLinks, 1), 4
	links.least = max(links.least, min(links.most, height/3)) // what one looks at first
	panels := []panel{m.headPanel(height), regions, links}
	if v.cell != nil {
		shards := m.shardsPanel(v)
		shards.drop = drop(inShards, 3)
		panels = append(panels, shards)
	}
	return stack(append(panels, log), height)
}

// logPanel shows the newest events.
func (m *Probe) logPanel() panel {
	return panel{least: 1, lines: func(height int) []string {
		found := m.log.matching(m.filter)
		return logLines(m.look, found[max(len(found)-height, 0):], m.width)
	}}
}
