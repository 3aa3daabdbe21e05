package program

import (
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// joins tells whether a process can be started in the group of another.
const joins = false

func joining(int) *syscall.SysProcAttr { return nil }

// attributes keeps an interrupt at the console from the service: this process ends it.
func attributes() *syscall.SysProcAttr {
	return &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}

// askGroup asks a process and all that it started to end; those without a window do not hear it, and are killed later.
func askGroup(c *exec.Cmd) {
	_ = exec.Command("taskkill", "/t", "/pid", strconv.Itoa(c.Process.Pid)).Run()
}

// killGroup kills a process and all that it started.
func killGroup(c *exec.Cmd) {
	if exec.Command("taskkill", "/t", "/f", "/pid", strconv.Itoa(c.Process.Pid)).Run() != nil {
		_ = c.Process.Kill()
	}
}

func killOwn()   {}
func withstand() {}

// endedBy is the signal that ended a process: there is none here.
func endedBy(*os.ProcessState) string { return "" }
