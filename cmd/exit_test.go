package cmd

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/spf13/cobra"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/probe"
)

func TestAnErrorIsALineAndItsHintsAndAnExitCode(t *testing.T) {
	t.Parallel()
	plain := errors.New("plain")
	for _, row := range []struct {
		name   string
		err    error
		code   int
		stderr string
	}{
		{"nothing is 0", nil, 0, ""},
		{"what comes before a command runs is usage", plain, 2, "aafailover: plain\nhint: prog --help shows what it takes\n"},
		{"usage with a hint of its own", usage(hint.Wrap(plain, "do")), 2, "aafailover: plain\nhint: do\n"},
		{"what could not be observed has no hint made up", unobservable(plain), 3, "aafailover: plain\n"},
		{"a result that says it all", result(1), 1, ""},
		{"joined errors are several lines", unobservable(errors.Join(plain, hint.Wrap(errors.New("other"), "do"))), 3, "aafailover: plain\naafailover: other\nhint: do\n"},
		{"joined in a sentence they are one", unobservable(fmt.Errorf("both: %w and %w", plain, plain)), 3, "aafailover: both: plain and plain\n"},
		{"a cancelled context is an interruption", unobservable(fmt.Errorf("dial: %w", context.Canceled)), 130, "aafailover: interrupted\n"},
		{"a URL in the wrong place keeps its password", fmt.Errorf("unknown command %q for %q", "us=redis://u:p w@d@h:1/2", "prog"), 2,
			"aafailover: unknown command \"us=redis://…@h:1/2\" for \"prog\"\nhint: prog --help shows what it takes\n"},
		{"several of them, too", usage(hint.Wrap(errors.New("redis://u:p@h and redis://:q@i: no"), "a URL is redis://user:password@host")), 2,
			"aafailover: redis://…@i: no\nhint: a URL is redis://user:password@host\n"},
		{"what a server says cannot break the line", unobservable(errors.New("ERR a\r\nb\x1b[31m")), 3, "aafailover: ERR a  b [31m\n"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			var stderr strings.Builder
			if code := conclude(&stderr, &cobra.Command{Use: "prog"}, row.err); code != row.code || stderr.String() != row.stderr {
				t.Errorf("exit code %d, want %d; stderr:\n%swant:\n%s", code, row.code, stderr.String(), row.stderr)
			}
		})
	}
}

func TestEveryVerdictHasItsExitCode(t *testing.T) {
	t.Parallel()
	for verdict, code := range map[probe.Verdict]int{
		probe.Healthy: 0, probe.Degraded: 1, probe.RemoteFailure: 1, probe.ReplicationFailure: 1, probe.LocalFailure: 1, probe.Unobservable: 3,
	} {
		if got := exitCodeOf(verdict); got != code {
			t.Errorf("%s: exit code %d, want %d", verdict, got, code)
		}
	}
}

func TestTheVersionIsTheLinkersOrElseTheGoTools(t *testing.T) {
	t.Parallel()
	build := &debug.BuildInfo{Main: debug.Module{Version: "v1.2.3"}, Settings: []debug.BuildSetting{
		{Key: "vcs.revision", Value: "abc"}, {Key: "vcs.time", Value: "2026-01-02T03:04:05Z"}}}
	if got, want := builtFrom(build, true), (origin{"v1.2.3", "abc", "2026-01-02T03:04:05Z"}); got != want {
		t.Errorf("from the Go tool: %v", got)
	}
	if got, want := builtFrom(nil, false), (origin{"(devel)", "unknown", "unknown"}); got != want {
		t.Errorf("from nothing: %v", got)
	}
}

// FuzzLinkDelays asks for no more than that a list of delays is read or refused.
func FuzzLinkDelays(f *testing.F) {
	for _, seed := range []string{"80ms", "us:eu=80ms", "us:us=1s", "=", "us:eu=", ":=1s", "us:eu=1s,5ms", "-1s", "9999999h"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		delay, err := parseDelays(strings.Split(text, ","), []string{"us", "eu", "ap"})
		if err != nil {
			return
		}
		for _, pair := range [][2]string{{"us", "eu"}, {"eu", "us"}, {"us", "ap"}} {
			if d := delay(pair[0], pair[1]); d < 0 || d.Hours() > 1 {
				t.Errorf("%q: %v for %v", text, d, pair)
			}
		}
	})
}
