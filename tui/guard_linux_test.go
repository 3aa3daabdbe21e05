package tui_test

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// A terminal may take nothing any more, as that of a connection that hangs: a signal still ends the guard, which has something to write.
func TestAGuardOfATerminalThatTakesNothingCanBeEnded(t *testing.T) {
	t.Parallel()
	program, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	master, slave := pseudoTerminal(t)
	c := exec.Command(program, "guard")
	c.Stdin, c.Stdout, c.Stderr = slave, slave, slave
	c.Env = append(os.Environ(), "TERM=xterm", "CI=")
	c.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true}
	if err := c.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = c.Wait() // how it ended does not matter
	}()
	dashboard := shownBy(t, master)
	fill(t, slave.Name())
	if err := syscall.Kill(dashboard, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	again, late := time.NewTicker(20*time.Millisecond), time.After(2*time.Minute)
	defer again.Stop()
	for {
		select {
		case <-again.C: // as long as the dashboard is there, a signal is meant for that
			_ = c.Process.Signal(syscall.SIGTERM)
		case <-ended:
			return
		case <-late:
			_ = c.Process.Kill()
			<-ended
			t.Fatal("it does not end")
		}
	}
}

// pseudoTerminal returns both ends of a terminal.
func pseudoTerminal(t *testing.T) (master, slave *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = master.Close() })
	fd := int(master.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	err = errors.Join(err, unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0), unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 40, Col: 100}))
	if err != nil {
		t.Fatal(err)
	}
	slave, err = os.OpenFile(fmt.Sprint("/dev/pts/", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = slave.Close() })
	return master, slave
}

// shownBy reads what is shown until it names the process that shows it.
func shownBy(t *testing.T, master *os.File) int {
	t.Helper()
	var shown []byte
	for buffer := make([]byte, 4096); ; {
		n, err := master.Read(buffer)
		if err != nil {
			t.Fatalf("%v, after %q", err, shown)
		}
		shown = append(shown, buffer[:n]...)
		if found := regexp.MustCompile(`process-(\d+)-after`).FindSubmatch(shown); found != nil {
			process, err := strconv.Atoi(string(found[1]))
			if err != nil {
				t.Fatal(err)
			}
			return process
		}
	}
}

// fill writes to a terminal until it takes no more.
func fill(t *testing.T, name string) {
	t.Helper()
	fd, err := unix.Open(name, unix.O_WRONLY|unix.O_NOCTTY|unix.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = unix.Close(fd) }()
	for line := make([]byte, 1024); err == nil; {
		_, err = unix.Write(fd, line)
	}
	for err = nil; err == nil; { // to the last byte
		_, err = unix.Write(fd, []byte{0})
	}
	if !errors.Is(err, unix.EAGAIN) {
		t.Fatal(err)
	}
}
