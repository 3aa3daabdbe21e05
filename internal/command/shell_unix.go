//go:build unix

package command

import (
	"context"
	"os"
	"os/exec"
	"syscall"
)

// shell prepares the line for the shell, in a process group of its own: when ctx ends, what the shell started is killed
// with it, and an interrupt at the terminal is left to this process to handle.
func shell(ctx context.Context, line string) *exec.Cmd {
	c := exec.CommandContext(ctx, "sh", "-c", line)
	c.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	c.Cancel = func() error {
		// The group exists as long as the shell was not waited for, which happens after this only.
		if err := syscall.Kill(-c.Process.Pid, syscall.SIGKILL); err != nil {
			return os.ErrProcessDone
		}
		return nil
	}
	return c
}
