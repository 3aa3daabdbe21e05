//go:build unix

package command_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/aafailover/aafailover/internal/command"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

func TestRun(t *testing.T) {
	t.Setenv("INHERITED", "from here")
	for _, row := range []struct {
		name    string
		command command.Command
		want    string
		err     string
	}{
		{"what it prints is returned as it is", command.Command{Line: `printf 'a\n b \n'`}, "a\n b \n", ""},
		{"the line is the shell's to read", command.Command{Line: `for i in 1 2; do echo "$i" | tr 12 ab; done`}, "a\nb\n", ""},
		{"variables are added to those of this process", command.Command{Line: `echo $INHERITED $ADDED`, Env: []string{"ADDED=and added"}}, "from here and added\n", ""},
		{"it reads what it is given", command.Command{Line: "cat", Stdin: []byte(`{"a":1}`)}, `{"a":1}`, ""},
		{"without an input there is none to wait for", command.Command{Line: "cat; echo done"}, "done\n", ""},
		{"what it does not read does no harm", command.Command{Line: "exit 0", Stdin: bytes.Repeat([]byte("x"), 1<<20)}, "", ""},
		{"complaints of a command that succeeds are dropped", command.Command{Line: "echo careful >&2; echo fine"}, "fine\n", ""},
		{"many complaints do not hold it up", command.Command{Line: "head -c 1000000 /dev/zero >&2; echo fine"}, "fine\n", ""},
		{"as much output as may be", command.Command{Line: "head -c 65536 /dev/zero"}, strings.Repeat("\x00", command.MaxOutput), ""},
		{"what is left in the background is not waited for", command.Command{Line: "sleep 0.5 & echo fine"}, "fine\n", ""},
		{"the exit status, and the first line of why", command.Command{Line: `echo; echo "no \033[31msuch account" >&2; echo more >&2; exit 3`}, "\n", "exit status 3: no  [31msuch account"},
		{"no reason", command.Command{Line: "exit 4"}, "", "exit status 4"},
		{"a long reason is cut", command.Command{Line: "head -c 500 /dev/zero | tr '\\0' x >&2; exit 1"}, "", "exit status 1: " + strings.Repeat("x", 200) + "…"},
		{"a signal", command.Command{Line: "kill -9 $$"}, "", "signal: killed"},
		{"an unknown command", command.Command{Line: "exec no-such-command-here 2>/dev/null"}, "", "exit status 127"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := row.command.Run(t.Context())
			if string(got) != row.want {
				t.Errorf("printed %.100q, want %.100q", got, row.want)
			}
			if text := errorText(err); text != row.err {
				t.Errorf("error %q, want %q", text, row.err)
			}
		})
	}
}

func errorText(err error) string {
	if err == nil {
		return ""
	}
	return err.Error()
}

func TestWhatItSaidCanBeKeptBack(t *testing.T) {
	_, err := command.Command{Line: "echo hunter2 >&2; exit 5"}.Run(t.Context())
	var failed *command.Error
	if !errors.As(err, &failed) || failed.Said != "hunter2" {
		t.Fatalf("%#v", err)
	}
	if got := failed.Err.Error(); got != "exit status 5" {
		t.Errorf("%q", got)
	}
	if exit := new(exec.ExitError); !errors.As(err, &exit) || exit.ExitCode() != 5 {
		t.Errorf("no exit code in %v", err)
	}
}

// Whatever ends a run early kills all that the shell started, and ends the run at once.
func TestAllOfItIsKilled(t *testing.T) {
	for _, row := range []struct {
		name  string
		then  string // what the shell does when its child runs
		limit time.Duration
		want  error
		text  string
	}{
		{"at the limit", "wait", 3 * time.Second, command.ErrLimit, "the command took too long: more than 3s"},
		{"for too much output", "cat /dev/zero", time.Hour, command.ErrOutput, "the command printed more than 65536 bytes"},
		{"when it is interrupted", "echo waits > $READY; wait", time.Hour, context.Canceled, "context canceled"},
	} {
		t.Run(row.name, func(t *testing.T) {
			pid, ready := filepath.Join(t.TempDir(), "pid"), filepath.Join(t.TempDir(), "ready")
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			if row.want == context.Canceled { //nolint:errorlint // the row itself
				go func() {
					await(t, func() bool { return exists(ready) })
					cancel()
				}()
			}
			began := time.Now()
			got, err := command.Command{Line: `sleep 1000 & echo $! > $CHILD; ` + row.then, Limit: row.limit,
				Env: []string{"CHILD=" + pid, "READY=" + ready}}.Run(ctx)
			if !errors.Is(err, row.want) || err.Error() != row.text {
				t.Errorf("error %v, want %s", err, row.text)
			}
			if len(got) > command.MaxOutput {
				t.Errorf("%d bytes of output", len(got))
			}
			if took := time.Since(began); took > 2*time.Minute {
				t.Errorf("it took %v", took)
			}
			text, err := os.ReadFile(pid)
			if err != nil {
				t.Fatal(err)
			}
			child, err := strconv.Atoi(strings.TrimSpace(string(text)))
			if err != nil {
				t.Fatal(err)
			}
			await(t, func() bool { return !runs(child) })
		})
	}
}

// runs tells whether a process exists that is more than an entry for a parent that does not come for it.
func runs(pid int) bool {
	if syscall.Kill(pid, 0) != nil {
		return false
	}
	stat, err := os.ReadFile("/proc/" + strconv.Itoa(pid) + "/stat")
	return err != nil || !strings.Contains(string(stat), ") Z ")
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// await waits for a condition that another process brings about.
func await(t *testing.T, cond func() bool) {
	t.Helper()
	for deadline := time.Now().Add(2 * time.Minute); !cond(); {
		if time.Now().After(deadline) {
			t.Error("never came true")
			return
		}
		<-time.After(5 * time.Millisecond)
	}
}

func TestAContextThatHasEndedRunsNothing(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	path := filepath.Join(t.TempDir(), "ran")
	if _, err := (command.Command{Line: "touch $RAN", Env: []string{"RAN=" + path}}).Run(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if exists(path) {
		t.Error("it ran")
	}
}
