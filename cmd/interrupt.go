package cmd

import (
	"context"
	"errors"
	"io"
	"os"
	"os/signal"
	"syscall"
	"time"
)

// signalGrace is how long further signals are ignored after the first. One Ctrl-C can be two signals: timeout(1) and some
// shells signal the process and then its group, and a fault that is being healed must not be left in force by that.
const signalGrace = 500 * time.Millisecond

// untilSignal returns a context that the first signal to end ends, that of a closed terminal included unless the process was
// started to outlive it, as by nohup. After signalGrace a second one ends the process. A write to a pipe that nobody reads is
// no signal but an error from now on: see untilReader.
func untilSignal(parent context.Context) (context.Context, func()) {
	ctx, stop := signal.NotifyContext(parent, endingSignals()...)
	context.AfterFunc(ctx, func() { time.AfterFunc(signalGrace, stop) })
	broken := make(chan os.Signal, 1) // taken and not ignored, since commands would inherit that
	signal.Notify(broken, syscall.SIGPIPE)
	return ctx, func() {
		stop()
		signal.Stop(broken)
	}
}

// endingSignals are those that are to end the process.
func endingSignals() []os.Signal {
	ends := []os.Signal{os.Interrupt, syscall.SIGTERM}
	if !signal.Ignored(syscall.SIGHUP) {
		ends = append(ends, syscall.SIGHUP)
	}
	return ends
}

// errReaderGone says that nobody reads the output any more.
var errReaderGone = errors.New("nobody reads the output any more")

// untilReader returns a stream of this process that interrupts the run when its reader is gone, as head(1) is after its lines:
// a process that the system ends for that leaves a fault in force. A terminal is returned as it is.
func untilReader(f *os.File, interrupt func()) io.Writer {
	if isTerminal(f) {
		return f
	}
	return &readByOthers{f, interrupt}
}

type readByOthers struct {
	file      *os.File
	interrupt func()
}

// Write returns errReaderGone when there is no reader.
func (r *readByOthers) Write(b []byte) (int, error) {
	n, err := r.file.Write(b)
	if errors.Is(err, syscall.EPIPE) {
		r.interrupt()
		err = errReaderGone
	}
	return n, err
}
