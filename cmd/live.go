package cmd

import (
	"fmt"
	"io"
	"math"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"

	"github.com/aafailover/aafailover/internal/words"
	"github.com/aafailover/aafailover/tui"
)

// liveLine is the last line of a terminal, which tells what takes its time: see [progress]. What is written to the terminal
// through an [aboveLine] stands above it.
//
//	progress ─> steps under way ─┐ the newest that takes its time
//	                             v
//	say, complain ──> aboveLine ──> terminal <── aboveLine <── results
//	                  (stderr)                   (stdout, where it is a terminal)
//
// Whoever begins, changes or notes a step never waits for the terminal, which may be stopped (Ctrl-S) for as long as somebody
// likes.
type liveLine struct {
	w       io.Writer
	columns func() int // of the terminal; 0: unknown

	writing sync.Mutex // the terminal
	shown   string     // what stands in the line; "" is nothing
	broken  bool       // what was written last has not ended its line: there is no place for ours
	board   io.Writer  // has the terminal, and is written all that stands above the line; nil: nobody has

	mu    sync.Mutex  // may be locked while writing is, and is never held while something is written
	steps []*step     // under way, the newest last
	look  *time.Timer // the next look; nil when no step is under way
}

const (
	// liveInterval is the time between two looks of the live line at what it shows.
	liveInterval = 100 * time.Millisecond
	// livePatience is how long a step is under way before the live line speaks of it. What takes less time must not flash.
	livePatience = 500 * time.Millisecond
	// eraseLine puts the cursor to the start of the line and clears it.
	eraseLine = "\r\x1b[K"
)

// withLiveLine gives a process a live line, unless its stderr is no terminal, or one on which nothing can be rewritten.
func (p Process) withLiveLine() Process {
	if !isTerminal(p.Stderr) || !tui.Rewritable(p.Environ) {
		return p
	}
	stderr := p.Stderr.(*os.File)
	line := &liveLine{w: stderr, columns: func() int {
		columns, _, _ := term.GetSize(int(stderr.Fd()))
		return columns
	}}
	p.Stderr = &aboveLine{w: stderr, line: line}
	if isTerminal(p.Stdout) { // most likely the same one
		p.Stdout = &aboveLine{w: p.Stdout, line: line}
	}
	return p
}

// isTerminal tells whether somebody may be watching what is written.
func isTerminal(w io.Writer) bool {
	f, ok := uncovered(w).(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

// aboveLine is a terminal with a live line at its end.
type aboveLine struct {
	w    io.Writer
	line *liveLine
}

// File returns the terminal itself, by which package report finds out its width and colours; nil where it is no file.
func (a *aboveLine) File() *os.File {
	f, _ := a.w.(*os.File)
	return f
}

// Write writes above the live line, which comes back below it when the text has ended its line.
func (a *aboveLine) Write(text []byte) (int, error) { return a.line.above(a.w, text) }

// dashboard returns the terminal of a process on which a dashboard can be shown, itself and without a live line. It is false
// where there is none.
func (p Process) dashboard() (tui.Terminal, bool) {
	return tui.TerminalOf(p.Stdin, uncovered(p.Stdout), uncovered(p.Stderr), p.Environ)
}

// uncovered is the stream below a live line.
func uncovered(w io.Writer) io.Writer {
	if a, ok := w.(*aboveLine); ok {
		return a.w
	}
	return w
}

// cover leaves the terminal to a dashboard, which is written what would stand above the line until it is uncovered, by nil.
func (l *liveLine) cover(board io.Writer) {
	l.writing.Lock()
	defer l.writing.Unlock()
	l.put("")
	l.board = board
}

// above writes a text to a terminal where the live line was.
func (l *liveLine) above(w io.Writer, text []byte) (int, error) {
	l.writing.Lock()
	defer l.writing.Unlock()
	if l.board != nil {
		return l.board.Write(text)
	}
	l.put("")
	if len(text) > 0 {
		l.broken = text[len(text)-1] != '\n'
	}
	return w.Write(text)
}

// begin takes in a step.
func (l *liveLine) begin(s *step) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.steps = append(l.steps, s)
	if l.look == nil {
		l.look = time.AfterFunc(liveInterval, l.show)
	}
}

// end takes a step out, and with the last one the line away. After it nothing is written any more.
func (l *liveLine) end(s *step) {
	if !l.takeOut(s) {
		return
	}
	l.writing.Lock()
	defer l.writing.Unlock()
	l.put("")
}

// takeOut takes a step out, and tells whether it was the last one.
func (l *liveLine) takeOut(s *step) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.steps = slices.DeleteFunc(l.steps, func(one *step) bool { return one == s })
	if len(l.steps) > 0 || l.look == nil {
		return false
	}
	l.look.Stop() // a look that has begun finds no step
	l.look = nil
	return true
}

// show writes what is to be seen now, and has itself called a little later as long as there are steps.
func (l *liveLine) show() {
	l.writing.Lock()
	defer l.writing.Unlock()
	if text := l.text(time.Now()); !l.broken && l.board == nil {
		l.put(text)
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.look != nil {
		l.look.Reset(liveInterval) // only now: while the terminal is stopped one look waits, and no more
	}
}

// text is what is to be seen: the newest step that takes its time, or nothing.
func (l *liveLine) text(now time.Time) string {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, s := range slices.Backward(l.steps) {
		if took := now.Sub(s.since); took >= livePatience {
			return s.text(took, l.columns())
		}
	}
	return ""
}

// put makes a text stand in the line. What cannot be shown is no loss.
func (l *liveLine) put(text string) {
	if text != l.shown {
		_, _ = io.WriteString(l.w, eraseLine+text)
		l.shown = text
	}
}

// text is a step in words, on one line of so many columns: the end with the time is kept.
func (s *step) text(took time.Duration, columns int) string {
	what, times := s.what, lasting(took)
	if s.noted != "" {
		what += ": " + s.noted
	}
	if s.limit > 0 {
		times += " of " + lasting(s.limit)
	}
	times = "  " + times
	if columns <= 0 {
		columns = math.MaxInt
	}
	// The last column stays free: some terminals go on to the next line there.
	columns--
	return ansi.Truncate(" "+what, max(columns-len(times), 0), "…") + ansi.Truncate(times, columns, "")
}

// lasting is a time for people to follow: with tenths of a second as long as it is short.
func lasting(d time.Duration) string {
	switch {
	case d < 10*time.Second:
		return fmt.Sprintf("%.1f s", d.Truncate(100*time.Millisecond).Seconds())
	case d < time.Minute:
		return fmt.Sprintf("%d s", int(d.Seconds()))
	}
	return words.Typed(d.Truncate(time.Second))
}
