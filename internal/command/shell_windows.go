package command

import (
	"context"
	"os/exec"
	"strconv"
	"syscall"
)

// shell prepares the line for cmd, which gets it as it is: quoting as other programs expect it would change what cmd
// reads. When ctx ends, what it started is killed with it.
func shell(ctx context.Context, line string) *exec.Cmd {
	c := exec.CommandContext(ctx, "cmd")
	c.SysProcAttr = &syscall.SysProcAttr{CmdLine: `cmd /s /c "` + line + `"`, CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
	c.Cancel = func() error {
		if exec.Command("taskkill", "/t", "/f", "/pid", strconv.Itoa(c.Process.Pid)).Run() == nil {
			return nil
		}
		return c.Process.Kill()
	}
	return c
}
