//go:build unix

package tmuxtest

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
)

// Run begins a command, found by PATH, in the foreground of the terminal. One
// that ran before must have ended: see [Terminal.ExitCode].
func (x *Terminal) Run(args ...string) {
	x.t.Helper()
	if x.begun > 0 {
		if _, ended := x.code(); !ended {
			x.t.Fatalf("%q is to run, and a command still does", args)
		}
	}
	x.begun++
	var words []string
	for _, arg := range args {
		words = append(words, quoted(arg))
	}
	// It becomes the command, so that the process is known, and says so first.
	x.write(fmt.Sprint("run.", x.begun), fmt.Sprintf("echo $$ >new && mv new process.%d && cd \"$(cat folder)\" && exec %s\n", x.begun, strings.Join(words, " ")))
	if _, err := fmt.Fprintln(x.orders, x.begun); err != nil {
		x.t.Fatal(err)
	}
}

// ExitCode waits until the command that was begun last has ended, and returns
// its exit code; that of one that a signal has ended is 128 and the signal.
func (x *Terminal) ExitCode() int {
	x.t.Helper()
	code := 0
	x.await("the command ends", func() (ended bool) {
		code, ended = x.code()
		return ended
	})
	return code
}

// Signal sends a signal to the process of the command that was begun last.
func (x *Terminal) Signal(s syscall.Signal) {
	x.t.Helper()
	if err := syscall.Kill(x.process(), s); err != nil {
		x.t.Fatalf("signal %v: %v", s, err)
	}
}

// code returns the exit code of the command that was begun last, if it has
// ended.
func (x *Terminal) code() (code int, ended bool) {
	text, err := os.ReadFile(filepath.Join(x.folder, fmt.Sprint("code.", x.begun)))
	if err != nil {
		return 0, false
	}
	code, err = strconv.Atoi(strings.TrimSpace(string(text)))
	return code, err == nil
}

// process waits for the process of the command that was begun last.
func (x *Terminal) process() int {
	x.t.Helper()
	process := 0
	x.await("the command begins", func() bool {
		text, err := os.ReadFile(filepath.Join(x.folder, fmt.Sprint("process.", x.begun)))
		if err == nil {
			process, err = strconv.Atoi(strings.TrimSpace(string(text)))
		}
		return err == nil
	})
	return process
}
