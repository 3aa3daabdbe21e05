//go:build unix

package tmuxtest

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// Options say which terminal to start. The zero value is one of 80 columns and
// 24 rows that has 256 colours.
type Options struct {
	// Columns and Rows are the size; 0 is 80 and 24.
	Columns, Rows int
	// Term is the TERM that commands see; "" is "tmux-256color".
	Term string
	// Environ are variables, NAME=VALUE, beside those of this process. What would
	// tell a command that this terminal is not somebody's is left out: TMUX, CI,
	// NO_COLOR and their like, unless they are given here. The folders
	// XDG_RUNTIME_DIR and XDG_STATE_HOME are of this terminal alone, unless they
	// are given: a program must not find what runs in another test.
	Environ []string
	// Dir is the folder that commands run in; "" is an empty one.
	Dir string
}

// Terminal is a terminal that nobody sits at but the test. Its methods are for
// the goroutine of the test, which fails when tmux does.
type Terminal struct {
	t      testing.TB
	binary string
	socket string
	folder string   // of the files by which the shell in the pane is told what to run
	orders *os.File // the pipe that it reads their numbers from
	device string   // of the pane, as in /dev/pts/3
	begun  int      // commands
}

// holder is what runs in the pane: the commands that it is told of, one after
// the other. A key that interrupts is for the command, and so it handles those
// signals and goes on; to ignore them would make commands ignore them.
const holder = `
trap : INT QUIT
exec 3<orders
while read -r n <&3; do
  sh "run.$n" 3<&-
  echo $? >new && mv new "code.$n"
done
`

// Start starts a terminal, which is killed at the end of the test with what
// still runs in it.
func Start(t testing.TB, o Options) *Terminal {
	t.Helper()
	binary, err := exec.LookPath("tmux")
	if err != nil {
		t.Fatal("tmux is not installed, and this test needs a real terminal: apt-get install tmux, dnf install tmux, apk add tmux or brew install tmux")
	}
	x := &Terminal{t: t, binary: binary, folder: t.TempDir()}
	short, err := os.MkdirTemp("", "tmux-") //nolint:usetesting // the path of a socket is 100 bytes long at the most, and t.TempDir has the name of the test
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = os.RemoveAll(short) })
	x.socket = filepath.Join(short, "socket")
	if o.Dir == "" {
		o.Dir = t.TempDir()
	}
	orders := filepath.Join(x.folder, "orders")
	if err := syscall.Mkfifo(orders, 0o600); err != nil {
		t.Fatal(err)
	}
	if x.orders, err = os.OpenFile(orders, os.O_RDWR, 0); err != nil { // for reading too, or else this waits for the reader
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = x.orders.Close() })
	x.write("holder", holder)
	o.Environ = slices.Concat([]string{"XDG_RUNTIME_DIR=" + t.TempDir(), "XDG_STATE_HOME=" + t.TempDir()}, o.Environ)
	x.write("variables", o.variables())
	x.start(o)
	return x
}

// start starts the server with its one pane.
func (x *Terminal) start(o Options) {
	x.t.Helper()
	columns, rows, kind := o.Columns, o.Rows, o.Term
	if columns == 0 {
		columns = 80
	}
	if rows == 0 {
		rows = 24
	}
	if kind == "" {
		kind = "tmux-256color"
	}
	args := []string{"-u", "-S", x.socket, "-f", "/dev/null", "start-server"}
	for _, option := range [][]string{
		{"-g", "default-shell", "/bin/sh"},
		{"-g", "default-terminal", kind},
		{"-g", "status", "off"},
		{"-g", "history-limit", "10000"},
		{"-s", "escape-time", "0"}, // an Escape is a key, not the begin of one
		{"-s", "exit-empty", "off"},
		{"-g", "remain-on-exit", "on"},
	} {
		args = append(append(args, ";", "set-option"), option...)
	}
	args = append(args, ";", "new-session", "-d", "-x", strconv.Itoa(columns), "-y", strconv.Itoa(rows), "-c", o.Dir,
		"cd "+quoted(x.folder)+" && . ./variables && exec sh holder",
		";", "pipe-pane", "-o", "exec cat >>"+quoted(filepath.Join(x.folder, "written")))
	begin := exec.Command(x.binary, args...)
	begin.Env = withoutTerminal(os.Environ())
	x.write("folder", o.Dir)
	x.write("written", "")
	release := x.guardAgainstOrphan()
	x.t.Cleanup(release)
	if out, err := begin.CombinedOutput(); err != nil {
		x.t.Fatalf("start tmux: %v: %s", err, out)
	}
	x.t.Cleanup(x.kill)
	x.device = strings.TrimSpace(x.tmux("display-message", "-p", "#{pane_tty}"))
}

// guardAgainstOrphan starts a shell that kills the server when this process
// ends without its cleanups, as at a panic or the time limit of go test: the
// shell notices by the end of its standard input.
func (x *Terminal) guardAgainstOrphan() (release func()) {
	x.t.Helper()
	watch := exec.Command("sh", "-c", `read -r line; [ -n "$line" ] || "$0" -S "$1" kill-server`, x.binary, x.socket)
	stdin, err := watch.StdinPipe()
	if err == nil {
		err = watch.Start()
	}
	if err != nil {
		x.t.Fatalf("guard tmux: %v", err)
	}
	return sync.OnceFunc(func() {
		_, _ = io.WriteString(stdin, "released\n")
		_ = watch.Wait()
	})
}

// kill ends the command that runs, as SIGKILL does, and then the server, and
// waits until both are gone: they may hold files of the test.
func (x *Terminal) kill() {
	if x.begun > 0 {
		if _, ended := x.code(); !ended {
			_ = syscall.Kill(x.process(), syscall.SIGKILL)
			x.await("the command that was killed ends", func() bool { _, ended := x.code(); return ended })
		}
	}
	_ = x.command("kill-server").Run()
	x.await("tmux ends", func() bool { return x.command("list-sessions").Run() != nil })
}

// nobodys are variables that tell a program that it does not run in somebody's
// terminal, or in which one.
var nobodys = []string{"TMUX", "TMUX_PANE", "TERM", "COLORTERM", "CI", "NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "COLUMNS", "LINES"}

// withoutTerminal are the variables that say nothing of a terminal.
func withoutTerminal(environ []string) []string {
	return slices.DeleteFunc(slices.Clone(environ), func(variable string) bool {
		name, _, _ := strings.Cut(variable, "=")
		return slices.Contains(nobodys, name)
	})
}

// variables is a script that makes the environment of the commands out of that
// of a pane.
func (o Options) variables() string {
	var script strings.Builder
	script.WriteString("unset TMUX TMUX_PANE\n")
	for _, variable := range o.Environ {
		name, value, _ := strings.Cut(variable, "=")
		fmt.Fprintf(&script, "export %s=%s\n", name, quoted(value))
	}
	return script.String()
}

// quoted is a word for a shell.
func quoted(word string) string { return "'" + strings.ReplaceAll(word, "'", `'\''`) + "'" }

// write writes a file for the shell in the pane, whole or not at all.
func (x *Terminal) write(name, text string) {
	x.t.Helper()
	path := filepath.Join(x.folder, name)
	err := os.WriteFile(path+".new", []byte(text), 0o600)
	if err == nil {
		err = os.Rename(path+".new", path)
	}
	if err != nil {
		x.t.Fatal(err)
	}
}

// tmux runs a command of tmux and returns what it prints.
func (x *Terminal) tmux(args ...string) string {
	x.t.Helper()
	c := x.command(args...)
	var failed strings.Builder
	c.Stderr = &failed
	out, err := c.Output()
	if err != nil {
		x.t.Fatalf("tmux %s: %v: %s", strings.Join(args, " "), err, failed.String())
	}
	return string(out)
}

func (x *Terminal) command(args ...string) *exec.Cmd {
	c := exec.Command(x.binary, append([]string{"-u", "-S", x.socket}, args...)...)
	c.Env = withoutTerminal(os.Environ())
	return c
}
