package program

import (
	"io"
	"os"
	"os/exec"
	"sync"
	"time"
)

// guard is a process in the group of the service that ends it when this process has ended without doing so: it reads a pipe
// whose other end only this process holds. It is started right after the service, whose group it joins: killed in between, in the
// first milliseconds, this process leaves behind what the service has started by then.
type guard struct {
	cmd  *exec.Cmd
	held io.WriteCloser
	once sync.Once
}

// watch starts the guard of a group; nil where there is none to be had.
func watch(command []string, group int) *guard {
	if len(command) == 0 || !joins {
		return nil
	}
	g := &guard{cmd: exec.Command(command[0], command[1:]...)}
	g.cmd.SysProcAttr = joining(group)
	g.cmd.Env = inherited()
	var err error
	if g.held, err = g.cmd.StdinPipe(); err != nil {
		return nil
	}
	if err := g.cmd.Start(); err != nil { // the service has ended already
		_ = g.held.Close()
		return nil
	}
	return g
}

// dismiss ends the guard, which is mostly gone with the group.
func (g *guard) dismiss() {
	if g == nil {
		return
	}
	g.once.Do(func() {
		_ = g.cmd.Process.Kill() // not by closing its pipe: the number of the group may be another's by now
		_ = g.cmd.Wait()
		_ = g.held.Close()
	})
}

// Guard is what the program of Options.Guard does: it waits until stdin ends, and kills the group that it is in. It ends
// with that, and does not return where the system knows of groups.
func Guard(stdin io.Reader) {
	withstand()
	_, _ = io.Copy(io.Discard, stdin)
	killOwn()
	time.Sleep(time.Second) // for the signal to come
	os.Exit(1)
}
