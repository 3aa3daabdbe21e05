package faults

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"time"
)

// Watchdog is a process of its own that runs the user's commands for a drill, and the commands that undo them when the drill
// cannot any more: its standard input is a pipe, and a drill that was killed, even by SIGKILL, leaves it at its end.
//
//	drill ── orders (JSON lines) ──> stdin, watchdog ── sh -c (inject, heal)
//	      <── replies ───────────── stdout     │
//	      x  ends without having healed ──────>└─ heal, again until it succeeds
//
// Since one process runs all of them, one after the other, a heal never runs beside another, nor beside the injection that it
// is to undo: when the drill ends while its injection runs, that is killed first; while a heal runs, that is waited for.
//
// The process is in a session of its own: neither Ctrl-C nor a closed terminal reach it. When the watchdog itself is killed,
// WatchdogOptions.OnGone says so, and the drill still heals, as long as it lives: what the watchdog was running meanwhile runs
// on without it. SIGKILL of both, or the end of the machine, leaves the fault in force.
type Watchdog struct {
	process *exec.Cmd
	orders  io.WriteCloser
	replies chan reply    // closed when there are no more
	exited  chan struct{} // closed when the process is gone
	rules   rules
	wanted  atomic.Bool // from the start until Close

	mu     sync.Mutex // one order at a time
	number int        // of the last order
	closed bool
}

// WatchdogOptions is what a watchdog needs.
type WatchdogOptions struct {
	// Argv is the command that calls Watch: this program, with the hidden command for it.
	Argv []string
	// Run is the id of the drill's run, for the log.
	Run string
	// Log is the file to which the watchdog appends what it does; "": none.
	Log string
	// Attempts is how often an undo is tried when the drill has ended; 0: DefaultAttempts. Between the first two it pauses for
	// Pause, then twice as long each time; 0: one second.
	Attempts int
	Pause    time.Duration
	// Stderr is where the watchdog complains when the drill has ended; nil: nowhere.
	Stderr *os.File
	// OnGone is called, by a goroutine of the watchdog's that Close waits for, when the process ends although Close was not
	// called: it was killed. nil: nothing is.
	OnGone func()
}

// DefaultAttempts is what WatchdogOptions.Attempts means when it is zero: with the default pause, the last attempt begins a
// minute and a half after the first, when all fail at once.
const DefaultAttempts = 8

// ErrWatchdog is in the error of an order that no watchdog takes any more.
var ErrWatchdog = errors.New("the watchdog is gone")

// stopPatience is how long the end of a command that was killed is waited for.
const stopPatience = 5 * time.Second

// StartWatchdog starts the process and returns when it watches. Close ends it. Errors: it could not be started, or the log
// cannot be written; and always on systems where it is not offered.
func StartWatchdog(ctx context.Context, o WatchdogOptions) (*Watchdog, error) {
	if err := offered(); err != nil {
		return nil, err
	}
	w := &Watchdog{process: exec.Command(o.Argv[0], o.Argv[1:]...), replies: make(chan reply, 1), exited: make(chan struct{})}
	if o.Stderr != nil {
		w.process.Stderr = o.Stderr
	}
	detach(w.process)
	orders, err := w.process.StdinPipe()
	if err != nil {
		return nil, fmt.Errorf("start the watchdog: %w", err)
	}
	w.orders = orders
	replies, err := w.process.StdoutPipe()
	if err != nil {
		return nil, fmt.Errorf("start the watchdog: %w", err)
	}
	if err := w.process.Start(); err != nil {
		return nil, fmt.Errorf("start the watchdog: %w", err)
	}
	go func() {
		defer close(w.exited)
		w.read(replies)
		_ = w.process.Wait()
		if w.wanted.Load() && o.OnGone != nil {
			o.OnGone()
		}
	}()
	w.rules = rules{Run: o.Run, Log: o.Log, Attempts: cmp.Or(o.Attempts, DefaultAttempts), Pause: cmp.Or(o.Pause, time.Second)}
	if err := w.LogTo(ctx, o.Log); err != nil {
		_ = w.Close(context.WithoutCancel(ctx))
		return nil, fmt.Errorf("start the watchdog: %w", err)
	}
	w.wanted.Store(true)
	return w, nil
}

// LogTo makes the watchdog append what it does to another file from now on; "": to none. The file is locked until the process
// is gone: see AwaitWatchdog.
func (w *Watchdog) LogTo(ctx context.Context, path string) error {
	r := w.rules
	r.Log = path
	_, _, err := w.give(ctx, order{Do: doGuard, Rules: &r})
	return err
}

func (w *Watchdog) read(from io.Reader) {
	defer close(w.replies)
	decode := json.NewDecoder(bufio.NewReader(from))
	for {
		var r reply
		if decode.Decode(&r) != nil {
			return
		}
		w.replies <- r // there is room for the one that an order waits for, and give takes those that came too late
	}
}

// Fault has a task run, and undo, whatever becomes of it, until an Undo has succeeded. It returns the number by which Undo
// knows it, which is not 0 when undo may have to be run, and the beginning of the task's output.
func (w *Watchdog) Fault(ctx context.Context, task, undo Task) (number int, output string, err error) {
	number, r, err := w.give(ctx, order{Do: doFault, Task: &task, Undo: &undo})
	return number, r.Output, err
}

// Undo has a task run that takes back the faults of these numbers. Errors: ErrWatchdog, or the task failed.
func (w *Watchdog) Undo(ctx context.Context, task Task, of ...int) (output string, err error) {
	_, r, err := w.give(ctx, order{Do: doUndo, Task: &task, Of: of})
	return r.Output, err
}

// give gives an order and waits for its reply. When ctx ends first, what is being run is killed.
func (w *Watchdog) give(ctx context.Context, o order) (number int, r reply, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return 0, reply{}, err
	}
	if w.closed {
		return 0, reply{}, ErrWatchdog
	}
	w.number++
	o.Number = w.number
	if err := json.NewEncoder(w.orders).Encode(o); err != nil {
		return 0, reply{}, fmt.Errorf("%w: %w", ErrWatchdog, err)
	}
	stopped := ctx.Done()
	var patience <-chan time.Time
	for {
		select {
		case r, ok := <-w.replies:
			switch {
			case !ok:
				return o.Number, reply{}, ErrWatchdog
			case r.Number != o.Number: // of one that was given up
			case r.Error == "":
				return o.Number, r, nil
			case ctx.Err() != nil:
				return o.Number, r, context.Cause(ctx)
			default:
				return o.Number, r, errors.New(r.Error)
			}
		case <-stopped:
			stopped, patience = nil, time.After(stopPatience)
			_ = json.NewEncoder(w.orders).Encode(order{Do: doStop, Number: o.Number}) // it is gone otherwise
		case <-patience:
			return o.Number, reply{}, context.Cause(ctx)
		}
	}
}

// Close ends the orders and waits for the process. When something is still to be undone, the watchdog does that now. The error
// says that it was still at it, or has not even begun to end, when ctx ended: it goes on by itself.
func (w *Watchdog) Close(ctx context.Context) error {
	w.wanted.Store(false)
	w.mu.Lock()
	w.closed = true
	w.mu.Unlock()
	_ = w.orders.Close()
	// A reply that nobody waited for must not keep the reader from the end.
	for open := true; open; {
		select {
		case _, open = <-w.replies:
		case <-ctx.Done():
			return fmt.Errorf("the watchdog is still at work: %w", ctx.Err())
		}
	}
	select {
	case <-w.exited:
		return nil
	case <-ctx.Done():
		return fmt.Errorf("the watchdog is still at work: %w", ctx.Err())
	}
}
