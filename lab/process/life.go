package process

import (
	"cmp"
	"errors"
	"fmt"
	"os/exec"
	"sync"
	"syscall"
)

// life is one run of a server: from its start until all its processes are gone.
type life struct {
	pid    int   // of its first process, and so of their group
	offset int64 // where its part of the log begins
	scribe *scribe

	exited chan struct{} // closed when all its processes are gone, and what they said is in the log
	ended  error         // how, once exited is closed: nil for an orderly end

	mu      sync.Mutex
	gone    bool // its number may be another's: nothing is sent to it any more
	asked   bool // to end
	serving bool // Start has returned it
	server  int  // the pid of the server itself, once that is known
}

// follow waits until the life has ended, and says afterwards whether somebody has to be told: it served, and nobody had
// asked it to end.
func (l *life) follow(cmd *exec.Cmd) (untoward bool) {
	err := await(cmd, func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		l.gone = true
		untoward = l.serving && !l.asked
		_ = signal(l.pid, killed) // its children: a save that goes on without its server
	})
	l.ended = errors.Join(err, awaitAll(l.pid, "dead", isDead))
	l.scribe.finish()
	close(l.exited)
	return untoward
}

// send sends a signal to all its processes, unless they are gone.
func (l *life) send(s syscall.Signal) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		return nil
	}
	return signal(l.pid, s)
}

// sendServer sends a signal to the server itself, unless it is gone.
func (l *life) sendServer(s syscall.Signal) error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.gone {
		return nil
	}
	return signalOne(cmp.Or(l.server, l.pid), s)
}

// kill ends it, whatever state it is in, and waits until it is gone.
func (l *life) kill() error {
	l.willEnd()
	if err := l.send(killed); err != nil {
		return err
	}
	<-l.exited
	var exit *exec.ExitError
	if l.ended == nil || errors.As(l.ended, &exit) {
		return nil
	}
	return l.ended
}

// wasAsked tells whether its end was asked for.
func (l *life) wasAsked() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.asked
}

// willEnd notes that its end was asked for.
func (l *life) willEnd() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.asked = true
}

// serve notes that it serves, unless it is over or has to end.
func (l *life) serve(server int) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.serving, l.server = !l.gone && !l.asked, server
	return l.serving
}

// process is the pid of the server itself, or of what was started in its place as long as that is all that is known.
func (l *life) process() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return cmp.Or(l.server, l.pid)
}

func (l *life) isGone() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.gone
}

func (l *life) isOver() bool {
	select {
	case <-l.exited:
		return true
	default:
		return false
	}
}

// howItEnded says it in words; only once it is over.
func (l *life) howItEnded() string {
	if l.ended == nil {
		return "it ended"
	}
	return fmt.Sprintf("it ended: %v", l.ended)
}
