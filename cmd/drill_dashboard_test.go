//go:build unix

package cmd_test

import (
	"errors"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/aafailover/aafailover/internal/tmuxtest"
)

// watchedDrill is a drill on a terminal.
type watchedDrill struct {
	*tmuxtest.Terminal
	state  string
	before tmuxtest.Modes
}

// watchDrill starts a drill with a short steady phase on a terminal that shows no colour. Its application waits for a machine that
// stands still: a write that was not acknowledged after the failback is a failure.
func watchDrill(t *testing.T, environ []string, args ...string) watchedDrill {
	t.Helper()
	x := tmuxtest.Start(t, tmuxtest.Options{Columns: 120, Rows: 40, Environ: append([]string{"NO_COLOR=1"}, environ...)})
	x.Run("true")
	x.ExitCode()
	d := watchedDrill{Terminal: x, state: t.TempDir(), before: x.Modes()}
	x.Run(append([]string{"aafailover", "drill", "--state-dir", d.state, "--steady", "1s", "--write-timeout", "30s"}, args...)...)
	return d
}

// ends demands an exit code, a terminal that is as it was, and on it the report as `drill show` prints it.
func (d watchedDrill) ends(t *testing.T, code int) {
	t.Helper()
	if got := d.ExitCode(); got != code {
		t.Errorf("exit code %d, want %d", got, code)
	}
	if after := d.Modes(); after != d.before {
		t.Errorf("it leaves the terminal in %+v; before: %+v", after, d.before)
	}
	found, err := filepath.Glob(filepath.Join(d.state, "drills", "*"))
	if err != nil || len(found) != 1 {
		t.Fatal(errors.Join(err, errors.New("not one run: "+strings.Join(found, ", "))))
	}
	report := run(t, nil, "drill", "show", filepath.Base(found[0]), "--state-dir", d.state).stdout
	if left := d.Scrollback(); report == "" || !strings.Contains(left+"\n", report) {
		t.Errorf("on the terminal is left\n%s\nand not\n%s", left, report)
	}
}

// A drill on a terminal is watched, its report stays until somebody closes it, and is printed then.
func TestADrillOnATerminal(t *testing.T) {
	t.Parallel()
	d := watchDrill(t, nil, "--steady", "5s", "--outage", "6s") // to be seen by a test that has to wait for the machine
	d.WaitForMatch(`^ drill region-down on the built-in lab .* steady  00:\d\d\.\d$`)
	if screen := d.WaitForMatch(`^ ▲ OUTAGE  the application is in eu; the fault is in force`); !strings.Contains(screen, "us shard 3") {
		d.WaitFor("us shard 3") // the missed writes, as soon as they are looked for
	}
	d.Resize(80, 24)
	d.WaitForMatch(`^ ▸ eu +1?,?\d+ .*█`)
	d.SendKeys("e")
	d.WaitFor("decision  fail over to eu")
	d.WaitForMatch(`^PASS  region-down on the lab`)
	d.SendKeys("j", "r")
	d.WaitFor("● PASS  the report is ready")
	d.Resize(120, 40)
	d.SendKeys("q")
	d.ends(t, 0)
}

// Ctrl-C stops a drill that is watched: it heals, and its report is printed at once. So does q, which asks first, and a signal.
func TestStoppingADrillOnATerminal(t *testing.T) {
	for _, row := range []struct {
		name string
		stop func(watchedDrill)
	}{
		{"Ctrl-C", func(d watchedDrill) { d.SendKeys("C-c") }},
		{"q", func(d watchedDrill) {
			d.SendKeys("q")
			d.WaitFor("stop the drill?")
			d.SendKeys("y")
		}},
		{"SIGTERM", func(d watchedDrill) { d.Signal(syscall.SIGTERM) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := watchDrill(t, nil, "--outage", "1m")
			d.WaitFor("OUTAGE")
			row.stop(d)
			d.ends(t, 130)
			if left := d.Scrollback(); !strings.Contains(left, "the drill was interrupted") {
				t.Errorf("%s", left)
			}
		})
	}
}

// A drill whose guard is killed ends by itself: nobody is left who could close its report.
func TestADrillOnATerminalOutlivesItsGuardForItsReportOnly(t *testing.T) {
	for _, row := range []struct{ name, when, outage, verdict string }{
		{"while it is under way", "OUTAGE", "1m", "INCONCLUSIVE"},
		{"while its report is shown", "print the report and quit", "100ms", "PASS"},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := watchDrill(t, nil, "--outage", row.outage)
			d.WaitFor(row.when)
			d.Signal(syscall.SIGKILL)
			if code := d.ExitCode(); code != 137 {
				t.Errorf("exit code %d", code)
			}
			d.WaitUntil("the report on a terminal that is as it was", func(string) bool {
				return !d.Modes().AlternateScreen && strings.Contains(d.Scrollback(), "\n"+row.verdict+"  region-down on the lab")
			})
		})
	}
}

// Whoever is asked to make the fault is asked on the screen, and confirms it there. A second Ctrl-C does not wait until
// somebody has undone it. (Not beside other tests: they would find this lab.)
func TestAnOperatorAtTheScreenOfADrill(t *testing.T) {
	control := runningLab(t)
	d := watchDrill(t, nil, "--lab", "--control", control, "--fault", "manual")
	d.WaitFor(" ┃ now: make us unreachable")
	if o := run(t, nil, "lab", "kill", "us", "--control", control); o.code != 0 {
		t.Fatal(o.stderr)
	}
	d.SendKeys("Enter")
	d.WaitFor(" ┃ noted: kill us")
	d.WaitFor("OUTAGE")
	d.SendKeys("C-c")
	d.WaitFor(" ┃ now: undo it: bring us back")
	d.WaitForMatch(`STOPPING  healing .* (0\.[6-9]|[1-9]\.\d|\d\d) s`) // no longer the same press of the key
	d.SendKeys("C-c")
	if code := d.ExitCode(); code != 130 {
		t.Errorf("exit code %d", code)
	}
	if after := d.Modes(); after != d.before {
		t.Errorf("it leaves the terminal in %+v; before: %+v", after, d.before)
	}
	if left := d.Scrollback(); !strings.Contains(left, "now: undo it: bring us back") {
		t.Errorf("what was asked for is not left on the terminal:\n%s", left)
	}
}

// Whoever wants lines gets lines, also on a terminal, and so does everybody where nobody looks on.
func TestNoScreenWhereNoneIsWanted(t *testing.T) {
	for _, row := range []struct {
		name    string
		environ []string
		args    []string
	}{
		{"--no-tui says so", nil, []string{"--no-tui"}},
		{"JSON is for programs", nil, []string{"-o", "json"}},
		{"nothing can be drawn on a dumb terminal", []string{"TERM=dumb"}, nil},
		{"in CI", []string{"CI=true"}, nil},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			d := watchDrill(t, row.environ, append([]string{"--outage", "1m"}, row.args...)...)
			d.WaitFor("phase     outage")
			if d.Modes().AlternateScreen {
				t.Errorf("a dashboard is open:\n%s", d.Screen())
			}
			d.SendKeys("C-c")
			if code := d.ExitCode(); code != 130 {
				t.Errorf("exit code %d", code)
			}
		})
	}
}

// A comparison has no dashboard, on a terminal neither.
func TestNoScreenOfAComparison(t *testing.T) {
	t.Parallel()
	x := tmuxtest.Start(t, tmuxtest.Options{Columns: 120, Rows: 40})
	x.Run("aafailover", "drill", "compare", "--dry-run")
	if code := x.ExitCode(); code != 0 || !strings.Contains(x.Scrollback(), "READY") {
		t.Errorf("exit code %d:\n%s", code, x.Scrollback())
	}
}
