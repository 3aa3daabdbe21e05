package cmd

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"golang.org/x/term"
)

// liveLine is the last line of a terminal, rewritten while something takes its time. What is written through it stands
// above. Where there is no terminal it only passes on what is written.
type liveLine struct {
	w    io.Writer
	end  chan struct{} // nil: not on a terminal
	done chan struct{}

	mu    sync.Mutex
	what  string // what takes its time; "" shows nothing
	since time.Time
}

// liveInterval is the time between two looks of the live line.
const liveInterval = 100 * time.Millisecond

// eraseLine puts the cursor to the start of the line and clears it.
const eraseLine = "\r\x1b[K"

func newLiveLine(w io.Writer, terminal bool) *liveLine {
	l := &liveLine{w: w}
	if terminal {
		l.end, l.done = make(chan struct{}), make(chan struct{})
		go l.run()
	}
	return l
}

// isTerminal tells whether somebody may be watching what is written.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}

func (l *liveLine) run() {
	defer close(l.done)
	tick := time.NewTicker(liveInterval)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			l.mu.Lock()
			if l.what != "" {
				l.put(fmt.Sprintf("%s %s  %.1f s", eraseLine, l.what, time.Since(l.since).Seconds()))
			}
			l.mu.Unlock()
		case <-l.end:
			l.put(eraseLine)
			return
		}
	}
}

// put writes to the terminal; what cannot be shown there is no loss.
func (l *liveLine) put(text string) { _, _ = io.WriteString(l.w, text) }

// set says what takes its time from now on.
func (l *liveLine) set(what string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.what, l.since = what, time.Now()
}

// Write writes whole lines above the live line.
func (l *liveLine) Write(text []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.end != nil {
		l.put(eraseLine)
	}
	return l.w.Write(text)
}

// close takes the live line away.
func (l *liveLine) close() {
	if l.end == nil {
		return
	}
	close(l.end)
	<-l.done
}
