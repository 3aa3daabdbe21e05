package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

// patience is how long a program that was told to end may take before it is killed.
const patience = 10 * time.Second

// homes are the variables by which a system tells programs where a user's settings, states and running labs are.
var homes = []string{"HOME", "XDG_CONFIG_HOME", "XDG_STATE_HOME", "XDG_CACHE_HOME", "XDG_RUNTIME_DIR", "AppData", "LocalAppData", "USERPROFILE"}

// apart keeps a program from the user's settings, which would change what is measured, and the user from what it keeps: when links
// were last up, and a lab that others would take for theirs. All of that is beside the program, and goes with it. When the context
// ends, the program is asked to end first.
func apart(c *exec.Cmd) {
	home := filepath.Join(filepath.Dir(c.Path), "home")
	_ = os.MkdirAll(home, 0o700) // the program does not start without it, and says so
	c.Dir = home
	c.Env = slices.DeleteFunc(os.Environ(), func(set string) bool { return strings.HasPrefix(set, "AAFAILOVER_") })
	for _, name := range homes {
		c.Env = append(c.Env, name+"="+home)
	}
	c.Cancel = func() error {
		if c.Process.Signal(syscall.SIGTERM) == nil {
			return nil
		}
		return c.Process.Kill() // there are no signals on Windows
	}
	c.WaitDelay = patience
}
