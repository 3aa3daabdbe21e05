package tui

import (
	"context"
	"errors"
	"slices"
	"strings"
	"sync"
	"time"

	tea "github.com/charmbracelet/bubbletea"

	"github.com/aafailover/aafailover/drill"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/slots"
)

// DrillAbout is what a drill is, before it begins, and how who watches it can take part.
type DrillAbout struct {
	Scenario drill.Scenario
	Where    string         // "the built-in lab"
	Regions  []slots.Map    // the first is the one that the application prefers
	Zone     *time.Location // of the clock; nil is UTC

	// Stop calls the drill off, so that it heals, cleans up and reports. It must return at once.
	Stop func()
	// Confirm tells the drill that what it asked for is done; nil: it asks for nothing. It must return at once.
	Confirm func()
}

// Drill is the dashboard of a drill. Put, Event, Say and End are for the drill, which never waits for any of them; the other
// methods are for the terminal.
type Drill struct {
	DrillAbout
	feed Feed[drill.Progress]

	mu      sync.Mutex
	said    []string               // what the drill said in words; at most maxSaid
	verdict drill.Verdict          // "" before the end
	report  func(width int) string // nil before the end

	colours       palette
	width, height int
	now           *drill.Progress // nil at the very beginning
	log           eventLog
	rates         rates
	page          drillPage
	scroll        int  // how far up from the newest event, or down from the first line of the report or the help
	asked         bool // whether to call the drill off
	calledOff     time.Time
	insisted      bool
	reported      reportText
}

// drillPage is what fills the screen.
type drillPage uint8

const (
	drillBoard drillPage = iota
	drillLog
	drillHelp
	drillReport
)

// maxSaid bounds what the drill said that is kept: the newest is what counts.
const maxSaid = 50

// NewDrill returns the dashboard of a drill that is about to begin.
func NewDrill(about DrillAbout) *Drill {
	return &Drill{DrillAbout: about, log: eventLog{zone: about.Zone}}
}

// Put shows how far the drill is.
func (d *Drill) Put(p drill.Progress) { d.feed.Put(&p) }

// Event shows what has happened.
func (d *Drill) Event(e probe.Event) { d.feed.Event(e) }

// Say shows a line that the drill says. What it asks for is such a line.
func (d *Drill) Say(line string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.said = lastOf(append(d.said, line), maxSaid)
}

// End shows the verdict, and the report of the drill, made for a number of columns, until somebody closes it. Whoever called
// the drill off has closed it with that.
func (d *Drill) End(verdict drill.Verdict, report func(width int) string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.verdict, d.report = verdict, report
}

// Insisted tells whether somebody who had called the drill off did not wait for it to end in good order. It may be asked when
// the dashboard has closed.
func (d *Drill) Insisted() bool { return d.insisted }

func (d *Drill) outside() (said []string, report func(width int) string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.said, d.report
}

func (d *Drill) dress(p palette) { d.colours = p }

// drillTick is when a dashboard looks for what is new.
type drillTick struct{}

func tickDrill() tea.Cmd {
	return tea.Tick(drill.ProgressInterval, func(time.Time) tea.Msg { return drillTick{} })
}

// Init begins to look.
func (d *Drill) Init() tea.Cmd { return tickDrill() }

// Update takes in a key, a new size of the terminal, or what is new of the drill.
func (d *Drill) Update(msg tea.Msg) (tea.Model, tea.Cmd) {
	switch msg := msg.(type) {
	case tea.WindowSizeMsg:
		d.width, d.height = msg.Width, msg.Height
	case tea.KeyMsg:
		return d, d.typed(msg)
	case drillTick:
		return d, d.look()
	}
	return d, nil
}

// look takes what is new.
func (d *Drill) look() tea.Cmd {
	latest, events := d.feed.take()
	if latest != nil {
		d.now = latest
		d.rates.add(*latest)
	}
	shown := len(d.log.entries)
	d.log.add(slices.DeleteFunc(events, func(e probe.Event) bool { return !inDrillLog(e.Kind) }))
	if d.scroll > 0 && d.page != drillReport { // who has scrolled up goes on reading the same lines
		d.scroll += max(0, len(d.log.entries)-shown)
	}
	switch {
	case !d.finished():
	case d.leaving():
		return tea.Quit
	case !d.reported.shown:
		d.reported.shown, d.page, d.scroll = true, drillReport, 0
	}
	return tickDrill()
}

// finished tells whether the report is there.
func (d *Drill) finished() bool {
	_, report := d.outside()
	return report != nil
}

func (d *Drill) came() drill.Verdict {
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.verdict
}

// stopping tells whether the drill ends early.
func (d *Drill) stopping() bool {
	return !d.calledOff.IsZero() || d.now != nil && d.now.Stopping != nil
}

// leaving tells whether that is because somebody called it off, here or by a signal, and not because the drill aborted itself.
func (d *Drill) leaving() bool {
	return !d.calledOff.IsZero() || d.now != nil && errors.Is(d.now.Stopping, context.Canceled)
}

// View draws the screen.
func (d *Drill) View() string {
	if d.width <= 0 || d.height <= 0 {
		return ""
	}
	var lines []string
	switch d.page {
	case drillHelp:
		lines = d.help(d.height - 1)
	case drillLog:
		lines = d.framed(d.logged)
	case drillReport:
		lines = d.reportPage()
	default:
		lines = stack(d.board(), d.height-1)
	}
	for len(lines) < d.height-1 {
		lines = append(lines, "")
	}
	lines = append(lines[:max(0, d.height-1)], d.foot())
	for i, line := range lines {
		lines[i] = strings.TrimRight(clip(line, d.width), " ")
	}
	return strings.Join(lines, "\n")
}

// framed is a page below the header.
func (d *Drill) framed(page func(height int) []string) []string {
	head := d.header()
	head = append(head, "")
	return append(head, page(max(0, d.height-1-len(head)))...)
}

// board is what a drill under way shows, by its importance.
func (d *Drill) board() []panel {
	fixed := func(lines []string) func(int) []string { return func(int) []string { return lines } }
	head, rows := d.header(), d.stages()
	panels := []panel{{lines: fixed(head), least: len(head), most: len(head)}}
	if words := d.words(); len(words) > 0 {
		panels = append(panels, panel{lines: fixed(words), least: len(words), most: len(words)})
	}
	rates, missed := d.rateLines(), d.missedHeight()
	return append(panels,
		panel{lines: func(height int) []string { return d.timeline(rows, height) }, least: min(len(rows), 3), most: len(rows)},
		panel{lines: fixed(rates), least: len(rates), most: len(rates), drop: 1},
		panel{lines: d.missed, least: min(missed, 5), most: missed, drop: 2},
		panel{lines: d.logged, least: 1, drop: 3},
	)
}
