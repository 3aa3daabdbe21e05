package powercut_test

import (
	"context"
	"fmt"
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/lab/powercut"
)

// scripted is the argument by which this program is the server of a test: see runScript.
const scripted = "scripted"

// supportedArg is the argument by which it tries whether all of this is possible in a folder.
const supportedArg = "supported"

// TestMain is also what the program itself is elsewhere, and the server that is witnessed.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == powercut.Command {
		failed(powercut.Run(os.Args[2:]))
		return
	}
	if len(os.Args) > 2 && os.Args[1] == scripted {
		failed(runScript(os.Args[2:]))
		return
	}
	if len(os.Args) > 2 && os.Args[1] == supportedArg {
		failed(powercut.Supported(context.Background(), os.Args[0], os.Args[2]))
		return
	}
	// A program with the race detector sleeps for a second at its end, unless told not to: here it is started hundreds of times.
	if err := os.Setenv("GORACE", os.Getenv("GORACE")+" atexit_sleep_ms=0"); err != nil {
		panic(err)
	}
	goleak.VerifyTestMain(m)
}

// failed ends the process with an error, said as the program says it.
func failed(err error) {
	if err == nil {
		return
	}
	fmt.Fprintln(os.Stderr, "aafailover:", err)
	for _, advice := range hint.Of(err) {
		fmt.Fprintln(os.Stderr, "hint:", advice)
	}
	os.Exit(3)
}
