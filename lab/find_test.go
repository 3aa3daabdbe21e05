package lab_test

import (
	"errors"
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"github.com/aafailover/aafailover/lab"
)

func TestALabThatIsThereAndSilentIsToldFromOneThatIsGone(t *testing.T) {
	gone := exec.Command("true")
	if err := gone.Run(); err != nil {
		t.Fatal(err)
	}
	silent := listen(t, func(net.Conn) {}) // stopped: the kernel takes connections, and nobody reads
	closing := listen(t, func(c net.Conn) { _ = c.Close() })
	for _, row := range []struct {
		why, control string
		process      int
		is           bool
	}{
		{"its process is there and says nothing", silent, os.Getpid(), true},
		{"its process is there and hangs up", closing, os.Getpid(), true},
		{"its process is gone, and another has its port", silent, gone.Process.Pid, false},
		{"it names no process", silent, 0, false},
		{"nobody listens", "127.0.0.1:1", os.Getpid(), false},
	} {
		dir := filepath.Join(t.TempDir(), "labs")
		if err := os.Mkdir(dir, 0o700); err != nil {
			t.Fatal(err)
		}
		text := fmt.Appendf(nil, `{"control":%q,"process":%d}`, row.control, row.process)
		if err := os.WriteFile(filepath.Join(dir, "lab-1.json"), text, 0o600); err != nil {
			t.Fatal(err)
		}
		found, err := lab.FindWithin(t.Context(), dir, 10*time.Millisecond)
		got, is := errors.AsType[*lab.SilentError](err)
		if is != row.is || !is && !errors.Is(err, lab.ErrNoLab) || len(found) > 0 {
			t.Errorf("%s: found %d, %v", row.why, len(found), err)
		}
		if is && (got.Control != row.control || got.Process != row.process) {
			t.Errorf("%s: %v", row.why, err)
		}
	}
}

func TestLabsThatAnswerAreFoundBesideASilentOne(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "labs")
	ctl := serve(t, startTCP(t, regions(1, "us")), lab.ControlConfig{Dir: dir})
	closing := listen(t, func(c net.Conn) { _ = c.Close() })
	text := fmt.Appendf(nil, `{"control":%q,"process":%d,"started":%q}`, closing, os.Getpid(), time.Now().Add(time.Hour).Format(time.RFC3339))
	if err := os.WriteFile(filepath.Join(dir, "lab-1.json"), text, 0o600); err != nil {
		t.Fatal(err)
	}
	found, err := lab.FindIn(t.Context(), dir)
	if _, is := errors.AsType[*lab.SilentError](err); !is || len(found) != 1 || found[0].Address() != ctl.Address() {
		t.Errorf("found %d, %v", len(found), err)
	}
}

// listen does something with every connection to an address, which it returns, until the test ends.
func listen(t *testing.T, do func(net.Conn)) string {
	t.Helper()
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := ln.Accept()
			if err != nil {
				return
			}
			defer func() { _ = c.Close() }()
			do(c)
		}
	}()
	t.Cleanup(func() {
		_ = ln.Close()
		<-done
	})
	return ln.Addr().String()
}
