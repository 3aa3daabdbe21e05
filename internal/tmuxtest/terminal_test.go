//go:build unix

package tmuxtest_test

import (
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/aafailover/aafailover/internal/tmuxtest"
)

func TestACommandSeesWhatIsTypedAndIsSeen(t *testing.T) {
	t.Parallel()
	x := tmuxtest.Start(t, tmuxtest.Options{})
	x.Run("cat")
	x.Type("it's 東京; $HOME")
	x.SendKeys("Enter")
	// Once as the echo of the terminal, and once from cat.
	x.WaitUntil("it is there twice", func(screen string) bool { return screen == "it's 東京; $HOME\nit's 東京; $HOME" })
	x.SendKeys("C-d")
	if code := x.ExitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	x.Run("sh", "-c", `printf 'a b\n\033[31mred\033[0m'`)
	x.WaitForMatch(`^a b$`)
	x.WaitFor("red")
	if styled := x.Styled(); !strings.Contains(styled, "\x1b[31mred") {
		t.Errorf("with its colours the screen is %q", styled)
	}
}

func TestWhatHasLeftTheScreenCanBeSeen(t *testing.T) {
	t.Parallel()
	x := tmuxtest.Start(t, tmuxtest.Options{Columns: 20, Rows: 5})
	x.Run("seq", "100")
	x.WaitForMatch(`^100$`)
	if screen := x.Screen(); screen != "97\n98\n99\n100" {
		t.Errorf("on the screen is %q", screen)
	}
	if all := strings.Split(x.Scrollback(), "\n"); len(all) != 100 || all[0] != "1" {
		t.Errorf("%d lines, the first is %q", len(all), all[0])
	}
}

func TestWhatWasOnTheScreenForAMomentHasBeenWritten(t *testing.T) {
	t.Parallel()
	x := tmuxtest.Start(t, tmuxtest.Options{})
	x.Run("printf", `gone\r\033[Kstays\n`)
	x.ExitCode()
	if written := x.WaitForWritten("stays\r\n"); written != "gone\r\x1b[Kstays\r\n" {
		t.Errorf("written: %q", written)
	}
	if screen := x.Screen(); screen != "stays" {
		t.Errorf("on the screen is %q", screen)
	}
}

func TestHowACommandEnds(t *testing.T) {
	t.Parallel()
	x := tmuxtest.Start(t, tmuxtest.Options{})
	for _, row := range []struct {
		name    string
		command []string
		end     func()
		want    int
	}{
		{"well", []string{"true"}, func() {}, 0},
		{"with a code of its own", []string{"sh", "-c", "exit 7"}, func() {}, 7},
		{"by Ctrl-C", []string{"sh", "-c", "echo begun; exec cat"}, func() { x.SendKeys("C-c") }, 128 + int(syscall.SIGINT)},
		{"by a signal", []string{"sh", "-c", "echo begun; exec cat"}, func() { x.Signal(syscall.SIGTERM) }, 128 + int(syscall.SIGTERM)},
		{"not at Ctrl-C, when it goes on", []string{"sh", "-c", "trap 'exit 9' INT; echo begun; while :; do sleep 0.01; done"}, func() { x.SendKeys("C-c") }, 9},
		{"at once, when there is no such command", []string{"no-such-command-anywhere"}, func() {}, 127},
	} {
		x.Run("clear")
		x.ExitCode()
		x.Run(row.command...)
		if len(row.command) > 1 && strings.Contains(row.command[2], "begun") {
			x.WaitForMatch("^begun$")
		}
		row.end()
		if code := x.ExitCode(); code != row.want {
			t.Errorf("%s: exit code %d, want %d", row.name, code, row.want)
		}
	}
}

func TestATerminalHasItsSizeAndAnEnvironmentOfItsOwn(t *testing.T) {
	t.Setenv("CI", "true")
	t.Setenv("NO_COLOR", "1")
	t.Setenv("TMUX", "/tmp/another,1,0")
	t.Setenv("KEPT", "of the test")
	dir := t.TempDir()
	x := tmuxtest.Start(t, tmuxtest.Options{Columns: 120, Rows: 40, Term: "screen", Environ: []string{"MINE=it's", "EMPTY="}, Dir: dir})
	x.Run("sh", "-c", `echo "$TERM|$TMUX|$CI|$NO_COLOR|$KEPT|$MINE|${EMPTY-unset}|"; stty size; pwd`)
	x.ExitCode()
	if got, want := strings.ReplaceAll(x.Screen(), "\n", ""), "screen||||of the test|it's||40 120"+dir; got != want {
		t.Errorf("a command sees %q, want %q", got, want)
	}
	x.Run("sh", "-c", `trap 'echo "now $(stty size)"; exit' WINCH; echo begun; while :; do sleep 0.01; done`)
	x.WaitForMatch("^begun$")
	x.Resize(60, 15)
	x.WaitFor("now 15 60")
}

func TestATerminalHasFoldersOfItsOwn(t *testing.T) {
	t.Setenv("XDG_RUNTIME_DIR", "/of/the/test")
	t.Setenv("XDG_STATE_HOME", "/of/the/test")
	seen := map[string]bool{}
	for range 2 {
		x := tmuxtest.Start(t, tmuxtest.Options{Columns: 300})
		x.Run("sh", "-c", `for d in "$XDG_RUNTIME_DIR" "$XDG_STATE_HOME"; do test -d "$d" && echo "$d"; done`)
		x.ExitCode()
		for folder := range strings.FieldsSeq(x.Screen()) {
			seen[folder] = true
		}
	}
	if len(seen) != 4 {
		t.Errorf("folders %v, want four", seen)
	}
	given := t.TempDir()
	x := tmuxtest.Start(t, tmuxtest.Options{Columns: 300, Environ: []string{"XDG_STATE_HOME=" + given}})
	x.Run("sh", "-c", `echo "$XDG_STATE_HOME"`)
	x.ExitCode()
	if x.Screen() != given {
		t.Errorf("%q, want the one that is given, %q", x.Screen(), given)
	}
}

func TestTheModesTellWhatACommandHasLeft(t *testing.T) {
	t.Parallel()
	x := tmuxtest.Start(t, tmuxtest.Options{})
	x.Run("true")
	x.ExitCode()
	before := x.Modes()
	if want := (tmuxtest.Modes{Cursor: true, Echo: true, Canonical: true, Signals: true, Settings: before.Settings}); before != want {
		t.Fatalf("at first: %+v", before)
	}
	const take, giveBack = `was=$(stty -g); printf '\033[?1049h\033[?25l\033[?1000h'; stty raw -echo`, `stty "$was"; printf '\033[?1000l\033[?25h\033[?1049l'`
	x.Run("sh", "-c", take+`; printf drawn; read -r line; `+giveBack)
	x.WaitFor("drawn")
	during := x.Modes()
	if want := (tmuxtest.Modes{AlternateScreen: true, Mouse: true, Settings: during.Settings}); during != want || during.Settings == before.Settings {
		t.Errorf("while it draws: %+v", during)
	}
	x.Resize(60, 15) // is none of the modes
	x.SendKeys("C-j")
	x.ExitCode()
	if after := x.Modes(); after != before {
		t.Errorf("after it: %+v\nbefore: %+v", after, before)
	}
	x.Run("sh", "-c", take+`; printf drawn; kill -KILL $$`)
	if code := x.ExitCode(); code != 128+int(syscall.SIGKILL) {
		t.Errorf("exit code %d", code)
	}
	if after := x.Modes(); after != during {
		t.Errorf("one that was killed has left %+v", after)
	}
}

func TestWhatRunsEndsWithTheTest(t *testing.T) {
	t.Parallel()
	process := 0
	t.Run("a test", func(t *testing.T) {
		x := tmuxtest.Start(t, tmuxtest.Options{})
		x.Run("sh", "-c", `trap '' INT TERM HUP; echo "process $$."; while :; do sleep 0.01; done`)
		found := regexp.MustCompile(`process (\d+)\.`).FindStringSubmatch(x.WaitForMatch(`process \d+\.`))
		process, _ = strconv.Atoi(found[1])
	})
	if process == 0 || syscall.Kill(process, 0) == nil {
		t.Errorf("process %d still runs", process)
	}
}
