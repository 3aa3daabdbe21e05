package tui

import (
	"context"
	"errors"
	"strings"

	"github.com/aafailover/aafailover/internal/words"
)

// A program that dies on the alternate screen leaves a terminal that shows nothing of what is typed. It cannot prevent that by
// itself: any goroutine may panic, and SIGKILL asks nobody. So a program with a dashboard runs in a process of its own, and the
// one that was started only guards the terminal:
//
//	shell ── starts, waits for ──> Terminal.Guard ── starts, waits for ──> Guarded: the program, with its dashboards
//	                                     ^     └────── signals, its own end ────>─┘        │
//	                                     └──<── faults of its own (the Go runtime's text), its end
//
// It is this way round, and not a process beside it that watches, since a shell must not get the terminal back before it is
// mended: it would take its settings as they are, and print its prompt on a screen that is about to go.

// Ending is how a guarded process ended.
type Ending struct {
	// Code is its exit code; ExitFault after a fault of its own; 128 and the number of the signal that ended it, as shells
	// count.
	Code int
	// Fault is what was wrong with the program itself; nil when nothing was.
	Fault *Fault
	// Killed names the signal that ended it; "" when it ended by itself.
	Killed string
}

// ExitFault is the exit code after a fault of the program's own: EX_SOFTWARE of sysexits.h. That of the Go runtime, 2, means a
// mistake in the usage.
const ExitFault = 70

// Fault is a panic or another fault of the program itself.
type Fault struct {
	// Reason is one line, as the Go runtime says it: "panic: …", "fatal error: …".
	Reason string
	// Trace is where in the program it happened, in lines.
	Trace string
}

func (f *Fault) Error() string {
	if strings.HasPrefix(f.Reason, "SIG") { // the Go runtime tells of those that ask for a trace as well
		return "stopped by " + f.Reason
	}
	return "stopped by a fault of its own: " + f.Reason
}

// ErrNoGuard says that this system does not offer to guard a terminal.
var ErrNoGuard = errors.New("a terminal is not guarded on this system")

// ErrNotGuarded says that nobody guards this process.
var ErrNotGuarded = errors.New("this is for the program itself, which starts it when it opens a dashboard")

// errGuardGone is why a process ends that was guarded: nobody is left to mend the terminal, so it does so while it can.
var errGuardGone = errors.New("the process that guards the terminal is gone")

// guardKey is where the context of Guarded keeps a channel that is closed when the guard is gone: as a value of it, so that a
// dashboard that outlives what the context ends finds it too.
type guardKey struct{}

// guardGone tells whether a process has lost its guard, and with it the terminal: whoever started the guard writes to it by now.
func guardGone(ctx context.Context) bool {
	gone, guarded := ctx.Value(guardKey{}).(<-chan struct{})
	if !guarded {
		return false
	}
	select {
	case <-gone:
		return true
	default:
		return false
	}
}

// faultOf is what the Go runtime printed when it ended a process; nil for nothing.
func faultOf(printed string) *Fault {
	if strings.TrimSpace(printed) == "" {
		return nil
	}
	reason, trace, _ := strings.Cut(strings.TrimLeft(printed, "\n"), "\n")
	return &Fault{Reason: words.Clean(reason), Trace: cleanLines(trace)}
}

// cleanLines takes from a trace what a terminal would obey: a panic repeats what somebody else has said.
func cleanLines(trace string) string {
	var lines []string
	for line := range strings.Lines(strings.TrimRight(trace, "\n")) {
		indent := len(line) - len(strings.TrimLeft(line, "\t"))
		lines = append(lines, line[:indent]+words.Clean(strings.TrimRight(line[indent:], "\n")))
	}
	return strings.Join(lines, "\n")
}
