package powercut_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"
	"golang.org/x/sys/unix"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/lab/powercut"
)

// witnessOf is the process id of the witness that has a record.
func witnessOf(t *testing.T, w powercut.Witness) int {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(w.Record, "lock"))
	if err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Sscan(string(text), &pid); err != nil {
		t.Fatal(err)
	}
	return pid
}

// hasEnded tells whether a process has, be it that nobody has waited for it yet.
func hasEnded(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err != nil || strings.Contains(string(stat), ") Z ")
}

// What started the server sees the server: its id, exit code and output. Nobody else has its output open, or waiting for its end would never end.
func TestAWitnessedProcessIsTheOneThatWasStarted(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	argv := append(w.Wrap(), "sh", "-c", "echo $$; echo trouble >&2; exit 7")
	c := exec.Command(argv[0], argv[1:]...)
	var stdout, stderr bytes.Buffer
	c.Stdout, c.Stderr = &stdout, &stderr
	var exit *exec.ExitError
	if err := c.Run(); !errors.As(err, &exit) || exit.ExitCode() != 7 {
		t.Errorf("ended with %v", err)
	}
	if diff := cmp.Diff([]string{fmt.Sprintln(c.Process.Pid), "trouble\n"}, []string{stdout.String(), stderr.String()}); diff != "" {
		t.Error(diff)
	}
	cut(t, w, powercut.Ordered)
}

func TestTheWitnessEndsWithTheServer(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	s := launch(t, w)
	s.next(t)
	witness := witnessOf(t, w)
	if hasEnded(witness) {
		t.Fatal("there is none")
	}
	s.kill()
	redistest.Await(t, "the witness is gone", func() bool { return hasEnded(witness) })
}

// A program whose servers the system kills with it leaves none of them when it is killed, and no witness.
func TestAServerDiesWithTheProgramThatStartedIt(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	argv := append(append([]string{startingArg}, w.Wrap()...), "sh", "-c", "echo $$; exec sleep 1000")
	program := exec.Command(w.Program, argv...)
	out, err := program.StdoutPipe()
	if err == nil {
		err = program.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	var server int
	_, err = fmt.Fscan(out, &server)
	_ = program.Process.Kill()
	_ = program.Wait() // how it ended is known
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Kill(server, syscall.SIGKILL) //nolint:errcheck // it is gone
	redistest.Await(t, "the server is gone", func() bool { return hasEnded(server) })
	witness := witnessOf(t, w)
	redistest.Await(t, "the witness is gone", func() bool { return hasEnded(witness) })
}

// The whole group of the server is stopped and goes on; the witness is not in it.
func TestAStoppedServerGoesOn(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	s := launch(t, w, "create a log", "write a 3", "fsync a")
	s.next(t)
	group, err := unix.Getpgid(witnessOf(t, w))
	if err != nil || group == s.cmd.Process.Pid {
		t.Errorf("the witness is in group %d: %v", group, err)
	}
	for _, signal := range []syscall.Signal{syscall.SIGSTOP, syscall.SIGCONT, syscall.SIGTERM} {
		if err := syscall.Kill(-s.cmd.Process.Pid, signal); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.cmd.Wait(); err == nil || !strings.Contains(err.Error(), "terminated") {
		t.Errorf("ended with %v", err)
	}
	cut(t, w, powercut.Ordered)
	if diff := cmp.Diff(map[string]string{"log": "3a"}, found(t, w.Folder)); diff != "" {
		t.Error(diff)
	}
}

// Without its witness a server can make nothing durable, and nothing is said of it.
func TestACutWithoutItsWitnessIsRefused(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	s := launch(t, w, "create a log", "write a 3", "fsync a", "write a 3")
	s.next(t)
	if err := syscall.Kill(witnessOf(t, w), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	s.kill()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	if loss, err := w.Cut(ctx, powercut.Ordered); err == nil || !strings.Contains(err.Error(), "its witness was killed") {
		t.Errorf("cut: %+v, %v", loss, err)
	}
	if diff := cmp.Diff(map[string]string{"log": "6a"}, found(t, w.Folder)); diff != "" {
		t.Error(diff)
	}
}

// A child that is left, be it one that was killed and that nobody has waited for, does not hold a cut up.
func TestACutDoesNotWaitForChildrenThatAreLeft(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	s := launch(t, w, "create a log", "write a 3", "fsync a", "write a 3", "child")
	var child int
	if _, err := fmt.Sscanf(s.next(t), "child %d", &child); err != nil {
		t.Fatal(err)
	}
	defer syscall.Kill(child, syscall.SIGKILL) //nolint:errcheck // it may be gone
	s.next(t)
	s.kill()
	cut(t, w, powercut.Ordered)
	if diff := cmp.Diff(map[string]string{"log": "3a"}, found(t, w.Folder)); diff != "" {
		t.Error(diff)
	}
}

func TestSupportedTriesIt(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	if err := powercut.Supported(t.Context(), w.Program, w.Folder); err != nil {
		t.Error(err, hint.Of(err))
	}
	if left := found(t, w.Folder); len(left) > 0 {
		t.Errorf("left: %v", left)
	}
}

// A process that is witnessed already stands for a sandbox that refuses a second witness.
func TestSupportedSaysWhyNot(t *testing.T) {
	t.Parallel()
	w := newWitness(t)
	argv := append(w.Wrap(), w.Program, supportedArg, w.Folder)
	said, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
	if err == nil || !strings.Contains(string(said), "aafailover: simulate a power cut: install a seccomp filter: device or resource busy\nhint: the sandbox around this process") {
		t.Errorf("said %q, ended with %v", said, err)
	}
	cut(t, w, powercut.Ordered)
	if err := powercut.Supported(t.Context(), "/bin/true", w.Folder); err == nil || !strings.Contains(err.Error(), "no record in") {
		t.Errorf("with another program: %v", err)
	}
}

func TestAServerThatCannotBeStartedSaysWhy(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		says  string
		spoil func(*powercut.Witness) (server string)
		want  string
	}{
		{"there is no such program", func(*powercut.Witness) string { return "/no/such/program" }, "/no/such/program: no such file or directory"},
		{"what is there is no program", func(w *powercut.Witness) string { return w.Folder }, "is a directory"},
		{"there is no such folder", func(w *powercut.Witness) string { w.Folder += "/none"; return "true" }, "witness: stat "},
		{"the record cannot be made", func(w *powercut.Witness) string { w.Record = "/proc/none"; return "true" }, "witness: mkdir /proc/none: "},
		{"the record is on another filesystem", func(w *powercut.Witness) string {
			w.Record = fmt.Sprintf("/dev/shm/aafailover-test-%d", os.Getpid())
			return "true"
		}, "invalid cross-device link"},
	} {
		t.Run(row.says, func(t *testing.T) {
			t.Parallel()
			w := newWitness(t)
			put(t, w.Folder, map[string]string{"file": "1x"})
			server := row.spoil(&w)
			defer os.RemoveAll(w.Record) //nolint:errcheck // it is this test's own
			argv := append(w.Wrap(), server)
			said, err := exec.Command(argv[0], argv[1:]...).CombinedOutput()
			if err == nil || !strings.Contains(string(said), row.want) {
				t.Errorf("said %q, ended with %v", said, err)
			}
		})
	}
}
