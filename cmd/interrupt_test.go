//go:build unix

package cmd_test

import (
	"bufio"
	"errors"
	"os"
	"os/exec"
	"syscall"
	"testing"

	"github.com/aafailover/aafailover/internal/redistest"
)

// A drill that is left alone, by the one who reads its output or by its terminal, ends in good order: no fault and no key is
// left.
func TestADrillThatIsLeftAloneEndsInGoodOrder(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name  string
		leave func(c *exec.Cmd, out *os.File)
	}{
		{"nobody reads what it prints any more", func(_ *exec.Cmd, out *os.File) { _ = out.Close() }},
		{"its terminal is closed", func(c *exec.Cmd, _ *os.File) { _ = c.Process.Signal(syscall.SIGHUP) }},
	} {
		t.Run(row.name, func(t *testing.T) {
			t.Parallel()
			control, state := runningLab(t), t.TempDir()
			c := process(t, "drill", "--lab", "--control", control, "--state-dir", state, "--steady", "500ms", "--outage", "60s", "-o", "ndjson")
			out, in, err := os.Pipe()
			if err != nil {
				t.Fatal(err)
			}
			c.Stdout = in
			if err := c.Start(); err != nil {
				t.Fatal(err)
			}
			_ = in.Close()
			redistest.Await(t, "the region is down", func() bool {
				status, _ := lookAtLab(t, control)
				return status.Regions[0].State == "down"
			})
			row.leave(c, out)
			go func() { // a reader that stays must not hold it up
				for scan := bufio.NewScanner(out); scan.Scan(); {
					continue
				}
			}()
			var exit *exec.ExitError
			if err := c.Wait(); !errors.As(err, &exit) || exit.ExitCode() != 130 {
				t.Errorf("it ended with %v", err)
			}
			if status, _ := lookAtLab(t, control); status.Regions[0].State != "up" {
				t.Errorf("%s is %s", status.Regions[0].Name, status.Regions[0].State)
			}
			redistest.Await(t, "no key is left", func() bool {
				_, keys := lookAtLab(t, control)
				return keys == 0
			})
		})
	}
}
