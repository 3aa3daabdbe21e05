package tui_test

import (
	"os"
	"testing"

	"go.uber.org/goleak"
)

// programs are what the test binary is when its first argument names one. There are some where terminals can be tested.
var programs map[string]func(args []string) int

// TestMain makes the test binary a program with a dashboard, for the tests that run one in a real terminal.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 {
		if run, ok := programs[os.Args[1]]; ok {
			os.Exit(run(os.Args[2:]))
		}
	}
	goleak.VerifyTestMain(m)
}
