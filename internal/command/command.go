// Package command runs a command line of the user's: one that prints a password, or one that is told of
// an event.
//
//	line ─> sh -c (cmd /c on Windows), in a process group of its own ─> what it printed
//	stdin ─┘          │
//	                  └─ at the limit, or when the context ends, the whole group is killed
//
// Nothing of it is unbounded: neither time nor output. A run is over when the shell has ended; what it left in the
// background keeps running, and what that prints is nobody's. The package keeps no state, retries nothing and decides
// nothing; that two runs do not overlap is up to the caller.
package command

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"time"
)

// DefaultLimit is what Command.Limit means when it is zero.
const DefaultLimit = 10 * time.Second

// MaxOutput is the most that a command may print to its standard output, in bytes.
const MaxOutput = 64 << 10

// maxSaid bounds what is kept of standard error, and maxShown what an error shows of it, in bytes.
const (
	maxSaid  = 4 << 10
	maxShown = 200
)

// lingering is how long the output of what was left in the background is waited for.
const lingering = 200 * time.Millisecond

// ErrLimit is in the error of a command that was killed because it took too long.
var ErrLimit = errors.New("the command took too long")

// ErrOutput is in the error of a command that was killed because it printed more than [MaxOutput].
var ErrOutput = fmt.Errorf("the command printed more than %d bytes", MaxOutput)

// Command is a command line and what it is given.
type Command struct {
	// Line is what the shell runs.
	Line string
	// Env is added to the environment of this process, as NAME=VALUE.
	Env []string
	// Stdin is its standard input; nil: it is empty.
	Stdin []byte
	// Limit is how long it may take; 0: DefaultLimit.
	Limit time.Duration
}

// Error is why a command failed.
type Error struct {
	// Err is an *exec.ExitError, ErrLimit, ErrOutput, the error of the context, or that of starting the shell.
	Err error
	// Said is the first line that it wrote to standard error, without control characters; "" for none.
	Said string
}

// Error is what went wrong, and what the command said of it: `exit status 3: no such account`.
func (e *Error) Error() string {
	if e.Said == "" {
		return e.Err.Error()
	}
	return e.Err.Error() + ": " + e.Said
}

// Unwrap returns what went wrong, without what the command said, which is not for everybody's eyes when the
// command handles a password.
func (e *Error) Unwrap() error { return e.Err }

// Run runs the command and returns what it printed to standard output. The error is an *Error, and the output
// up to then is returned with it.
func (c Command) Run(ctx context.Context) ([]byte, error) {
	limit := cmp.Or(c.Limit, DefaultLimit)
	limited, cancel := context.WithTimeoutCause(ctx, limit, fmt.Errorf("%w: more than %v", ErrLimit, limit))
	defer cancel()
	flooded, flood := context.WithCancelCause(limited)
	defer flood(nil)

	run := shell(flooded, c.Line)
	run.Env = append(os.Environ(), c.Env...)
	if c.Stdin != nil {
		run.Stdin = bytes.NewReader(c.Stdin)
	}
	stdout := &bounded{most: MaxOutput, full: func() { flood(ErrOutput) }}
	stderr := &bounded{most: maxSaid, full: func() {}}
	run.Stdout, run.Stderr = stdout, stderr
	run.WaitDelay = lingering
	err := run.Run()
	if errors.Is(err, exec.ErrWaitDelay) {
		err = nil // it ended well, and left something in the background
	}
	if cause := context.Cause(flooded); cause != nil && (err != nil || errors.Is(cause, ErrOutput)) {
		err = cause
	}
	if err != nil {
		err = &Error{Err: err, Said: firstLine(stderr.kept)}
	}
	return stdout.kept, err
}

// bounded keeps the beginning of what is written to it, and takes the rest without keeping it, so that whoever writes
// is not held up.
type bounded struct {
	kept []byte
	most int
	full func() // called when something is not kept
}

// Write never fails.
func (b *bounded) Write(p []byte) (int, error) {
	room := min(len(p), b.most-len(b.kept))
	b.kept = append(b.kept, p[:room]...)
	if room < len(p) {
		b.full()
	}
	return len(p), nil
}

// firstLine is the first line that is not empty, as a terminal can show it.
func firstLine(text []byte) string {
	for line := range strings.Lines(strings.ToValidUTF8(string(text), "?")) {
		line = strings.Map(func(r rune) rune {
			if r < ' ' || r >= 0x7f && r < 0xa0 {
				return ' '
			}
			return r
		}, line)
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		if len(line) > maxShown {
			line = strings.ToValidUTF8(line[:maxShown], "") + "…"
		}
		return line
	}
	return ""
}
