package tui

import (
	"fmt"
	"slices"
	"strings"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/lab"
	"github.com/aafailover/aafailover/probe"
)

// LabConfig is what the dashboard of a lab is given.
type LabConfig struct {
	Feed       *Feed[lab.Status] // with the faults that are made, as LabFault gives them
	Control    string            // the address at which other commands find it
	Zone       *time.Location    // that times are shown in; nil: UTC
	Playground *Playground       // what the keys for faults do
}

// LabFault is a fault of a lab as something that has happened, for the feed of its dashboard.
func LabFault(at time.Time, f lab.Fault) probe.Event {
	return probe.Event{At: at, Kind: labFault, Shard: -1, Slot: -1, Detail: f.String()}
}

const labFault probe.EventKind = "fault"

// Lab is the dashboard of a lab. What it shows comes from its feed; it keeps what is selected, and how far one has scrolled.
type Lab struct {
	config        LabConfig
	look          palette
	width, height int
	now           time.Time
	keys          []binding
	faulty        int // how many of the keys, the first ones, make faults

	status *lab.Status // nil before the first
	log    []labEntry  // the newest last

	focus  labPlace
	of     labPlace // whose shards are shown: inLabRegions or inLabLinks
	region int      // index of the one that is selected
	link   int      // the same of links
	shard  int      // the same of the shards of that region, or of the streams of that link
	page   labPage  // that covers the panels
	top    [4]int   // first row shown of each panel, and of the log
	wide   int      // shards in a row of the heat map, when it was drawn last
	asked  bool     // whether to end it although clients are connected
	notice string   // on the last line, until the next key
}

// labPlace is a panel that can have the focus.
type labPlace int

const (
	inLabRegions labPlace = iota
	inLabLinks
	inLabShards
	inLabLog // only as a page
)

// labPage is what covers the panels.
type labPage int

const (
	noLabPage labPage = iota
	labHelp
	labLog
)

// labEntry is a line of the log.
type labEntry struct {
	at     time.Time
	text   string
	failed bool
}

// maxLabEntries bounds the log.
const maxLabEntries = 2_000

// NewLab returns the dashboard of a lab.
func NewLab(c LabConfig) *Lab {
	m := &Lab{config: c}
	m.keys = m.bindings()
	return m
}

func (m *Lab) dress(p palette) { m.look = p }

// labRefresh is the time between two looks into the feed.
const labRefresh = 500 * time.Millisecond

// labTick says that it is time to look into the feed, and how late it is.
type labTick time.Time

// Init begins to look into the feed.
func (m *Lab) Init() tea.Cmd { return func() tea.Msg { return labTick(time.Now()) } }

// Update takes in a message of the terminal, the clock or the playground.
func (m *Lab) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case labTick:
		m.tick(time.Time(msg))
		return m, tea.Tick(labRefresh, func(at time.Time) tea.Msg { return labTick(at) })
	case tea.WindowSizeMsg:
		m.width, m.height = msg.Width, msg.Height
	case tea.KeyMsg:
		return m, m.typed(msg.String())
	case playedMsg:
		m.notice = words.Clean(msg.String())
		if msg.failed != nil { // what succeeded comes from the lab itself
			m.enter(labEntry{m.now, m.notice, true})
		}
		m.tick(m.now)
	}
	return m, nil
}

// tick takes in what is new. Faults are in the feed before the status that shows them.
func (m *Lab) tick(now time.Time) {
	m.now = now
	latest, events := m.config.Feed.take()
	if latest != nil {
		m.status = latest
	}
	for _, e := range events {
		m.enter(labEntry{e.At, words.Clean(e.Detail), false})
	}
	m.settle()
}

func (m *Lab) enter(e labEntry) {
	m.log = append(m.log, e)
	if n := len(m.log); n > maxLabEntries {
		m.log = slices.Delete(m.log, 0, n-maxLabEntries/2)
	}
}

// Log returns what was done to the lab, in lines, the newest last. It is for when the dashboard has closed.
func (m *Lab) Log() []string {
	m.tick(m.now)
	var lines []string
	for _, e := range m.log {
		if !e.failed {
			lines = append(lines, m.clock(e.at)+"  "+e.text)
		}
	}
	return lines
}

// settle keeps what is selected within what there is: regions can be sharded anew.
func (m *Lab) settle() {
	if m.status == nil {
		return
	}
	m.region = nearest(m.region, len(m.status.Regions))
	m.link = nearest(m.link, len(m.status.Links))
	m.shard = nearest(m.shard, m.shards())
	if m.of == inLabLinks && len(m.status.Links) == 0 {
		m.of = inLabRegions
	}
	if m.focus == inLabLinks && len(m.status.Links) == 0 {
		m.focus = inLabRegions
	}
}

func nearest(at, n int) int { return max(min(at, n-1), 0) }

// shards is how many shards or streams are shown of what is selected.
func (m *Lab) shards() int {
	switch {
	case m.of == inLabLinks && m.link < len(m.status.Links):
		return len(m.status.Links[m.link].Streams)
	case m.of == inLabRegions && m.region < len(m.status.Regions):
		return len(m.status.Regions[m.region].Shards)
	}
	return 0
}

// selected is what the keys of the playground act on.
func (m *Lab) selected() selection {
	if m.status == nil || len(m.status.Regions) == 0 {
		return selection{}
	}
	place, one := m.focus, m.focus == inLabShards && m.shards() > 0
	if m.focus == inLabShards {
		place = m.of
	}
	if place == inLabLinks {
		l := m.status.Links[m.link]
		s := selection{from: l.From, to: l.To}
		if one {
			s.shard = l.Streams[m.shard].FromShard
		}
		return s
	}
	r := m.status.Regions[m.region]
	s := selection{region: r.Name}
	if one {
		s.shard = r.Shards[m.shard].Number
	}
	return s
}

// clients is how many connections clients have to the lab.
func (m *Lab) clients() int {
	n := 0
	if m.status != nil {
		for _, r := range m.status.Regions {
			n += clientsOf(r)
		}
	}
	return n
}

func clientsOf(r lab.RegionStatus) int {
	n := 0
	for _, s := range r.Shards {
		n += s.Clients
	}
	return n
}

// View returns the screen: never more lines, and none wider, than there are.
func (m *Lab) View() string {
	if m.width <= 0 || m.height <= 0 {
		return ""
	}
	height := m.height
	if height > 2 {
		height-- // the last line is that of keys
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

func (m *Lab) body(height int) []string {
	head := panel{least: 1, most: 2, lines: m.head}
	switch {
	case m.status == nil:
		return stack([]panel{head}, height)
	case m.page == labHelp:
		return stack([]panel{head, {least: 1, lines: func(int) []string { return helpLines(m.look, m.keys, m.width) }}}, height)
	case m.page == labLog:
		return stack([]panel{head, m.logPage()}, height)
	}
	shards := m.shardsPanel()
	panels := []panel{head, m.regionsPanel(), m.linksPanel(), shards, m.logPanel()}
	for i, drop := range map[int]int{1: 2, 2: 1, 3: 3, 4: 4} {
		if int(m.focus) != i-1 { // what has the focus is never dropped
			panels[i].drop = drop
		}
	}
	if len(m.status.Links) == 0 {
		panels = slices.Delete(panels, 2, 3)
	}
	return stack(panels, height)
}

// head says what this is and, in a sentence, how it is.
func (m *Lab) head(int) []string {
	if m.status == nil {
		return []string{clip(" "+m.look.bold.on("aafailover lab"), m.width), clip(" Nothing is known yet.", m.width)}
	}
	about := fmt.Sprintf("%s · control %s · %s", words.Count(len(m.status.Regions), "region"), words.Clean(m.config.Control), m.clock(m.now))
	t, text := m.sentence()
	return []string{
		ends(" "+m.look.bold.on("aafailover lab"), m.look.faint.on(about), m.width),
		clip(" "+m.look.toned(t.Symbol()+" "+text, t), m.width),
	}
}

// clock returns the time of day.
func (m *Lab) clock(t time.Time) string {
	if m.config.Zone != nil {
		t = t.In(m.config.Zone)
	} else {
		t = t.UTC()
	}
	return t.Format(time.TimeOnly)
}
