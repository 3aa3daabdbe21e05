package cmd_test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/aafailover/aafailover/internal/redistest"
)

// unreadTerminal returns a terminal, and its other end, which nobody reads.
func unreadTerminal(t *testing.T) (terminal, other *os.File) {
	t.Helper()
	other, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	number, err := unix.IoctlGetInt(int(other.Fd()), unix.TIOCGPTN)
	err = errors.Join(err, unix.IoctlSetPointerInt(int(other.Fd()), unix.TIOCSPTLCK, 0),
		unix.IoctlSetWinsize(int(other.Fd()), unix.TIOCSWINSZ, &unix.Winsize{Row: 60, Col: 200}))
	if err != nil {
		t.Fatal(err)
	}
	terminal, err = os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return terminal, other
}

// fill writes to a terminal until it takes nothing any more, as that of a connection that hangs.
func fill(t *testing.T, terminal *os.File) {
	t.Helper()
	again, err := unix.Open(terminal.Name(), unix.O_WRONLY|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	for err == nil {
		_, err = unix.Write(again, make([]byte, 4096))
	}
	_ = unix.Close(again)
}

// childOf returns the only child of a process.
func childOf(t *testing.T, process int) int {
	t.Helper()
	threads, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", process))
	if err != nil {
		t.Fatal(err)
	}
	var children string
	for _, thread := range threads { // of a thread that has ended, none
		text, _ := os.ReadFile(thread)
		children += string(text)
	}
	child, err := strconv.Atoi(strings.TrimSpace(children))
	if err != nil {
		t.Fatalf("the children are %q", children)
	}
	return child
}

// A terminal that takes nothing holds up neither the healing of a drill nor, after a second signal, its end.
func TestADrillOnATerminalThatHangsCanBeEnded(t *testing.T) {
	t.Parallel()
	terminal, other := unreadTerminal(t)
	control := runningLab(t)
	c := process(t, "drill", "--lab", "--control", control, "--state-dir", t.TempDir(), "--steady", "500ms", "--outage", "60s")
	c.Stdin, c.Stdout, c.Stderr, c.Env = terminal, terminal, terminal, append(c.Environ(), "TERM=xterm-256color", "CI=")
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	isDown := func() bool {
		status, _ := lookAtLab(t, control)
		return status.Regions[0].State == "down"
	}
	redistest.Await(t, "the region is down", isDown)
	fill(t, terminal)
	_ = terminal.Close()
	guarded := childOf(t, c.Process.Pid)
	_ = c.Process.Signal(syscall.SIGTERM)
	redistest.Await(t, "the region is healed", func() bool { return !isDown() })
	redistest.Await(t, "a second signal has ended it", func() bool {
		_ = c.Process.Signal(syscall.SIGTERM)
		return syscall.Kill(guarded, 0) != nil
	})
	go func() { _, _ = io.Copy(io.Discard, other) }() // the guard has to give the terminal back
	_ = c.Wait()                                      // by a third signal, perhaps
	_ = other.Close()
}
