package program

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"sync"
	"time"

	"github.com/aafailover/aafailover/internal/hint"
)

// DefaultGrace is what Options.Grace means when it is zero.
const DefaultGrace = 10 * time.Second

// lingering is how long the output of what the service left in the background is waited for.
const lingering = 200 * time.Millisecond

// Options say how a service is started.
type Options struct {
	Name string // what its lines begin with
	// Arguments are the program and what it is given, as Told.Arguments returns them.
	Arguments []string
	// Environment is added to that of this process, of which nothing is passed on that begins with AAFAILOVER_: settings of this
	// program, passwords among them.
	Environment []string
	// Output gets what the service prints, line by line: bounded, without control characters, each with the name in front. Nil
	// where there is a Log.
	Output io.Writer
	// Log gets what the service prints as it is.
	Log *os.File
	// Grace is how long the service has from SIGTERM to SIGKILL; 0: DefaultGrace.
	Grace time.Duration
	// Guard is the command line of a program that reads its standard input and calls Guard; it ends the service when this process
	// cannot. Nil: there is none, and where the system can it kills the service's first process.
	Guard []string
}

// Program is a service that was started. It is safe for concurrent use.
type Program struct {
	options Options
	cmd     *exec.Cmd
	lines   *lines
	guard   *guard
	done    chan struct{}

	mu      sync.Mutex
	over    bool // its number may be another's by now
	stopped bool // it was asked to end
	killed  bool // it did not within its grace
	end     End
}

// End is how a service ended.
type End struct {
	At      time.Time
	Code    int    // its exit status; -1: a signal ended it
	Signal  string // that signal, or ""
	Stopped bool   // it was asked to end, by Stop
	Killed  bool   // and did not within its grace
}

// String is how it ended, as in `it ended with status 3`.
func (e End) String() string {
	switch {
	case e.Killed:
		return "it was killed, since it did not end when it was asked to"
	case e.Signal != "":
		return "it was ended by a signal: " + e.Signal
	}
	return fmt.Sprintf("it ended with status %d", e.Code)
}

// Start starts a service. The error says why it could not be, with a hint.
func Start(o Options) (*Program, error) {
	if len(o.Arguments) == 0 {
		return nil, errors.New("start the service: no command is given")
	}
	o.Grace = cmp.Or(o.Grace, DefaultGrace)
	p := &Program{options: o, done: make(chan struct{})}
	p.cmd = exec.Command(o.Arguments[0], o.Arguments[1:]...)
	p.cmd.Env = append(inherited(), o.Environment...)
	p.cmd.SysProcAttr = attributes()
	p.cmd.WaitDelay = lingering
	if o.Log != nil {
		p.cmd.Stdout, p.cmd.Stderr = o.Log, o.Log
	} else {
		p.lines = newLines(o.Name, o.Output)
		p.cmd.Stdout, p.cmd.Stderr = p.lines, p.lines
	}
	started := make(chan error, 1)
	go p.run(started)
	if err := <-started; err != nil {
		<-p.done
		return nil, notStarted(o.Arguments[0], err)
	}
	p.guard = watch(o.Guard, p.cmd.Process.Pid)
	return p, nil
}

// notStarted is the error about a service that could not be started.
func notStarted(name string, err error) error {
	advice := "the command stands after --, its arguments after it: -- ./service --redis {us}"
	switch {
	case errors.Is(err, exec.ErrNotFound) || errors.Is(err, os.ErrNotExist):
		advice = "no such program here: give its path, or one that is in the PATH"
	case errors.Is(err, os.ErrPermission):
		advice = "the file may not be executed: chmod +x, or name its interpreter first, as in: -- python3 service.py"
	}
	var failed *exec.Error
	if errors.As(err, &failed) {
		err = failed.Err
	}
	var path *os.PathError
	if errors.As(err, &path) {
		err = path.Err
	}
	return hint.Wrap(fmt.Errorf("start the service: %s: %w", name, err), advice)
}

// run starts the process and waits for it, all from one thread: Linux ties the death of a process to that of the thread which
// started it, and Go ends threads as it likes.
func (p *Program) run(started chan<- error) {
	defer close(p.done)
	runtime.LockOSThread() // never unlocked: the thread ends with this goroutine
	if p.lines != nil {
		defer p.lines.close()
	}
	err := p.cmd.Start()
	started <- err
	if err != nil {
		return
	}
	err = await(p.cmd, p.gone)
	p.mu.Lock()
	defer p.mu.Unlock()
	p.end = End{At: time.Now(), Code: -1, Stopped: p.stopped, Killed: p.killed}
	if state := p.cmd.ProcessState; state != nil {
		p.end.Code, p.end.Signal = state.ExitCode(), endedBy(state)
	} else if err != nil {
		p.end.Signal = err.Error()
	}
}

// gone ends what the first process of the service has left in its group. Its number is its own until this returns.
func (p *Program) gone() {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.over = true
	killGroup(p.cmd)
}

// Wait waits until the service has ended.
func (p *Program) Wait() End {
	<-p.done
	p.guard.dismiss()
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.end
}

// Stop asks the service to end, kills all of it after its grace, and returns when it has ended. One that has ended stays so.
func (p *Program) Stop() End {
	p.ask()
	grace := time.NewTimer(p.options.Grace)
	defer grace.Stop()
	select {
	case <-p.done:
	case <-grace.C:
		p.kill()
	}
	return p.Wait()
}

func (p *Program) ask() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		p.stopped = true
		askGroup(p.cmd)
	}
}

func (p *Program) kill() {
	p.mu.Lock()
	defer p.mu.Unlock()
	if !p.over {
		p.killed = true
		killGroup(p.cmd)
	}
}
