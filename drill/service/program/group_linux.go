package program

import (
	"errors"
	"os/exec"
	"syscall"

	"golang.org/x/sys/unix"
)

// attributes puts the service into a group of its own, and has the system kill its first process when the thread that forked it
// ends: prctl(2), PR_SET_PDEATHSIG.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// await waits for a process to end, and calls gone while its number, which is that of its group, is still its own.
func await(c *exec.Cmd, gone func()) error {
	for {
		err := unix.Waitid(unix.P_PID, c.Process.Pid, nil, unix.WEXITED|unix.WNOWAIT, nil)
		if !errors.Is(err, syscall.EINTR) {
			break
		}
	}
	gone()
	return c.Wait()
}
