package program

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/words"
)

// What is passed on of what a service prints. One that prints more is not held up: the rest is counted.
const (
	mostOfLine = 400 // bytes
	queued     = 256 // lines, while whoever reads is slower than the service
	perSecond  = 100 // lines
)

// lines takes what the service prints and passes it on line by line, from a goroutine of its own: whoever reads them cannot
// hold up the service.
type lines struct {
	prefix string
	out    io.Writer
	queue  chan string
	done   chan struct{}

	mu      sync.Mutex
	rest    []byte    // of a line that is not whole yet
	began   time.Time // the second in which so many were taken
	taken   int
	dropped int // since the last one that was taken
	closed  bool
}

func newLines(name string, out io.Writer) *lines {
	l := &lines{prefix: words.Clean(name) + " | ", out: out, queue: make(chan string, queued), done: make(chan struct{})}
	go func() {
		defer close(l.done)
		for line := range l.queue {
			_, _ = io.WriteString(l.out, line) // there is nobody to tell that it could not be written
		}
	}()
	return l
}

// Write never fails and never waits.
func (l *lines) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for rest := b; len(rest) > 0; {
		line, after, whole := bytes.Cut(rest, []byte("\n"))
		l.rest = append(l.rest, line[:min(len(line), mostOfLine+1-len(l.rest))]...)
		if whole {
			l.end()
		}
		rest = after
	}
	return len(b), nil
}

// end takes the line that is whole. The caller holds the lock.
func (l *lines) end() {
	text := shown(l.rest)
	l.rest = l.rest[:0]
	if l.closed || text == "" {
		return
	}
	if now := time.Now(); now.Sub(l.began) >= time.Second {
		l.began, l.taken = now, 0
	}
	if l.taken >= perSecond || !l.pass(l.since()+l.prefix+text+"\n") {
		l.dropped++
		return
	}
	l.taken, l.dropped = l.taken+1, 0
}

// pass queues a text, if there is room.
func (l *lines) pass(text string) bool {
	select {
	case l.queue <- text:
		return true
	default:
		return false
	}
}

// since tells of the lines that were not taken since the last one that was.
func (l *lines) since() string {
	if l.dropped == 0 {
		return ""
	}
	return l.prefix + fmt.Sprintf("… %s not shown\n", words.Count(l.dropped, "line"))
}

// shown is a line as a terminal can show it, and the log of a job of CI: what begins with ## is a command to some of those.
func shown(line []byte) string {
	text, more := string(line), ""
	if len(text) > mostOfLine {
		text, more = text[:mostOfLine], "…"
	}
	text = strings.TrimRight(words.Clean(strings.ToValidUTF8(strings.TrimRight(text, "\r"), "?")), " ")
	return strings.ReplaceAll(text, "##", "#?") + more
}

// close passes on what is left, and returns when that is done.
func (l *lines) close() {
	l.mu.Lock()
	if !l.closed {
		l.end()
		l.closed = true
		if l.dropped > 0 {
			l.pass(l.since())
		}
		close(l.queue)
	}
	l.mu.Unlock()
	<-l.done
}
