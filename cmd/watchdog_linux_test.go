package cmd_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/aafailover/aafailover/internal/redistest"
)

// watchdogOf is the process that a drill has started to watch over it, as /proc has it.
func watchdogOf(t *testing.T, drill int) (pid int) {
	t.Helper()
	redistest.Await(t, "the watchdog", func() bool {
		all, _ := filepath.Glob("/proc/[0-9]*/stat")
		for _, path := range all {
			stat, _ := os.ReadFile(path)
			_, rest, _ := strings.Cut(string(stat), ") ") // PID (NAME) STATE PARENT …
			fields := strings.Fields(rest)
			if len(fields) < 2 || fields[1] != strconv.Itoa(drill) {
				continue
			}
			line, _ := os.ReadFile(filepath.Join(filepath.Dir(path), "cmdline"))
			if bytes.Contains(line, []byte("drill-watchdog")) {
				pid, _ = strconv.Atoi(filepath.Base(filepath.Dir(path)))
				return true
			}
		}
		return false
	})
	return pid
}

// When the watchdog of a drill is killed, that is said at once, and the drill heals by itself, whatever the phase.
func TestDrillWhoseWatchdogIsKilled(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		phase   string
		sees    string // before the watchdog is killed
		verdict string
		asked   string // for strike and mend
	}{
		{"steady", "", "inconclusive", ""}, // no fault is made that nobody watches over
		// The policy may act before the command that makes the fault has ended; then the watchdog still runs it.
		{"outage", "inject command: kill us: done", "pass", strikeWord + " " + mendWord},
	} {
		t.Run("in "+row.phase, func(t *testing.T) {
			t.Parallel()
			s := twoServers(t)
			p := begin(t, s.drillArgs(append(s.commands(), "--outage", "2s")...)...)
			watchdog := watchdogOf(t, p.Process.Pid)
			p.sees(t, phaseLine(row.phase))
			p.sees(t, row.sees)
			if err := syscall.Kill(watchdog, syscall.SIGKILL); err != nil {
				t.Fatal(err)
			}
			p.sees(t, "the watchdog is gone")
			d := p.document(t, map[string]int{"pass": 0, "inconclusive": 3}[row.verdict])
			if d.Verdict != row.verdict {
				t.Errorf("%s because %q\n%s", d.Verdict, d.Reason, p.said())
			}
			if broken, asked := s.state(); broken || strings.Join(asked, " ") != row.asked {
				t.Errorf("broken: %t, after %q", broken, asked)
			}
			if n := strings.Count(p.said(), "aafailover drill resume "); n != 1 {
				t.Errorf("the way on is told %d times:\n%s", n, p.said())
			}
			for _, left := range s.unexpiring(t) {
				t.Errorf("a key without an expiry: %s", left)
			}
		})
	}
}
