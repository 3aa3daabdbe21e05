//go:build unix

package config_test

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/internal/config"
	"github.com/aafailover/aafailover/internal/hint"
)

// counting is a command that notes each of its runs in a file, and then does more.
func counting(t *testing.T, more string) (line string, runs func() int) {
	t.Helper()
	path := filepath.Join(t.TempDir(), "runs")
	return "echo >> " + path + "; " + more, func() int {
		text, _ := os.ReadFile(path)
		return len(text)
	}
}

func TestPasswordOfACommand(t *testing.T) {
	for _, row := range []struct{ name, line, want, err string }{
		{"its first line", "printf 'first\\nsecond\\n'", "first", ""},
		{"a line without its end", "printf first", "first", ""},
		{"a line as Windows ends it", "printf 'first\\r\\n'", "first", ""},
		{"spaces belong to it", "printf ' a b \\n'", " a b ", ""},
		{"nothing", "true", "", "read password: passwordCommand: its first line is empty"},
		{"an empty line before it", "printf '\\nhunter22\\n'", "", "read password: passwordCommand: its first line is empty"},
		{"a failure, of which nothing is shown", "echo hunter22; echo hunter22 >&2; exit 3", "", "read password: passwordCommand: exit status 3"},
		{"an endless one", "yes hunter22", "", "read password: passwordCommand: the command printed more than 65536 bytes"},
	} {
		t.Run(row.name, func(t *testing.T) {
			got, err := config.SecretCommand(row.line).Read(t.Context())
			if got != row.want || errorText(err) != row.err {
				t.Errorf("%q, %v, want %q, %s", got, err, row.want, row.err)
			}
			if row.err != "" && (len(hint.Of(err)) == 0 || strings.Contains(fmt.Sprint(err, hint.Of(err)), "hunter")) {
				t.Errorf("%v, hint %q", err, hint.Of(err))
			}
		})
	}
}

// However many connections ask at once, the command runs once, until a server rejects what it printed.
func TestPasswordCommandRunsWhenItIsNeeded(t *testing.T) {
	line, runs := counting(t, "echo secret")
	s := config.SecretCommand(line)
	if runs() != 0 {
		t.Error("it ran before it was needed")
	}
	copied := s
	var reading sync.WaitGroup
	for range 50 {
		reading.Go(func() {
			if got, err := copied.Read(t.Context()); got != "secret" || err != nil {
				t.Errorf("%q %v", got, err)
			}
		})
	}
	reading.Wait()
	s.Rejected("another")
	if _, err := s.Read(t.Context()); err != nil || runs() != 1 {
		t.Errorf("%d runs, %v", runs(), err)
	}
	// At once after a run it is not run again, whatever is rejected.
	for range 50 {
		s.Rejected("secret")
		if got, err := s.Read(t.Context()); got != "secret" || err != nil {
			t.Errorf("%q %v", got, err)
		}
	}
	if runs() > 2 {
		t.Errorf("%d runs", runs())
	}
	if !s.Equal(copied) || !s.Equal(config.SecretCommand(line)) || s.Equal(config.SecretCommand("echo x")) || s.Equal(config.Secret{}) || s.IsZero() {
		t.Error("secrets of one command are not the same, or of two are")
	}
}

func TestPasswordCommandThatFailsIsNotRunAllTheTime(t *testing.T) {
	line, runs := counting(t, "exit 1")
	s := config.SecretCommand(line)
	for range 20 {
		if _, err := s.Read(t.Context()); err == nil {
			t.Error("no error")
		}
	}
	if runs() > 2 {
		t.Errorf("%d runs", runs())
	}
}

// Who does not wait any more says nothing about the command.
func TestPasswordCommandThatIsInterrupted(t *testing.T) {
	ready := filepath.Join(t.TempDir(), "ready")
	s := config.SecretCommand("[ -e " + ready + " ] || { touch " + ready + "; sleep 1000; }; echo secret")
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error)
	go func() {
		_, err := s.Read(ctx)
		done <- err
	}()
	for began := time.Now(); ; <-time.After(time.Millisecond) {
		if _, err := os.Stat(ready); err == nil {
			break
		}
		if time.Since(began) > 2*time.Minute {
			t.Fatal("the command does not begin")
		}
	}
	waiting, stop := context.WithCancel(t.Context())
	stop()
	if _, err := s.Read(waiting); !errors.Is(err, context.Canceled) {
		t.Errorf("somebody who does not wait for it: %v", err)
	}
	cancel()
	if err := <-done; !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	if got, err := s.Read(t.Context()); got != "secret" || err != nil {
		t.Errorf("afterwards: %q %v", got, err)
	}
}

// A file that merely lies in the current folder runs nothing.
func TestCommandsAreRunOnlyFromAFileThatIsNamed(t *testing.T) {
	line, runs := counting(t, "echo secret")
	for _, row := range []struct{ name, text, want string }{
		{"a password command", "regions: [{name: us, url: 'redis://h', passwordCommand: '" + line + "'}]\n",
			"aafailover.yaml:1:12: passwordCommand is run only from a file that is named, or is in the user's configuration folder"},
		{"a password command of an API", "regions: [{name: us, url: 'redis://h', api: {url: 'https://u@h', passwordCommand: '" + line + "'}}]\n",
			"aafailover.yaml:1:12: passwordCommand is run only from a file that is named, or is in the user's configuration folder"},
		{"another command", "onChange: '" + line + "'\n", "aafailover.yaml:1:11: onChange is run only from a file that is named, or is in the user's configuration folder"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			t.Setenv("XDG_CONFIG_HOME", t.TempDir())
			write(t, config.FileName, row.text)
			before := runs()
			var c cobra.Command
			_, err := config.Resolve(t.Context(), config.Input{Flags: c.Flags(), Known: allKnown})
			if errorText(err) != row.want || len(hint.Of(err)) == 0 {
				t.Errorf("%v %q\nwant %s", err, hint.Of(err), row.want)
			}
			if runs() != before {
				t.Error("it ran")
			}
			if _, err := config.Resolve(t.Context(), config.Input{Flags: c.Flags(), Known: allKnown, File: config.FileName}); err != nil {
				t.Errorf("named: %v", err)
			}
		})
	}
	if runs() != 2 {
		t.Errorf("the two password commands of files that are named ran %d times", runs())
	}
}
