//go:build unix

package program

import (
	"os"
	"os/exec"
	"os/signal"
	"syscall"
)

// joins tells whether a process can be started in the group of another.
const joins = true

func joining(group int) *syscall.SysProcAttr { return &syscall.SysProcAttr{Setpgid: true, Pgid: group} }

// askGroup and killGroup signal all processes of the group. A group without any is no error.
func askGroup(c *exec.Cmd)  { _ = syscall.Kill(-c.Process.Pid, syscall.SIGTERM) }
func killGroup(c *exec.Cmd) { _ = syscall.Kill(-c.Process.Pid, syscall.SIGKILL) }

// killOwn kills the group of this process.
func killOwn() { _ = syscall.Kill(0, syscall.SIGKILL) }

// withstand keeps the guard running while the service is asked to end. The signals are taken for as long as the process is.
func withstand() { signal.Ignore(syscall.SIGTERM, syscall.SIGINT, syscall.SIGHUP) }

// endedBy is the signal that ended a process, or "".
func endedBy(s *os.ProcessState) string {
	if status, ok := s.Sys().(syscall.WaitStatus); ok && status.Signaled() {
		return status.Signal().String()
	}
	return ""
}
