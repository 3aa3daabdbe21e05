package powercut_test

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"runtime"
	"syscall"
	"testing"

	"go.uber.org/goleak"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/lab/powercut"
)

// scripted is the argument by which this program is the server of a test: see runScript.
const scripted = "scripted"

// supportedArg is the argument by which it tries whether all of this is possible in a folder.
const supportedArg = "supported"

// startingArg is the argument by which it starts what follows, to be killed by the system when it is killed itself.
const startingArg = "starting"

func init() {
	if len(os.Args) > 1 && (os.Args[1] == powercut.Command || os.Args[1] == startingArg) {
		runtime.LockOSThread() // to the first thread: see TestMain
	}
}

// TestMain is also what the program itself is elsewhere, and the server that is witnessed.
func TestMain(m *testing.M) {
	if len(os.Args) > 2 && os.Args[1] == powercut.Command {
		// On another thread than the first, as it may come about anywhere: what belongs to a thread must not get lost with it.
		ended := make(chan error)
		go func() { ended <- powercut.Run(os.Args[2:]) }()
		failed(<-ended)
		return
	}
	if len(os.Args) > 2 && os.Args[1] == startingArg {
		c := exec.Command(os.Args[2], os.Args[3:]...)
		c.Stdout, c.Stderr, c.SysProcAttr = os.Stdout, os.Stderr, &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
		failed(c.Run())
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
