package cmd_test

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"
	"go.uber.org/goleak"

	"github.com/aafailover/aafailover/cmd"
)

// TestMain makes the program itself available to the tests: a process with the name aafailover is it. Another, tell, is what
// the commands of a drill run.
func TestMain(m *testing.M) {
	testscript.Main(clean{m}, map[string]func(){"aafailover": func() { os.Exit(cmd.Main()) }, "tell": tellMain})
}

// clean runs the tests where no configuration and no lab of the user is found, and demands that no goroutine is left.
type clean struct{ m *testing.M }

// Run runs the tests.
func (c clean) Run() int {
	home, err := os.MkdirTemp("", "aafailover-cmd-")
	if err != nil {
		panic(err)
	}
	defer os.RemoveAll(home) //nolint:errcheck // in the folder for temporary files
	for _, variable := range []string{"XDG_CONFIG_HOME", "XDG_RUNTIME_DIR", "XDG_CACHE_HOME", "XDG_STATE_HOME", "HOME"} {
		folder := filepath.Join(home, variable)
		if os.MkdirAll(folder, 0o700) != nil || os.Setenv(variable, folder) != nil {
			panic("no folder for " + variable)
		}
	}
	// A program with the race detector sleeps for a second at its end, unless told not to: a script runs it again and again.
	if err := os.Setenv("GORACE", os.Getenv("GORACE")+" atexit_sleep_ms=0"); err != nil {
		panic(err)
	}
	// Most of these tests wait for servers and messages, so there can be more of them at a time than there are cores.
	if err := flag.Set("test.parallel", "4"); err != nil {
		panic(err)
	}
	code := c.m.Run()
	if err := goleak.Find(); err != nil && code == 0 {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return code
}
