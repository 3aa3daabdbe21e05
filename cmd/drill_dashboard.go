package cmd

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"strings"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/probe"
	"github.com/aafailover/aafailover/report"
	"github.com/aafailover/aafailover/tui"
)

// drillScreen is the dashboard of a drill. While it is open what is said on stderr shows on it, and Enter on it is a line of
// input. A nil one does nothing.
type drillScreen struct {
	terminal tui.Terminal
	stdin    io.Reader
	stderr   *aboveLine
	stop     func() // calls the drill off
	abort    func() // ends the process; nil: nobody can

	typed chan struct{}      // one for each Enter
	quit  chan struct{}      // closed by close
	hide  context.CancelFunc // closes the dashboard; nil before it was opened
	over  <-chan struct{}    // closed when the process is to end, or the drill was called off; nil before it was opened
	done  chan struct{}      // closed when the terminal is as it was
	group sync.WaitGroup     // what close waits for

	mu    sync.Mutex
	board *tui.Drill // nil while it is not open
	ended bool       // the report is on it
}

// maxTyped bounds the Enters that nobody has waited for.
const maxTyped = 16

// screenOn returns the dashboard of a drill, if there is a terminal for it and nothing else is asked for, and the process as
// the drill sees it.
func (f *drillFlags) screenOn(p Process, stop func()) (Process, *drillScreen) {
	terminal, ok := p.dashboard()
	stderr, live := p.Stderr.(*aboveLine)
	if !ok || !live || f.noDashboard == nil || *f.noDashboard || f.safety.dryRun || f.output.chosen != asTable {
		return p, nil
	}
	s := &drillScreen{terminal: terminal, stdin: p.Stdin, stderr: stderr, stop: stop, abort: p.Abort,
		typed: make(chan struct{}, maxTyped), quit: make(chan struct{}), done: make(chan struct{})}
	p.Stdin = s
	return p, s
}

// Read returns a line for each Enter, and io.EOF when the drill has ended. When the dashboard closes before, what is typed
// counts that comes then.
func (s *drillScreen) Read(b []byte) (int, error) {
	select {
	case <-s.typed:
		return copy(b, "\n"), nil
	case <-s.quit:
		return 0, io.EOF
	case <-s.done:
	}
	if s.hasEnded() {
		return 0, io.EOF
	}
	return s.stdin.Read(b)
}

// confirm is Enter.
func (s *drillScreen) confirm() {
	select {
	case s.typed <- struct{}{}:
	default:
	}
}

// open shows the dashboard of a drill that is wired up. When it closes before the drill has ended, the drill goes on, and is
// shown in lines.
func (s *drillScreen) open(ctx context.Context, f *drillFlags, d *deployment) {
	if s == nil {
		return
	}
	about := tui.DrillAbout{Scenario: f.drill.Scenario, Where: placeOf(d), Regions: f.drill.Maps, Zone: time.Local, Stop: s.stop}
	if f.fault.way == byManual {
		about.Confirm = s.confirm
	}
	board := tui.NewDrill(about)
	f.drill.OnProgress = board.Put
	s.over = ctx.Done()
	ctx, s.hide = context.WithCancel(context.WithoutCancel(ctx)) // what stops the drill is to be watched
	s.mu.Lock()
	s.board = board
	s.mu.Unlock()
	lines := &aside{tell: board.Say}
	s.stderr.line.cover(lines)
	s.group.Go(func() { s.show(ctx, board, lines) })
	s.group.Go(s.heed)
}

// placeOf says where a drill takes place.
func placeOf(d *deployment) string {
	switch {
	case d.builtIn:
		return "the built-in lab"
	case d.kind == report.Lab:
		return "the lab"
	}
	return "the regions given"
}

func (s *drillScreen) show(ctx context.Context, board *tui.Drill, lines *aside) {
	defer close(s.done)
	err := s.terminal.Show(ctx, board)
	s.stderr.line.cover(nil)
	s.mu.Lock()
	s.board = nil
	s.mu.Unlock()
	lines.repeat(s.stderr)
	if err != nil {
		complain(s.stderr, hint.Wrap(fmt.Errorf("dashboard: %w", err), "the drill goes on without it, and is shown in lines; --no-tui opens none"), "")
	}
	if board.Insisted() && s.abort != nil {
		s.abort()
	}
}

// closeGrace is how long a dashboard has to close before the process ends all the same: a terminal that takes nothing, as that
// of a connection that hangs, does not let it.
const closeGrace = time.Second

// heed heeds the signals that are to end the process while the terminal is not as it was: the first stops the drill in good
// order, or closes its report, as the context of the process does; the second closes the dashboard and ends the process.
func (s *drillScreen) heed() {
	signals := make(chan os.Signal, 1)
	signal.Notify(signals, endingSignals()...)
	defer signal.Stop(signals)
	var first time.Time
	for {
		select {
		case <-s.done:
			return
		case <-signals:
		}
		switch {
		case first.IsZero():
			first = time.Now()
		case time.Since(first) > signalGrace && s.abort != nil:
			s.hide()
			select {
			case <-s.done:
			case <-time.After(closeGrace):
			}
			s.abort()
		}
	}
}

// event shows what has happened, and tells whether it did: it does so while the dashboard is open.
func (s *drillScreen) event(e probe.Event) bool {
	board := s.opened()
	if board != nil {
		board.Event(e)
	}
	return board != nil
}

// end shows the report until somebody closes it, or until the process is to end: nobody may be left who could close it.
func (s *drillScreen) end(stdout io.Writer, found report.DrillResult) {
	board := s.opened()
	if board == nil {
		return
	}
	s.mu.Lock()
	s.ended = true
	s.mu.Unlock()
	board.End(found.Record.Verdict, func(width int) string {
		var text strings.Builder
		style := report.NewStyle(stdout)
		style.Width = width
		_ = report.DrillText(&text, style, found) // a builder never fails
		return text.String()
	})
	select {
	case <-s.done:
	case <-s.over:
		s.hide()
		<-s.done
	}
}

// close closes the dashboard, if it is open, and waits until the terminal is as it was.
func (s *drillScreen) close() {
	if s == nil {
		return
	}
	s.mu.Lock()
	hide := s.hide
	select {
	case <-s.quit:
	default:
		close(s.quit)
	}
	s.mu.Unlock()
	if hide != nil {
		hide()
		s.group.Wait()
	}
}

// opened returns the dashboard while it is open, nil otherwise.
func (s *drillScreen) opened() *tui.Drill {
	if s == nil {
		return nil
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.board
}

func (s *drillScreen) hasEnded() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.ended
}
