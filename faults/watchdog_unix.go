//go:build unix

package faults

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// offered says why there is no watchdog on this system.
func offered() error { return nil }

// detach puts the process into a session of its own.
func detach(c *exec.Cmd) { c.SysProcAttr = &syscall.SysProcAttr{Setsid: true} }

// withstand takes the signals that are meant for the drill, of which the watchdog notices the end by itself. They are taken
// and not ignored, since commands would inherit that.
func withstand() (release func()) {
	taken := make(chan os.Signal, 1)
	signal.Notify(taken, syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM, syscall.SIGPIPE)
	return func() { signal.Stop(taken) }
}
