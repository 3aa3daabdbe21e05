//go:build unix

package tui

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"runtime/debug"
	"strings"
	"sync"
	"syscall"
	"time"

	"github.com/charmbracelet/x/ansi"
	"golang.org/x/term"
)

// The files that a guarded process inherits: where its faults are told, and what ends when its guard does.
const (
	faultFile = 3
	guardFile = 4
)

// maxFault bounds what is kept of the text of a fault, in bytes: the goroutine that is at fault comes first.
const maxFault = 64 << 10

// lookBack is how long a text is waited for that a process has left, once it has ended. All of it is there by then: only
// the end of the pipe is not, where somebody else has inherited it.
const lookBack = 100 * time.Millisecond

// Guard runs a command, which calls Guarded, on the terminal and waits until it has ended. It passes on the signals that are
// meant to end it, also one that came before and has ended ctx, and afterwards the terminal is as it was before, whatever ended
// the command. Errors: it could not be started; ErrNoGuard.
func (t Terminal) Guard(ctx context.Context, argv []string) (Ending, error) {
	before, err := term.GetState(int(t.In.Fd()))
	if err != nil {
		return Ending{}, fmt.Errorf("guard the terminal: %w", err)
	}
	faults, toldTo, err := os.Pipe()
	if err != nil {
		return Ending{}, fmt.Errorf("guard the terminal: %w", err)
	}
	defer faults.Close() //nolint:errcheck // nothing was written
	seen, alive, err := os.Pipe()
	if err != nil {
		_ = toldTo.Close()
		return Ending{}, fmt.Errorf("guard the terminal: %w", err)
	}
	defer alive.Close() //nolint:errcheck // its end is what it says
	signals := make(chan os.Signal, 8)
	signal.Notify(signals, endings()...)
	defer signal.Stop(signals)
	c := exec.Command(argv[0], argv[1:]...)
	c.Stdin, c.Stdout, c.Stderr, c.Env, c.ExtraFiles = t.In, t.Out, t.Err, t.Environ, []*os.File{toldTo, seen}
	err = c.Start()
	_ = toldTo.Close()
	_ = seen.Close()
	if err != nil {
		return Ending{}, fmt.Errorf("guard the terminal: %w", err)
	}
	fault := await(ctx, c, faults, signals)
	signal.Stop(signals) // whom a terminal keeps waiting that takes nothing any more can be ended
	t.giveBack(before)
	return endingOf(c.ProcessState, fault), nil
}

// endings are the signals that are meant for the whole program. Ctrl-C and a closed terminal reach both processes; the second
// of two that come at once is none. One that this process was started to outlive, as by nohup, still is.
func endings() []os.Signal {
	all := []os.Signal{os.Interrupt, syscall.SIGTERM, syscall.SIGQUIT}
	if !signal.Ignored(syscall.SIGHUP) {
		all = append(all, syscall.SIGHUP)
	}
	return all
}

// await passes on signals until a process has ended, and returns what it told of faults of its own. To a process that is to
// end a second signal that comes at once is none: see endings.
func await(ctx context.Context, c *exec.Cmd, faults *os.File, signals <-chan os.Signal) string {
	var text strings.Builder
	read, ended := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(read)
		if n, err := io.CopyN(&text, faults, maxFault); err == nil && n == maxFault {
			_, _ = io.Copy(io.Discard, faults) // so that the process can end
		}
	}()
	go func() {
		defer close(ended)
		_ = c.Wait() // how it ended is in its state
	}()
	called := ctx.Done()
	for {
		select {
		case s := <-signals:
			_ = c.Process.Signal(s) // it may have ended
		case <-called:
			called = nil
			_ = c.Process.Signal(os.Interrupt)
		case <-ended:
			_ = faults.SetReadDeadline(time.Now().Add(lookBack))
			<-read
			return text.String()
		}
	}
}

func endingOf(state *os.ProcessState, printed string) Ending {
	e := Ending{Code: state.ExitCode(), Fault: faultOf(printed)}
	if status, ok := state.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		e.Code, e.Killed = 128+int(status.Signal()), status.Signal().String()
	}
	if e.Fault != nil {
		e.Code = ExitFault
	}
	return e
}

// screenOff takes back what a dashboard does to a terminal, beside its settings. A terminal ignores what does not apply.
const screenOff = ansi.ResetAltScreenSaveCursorMode + ansi.ResetStyle + ansi.ShowCursor + ansi.ResetBracketedPasteMode +
	ansi.ResetNormalMouseMode + ansi.ResetButtonEventMouseMode + ansi.ResetAnyEventMouseMode + ansi.ResetSgrExtMouseMode +
	ansi.ResetFocusEventMode

// giveBack leaves the terminal as it was. Its settings tell whether a dashboard was open: one changes them before all else, and
// takes them back last. Where none was, nothing is written, since to leave an alternate screen moves the cursor.
func (t Terminal) giveBack(before *term.State) {
	if now, err := term.GetState(int(t.In.Fd())); err != nil || *now == *before {
		return
	}
	signal.Ignore(syscall.SIGTTOU) // in the background too
	_ = term.Restore(int(t.In.Fd()), before)
	_, _ = io.WriteString(t.Out, screenOff)
}

// Guarded prepares a process that Terminal.Guard has started: faults of its own are told to its guard, and the context ends
// with that. The function that it returns is to be called at the end. The error is ErrNotGuarded.
func Guarded(parent context.Context) (context.Context, func(), error) {
	for _, file := range []int{faultFile, guardFile} {
		var is syscall.Stat_t
		if err := syscall.Fstat(file, &is); err != nil || is.Mode&syscall.S_IFMT != syscall.S_IFIFO {
			return nil, nil, ErrNotGuarded
		}
		syscall.CloseOnExec(file) // its own children must not keep it open
	}
	faults := os.NewFile(faultFile, "faults")
	err := errors.Join(debug.SetCrashOutput(faults, debug.CrashOptions{}), faults.Close(), syscall.SetNonblock(guardFile, true))
	if err != nil {
		return nil, nil, fmt.Errorf("guard the terminal: %w", err)
	}
	guard := os.NewFile(guardFile, "guard")
	gone := make(chan struct{})
	ctx, cancel := context.WithCancelCause(context.WithValue(parent, guardKey{}, (<-chan struct{})(gone)))
	var watching sync.WaitGroup
	watching.Go(func() {
		if _, err := guard.Read(make([]byte, 1)); errors.Is(err, io.EOF) {
			signal.Ignore(syscall.SIGTTOU) // whoever started the guard has the terminal now
			close(gone)
			cancel(errGuardGone)
		}
	})
	return ctx, func() {
		_ = guard.Close()
		watching.Wait()
		cancel(nil)
		_ = debug.SetCrashOutput(nil, debug.CrashOptions{})
	}, nil
}
