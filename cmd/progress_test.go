//go:build unix

package cmd_test

import (
	"net"
	"regexp"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/aafailover/aafailover/internal/redistest"
	"github.com/aafailover/aafailover/internal/tmuxtest"
)

// silent is a region that takes connections and never says anything, until it is closed.
func silent(t *testing.T) net.Listener {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	return l
}

// While something takes its time a line tells of it, and it goes: a message that comes next stands in its place.
func TestTheLiveLineIsSeenAndGoes(t *testing.T) {
	t.Parallel()
	x := tmuxtest.Start(t, tmuxtest.Options{Columns: 100})
	x.Run("true")
	x.ExitCode()
	before := x.Modes()
	us, eu := silent(t), silent(t)
	x.Run("aafailover", "slots", "--timeout", "1m", "--region", "us=redis://"+us.Addr().String(), "--region", "eu=redis://"+eu.Addr().String())
	x.WaitForMatch(`^ asking us, eu how they are sharded  \d\.\d s$`)
	_ = us.Close() // resets the connections that nobody had accepted
	_ = eu.Close()
	if code := x.ExitCode(); code != 3 {
		t.Errorf("exit code %d", code)
	}
	screen := x.WaitFor("aafailover: eu")
	if strings.Contains(screen, "how they are sharded  ") || !strings.HasPrefix(screen, "aafailover: us (127.0.0.1:") {
		t.Errorf("at the end the screen shows\n%s", screen)
	}
	if after := x.Modes(); after != before {
		t.Errorf("it leaves the terminal in %+v; before: %+v", after, before)
	}
}

// liveText is what only a live line has at its end: two spaces and a time.
var liveText = regexp.MustCompile(`(?m)  \d+(\.\d)? s( of \S+( s)?)?$`)

// Whatever takes more than a moment tells of it on a terminal, wherever its result goes, and leaves nothing but messages and
// its result.
func TestWhatTakesItsTimeTellsOfIt(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name    string
		command []string
		tells   []string // on the live line
		stays   string   // on the screen
		code    int
	}{
		{"a probe that is to come to a verdict", []string{"probe", "--lab", "--once"},
			[]string{" waiting for a verdict on us, eu, ap: ", " of 9 known  ", " s of 10 s"}, "HEALTHY", 0},
		{"a probe for a time", []string{"probe", "--lab", "--for", "4s", "-o", "json"},
			[]string{" watching us, eu, ap: healthy  ", " s of 4.0 s"}, `"verdict": "healthy"`, 0},
		{"a drill whose result goes elsewhere", []string{"drill", "-o", "json", "--rate", "50", "--steady", "2s", "--outage", "1s", "--settle", "0s"},
			[]string{" steady  ", " resync  "}, `"verdict": "pass"`, 0},
		{"a look whether a drill may begin", []string{"drill", "--dry-run"},
			[]string{" looking whether the drill may begin  "}, "READY", 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			x := tmuxtest.Start(t, tmuxtest.Options{Columns: 160, Rows: 50})
			x.Run(append([]string{"aafailover"}, row.command...)...)
			code := x.ExitCode()
			x.WaitUntil("the result", func(string) bool { return strings.Contains(x.Scrollback(), row.stays) })
			all := x.Scrollback()
			if code != row.code {
				t.Errorf("exit code %d", code)
			}
			if left := liveText.FindString(all); left != "" {
				t.Errorf("it leaves %q", left)
			}
			for _, text := range row.tells {
				x.WaitForWritten(text)
			}
			if t.Failed() {
				t.Log(all)
			}
		})
	}
}

// Where nobody sees a line change, all that is written stays.
func TestWithoutSomebodyWhoWatchesNothingIsRewritten(t *testing.T) {
	t.Parallel()
	for _, row := range []struct{ name, variable string }{
		{"a dumb terminal", "TERM=dumb"},
		{"in CI", "CI=true"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			x := tmuxtest.Start(t, tmuxtest.Options{Columns: 160, Rows: 50, Environ: []string{row.variable}})
			x.Run("aafailover", "probe", "--lab", "--once")
			if code := x.ExitCode(); code != 0 {
				t.Errorf("exit code %d", code)
			}
			x.WaitFor("HEALTHY")
			if written := x.WaitForWritten("From the lab."); strings.Contains(written, "waiting") || strings.Contains(written, "\r\x1b[K") {
				t.Errorf("written: %q", written)
			}
		})
	}
}

// With a live line the result has the colours and the width of the terminal all the same.
func TestAResultBelowALiveLineIsOneForATerminal(t *testing.T) {
	t.Parallel()
	x := tmuxtest.Start(t, tmuxtest.Options{Columns: 70, Rows: 50})
	x.Run("aafailover", "probe", "--lab", "--once")
	if code := x.ExitCode(); code != 0 {
		t.Errorf("exit code %d", code)
	}
	written := x.WaitForWritten("From the lab.")
	if !strings.Contains(written, "\x1b[1;32mHEALTHY") || !strings.Contains(written, " of 9 known  ") {
		t.Errorf("without colour or without progress: %q", written)
	}
	_, report, _ := strings.Cut(x.Screen(), "HEALTHY")
	for line := range strings.Lines(report) {
		if width := utf8.RuneCountInString(strings.TrimSpace(line)); width > 70 {
			t.Errorf("%d columns: %s", width, line)
		}
	}
}

// What lasts until Ctrl-C tells how far it is, and Ctrl-C takes the live line away.
func TestCtrlCTakesTheLiveLineAway(t *testing.T) {
	t.Parallel()
	us, eu := redistest.Start(t), redistest.Start(t)
	for _, row := range []struct {
		name    string
		command []string
		tells   string   // matches the live line but for its time
		said    []string // lines above it
	}{
		{"a probe", []string{"probe", "-o", "json", "--region", "us=redis://" + us.Addr, "--region", "eu=redis://" + eu.Addr},
			"watching us, eu: replication failure", nil},
		{"a simulation", []string{"probe", "simulate", "--runs", "100000"},
			"simulating, which --solved leaves out", nil},
		{"a comparison", []string{"drill", "compare", "--rate", "50", "--steady", "1m"},
			"comparing 3 clients: pubsub steady, ping steady, timeout steady",
			[]string{"pubsub   phase steady", "ping     phase steady", "timeout  phase steady"}},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			x := tmuxtest.Start(t, tmuxtest.Options{Columns: 160, Rows: 50})
			x.Run(append([]string{"aafailover"}, row.command...)...)
			screen := x.WaitForMatch("^ " + row.tells + `  \d+(\.\d)? s$`)
			for _, line := range row.said {
				if !strings.Contains(screen, "\n"+line+"\n") {
					t.Errorf("no line is %q:\n%s", line, screen)
				}
			}
			x.SendKeys("C-c")
			if code := x.ExitCode(); code != 130 {
				t.Errorf("exit code %d", code)
			}
			x.WaitUntil("the live line is gone", func(string) bool { return !liveText.MatchString(x.Scrollback()) })
		})
	}
}
