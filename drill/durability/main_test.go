package durability_test

import (
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/aafailover/aafailover/lab/powercut"
)

// TestMain is the program that witnesses fsyncs when a server is started below it.
func TestMain(m *testing.M) {
	if len(os.Args) > 1 && os.Args[1] == powercut.Command {
		if err := powercut.Run(os.Args[2:]); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		return
	}
	// A program with the race detector sleeps for a second at its end, unless told not to: here each server starts two.
	if err := os.Setenv("GORACE", os.Getenv("GORACE")+" atexit_sleep_ms=0"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}
