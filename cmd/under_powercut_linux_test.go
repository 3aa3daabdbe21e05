package cmd_test

import (
	"os/exec"
	"testing"

	"github.com/aafailover/aafailover/internal/hint"
	"github.com/aafailover/aafailover/lab/powercut"
)

// The program itself is what witnesses the fsyncs of a server.
func TestTheProgramWitnessesFsyncs(t *testing.T) {
	t.Parallel()
	program, err := exec.LookPath("aafailover")
	if err != nil {
		t.Fatal(err)
	}
	if err := powercut.Supported(t.Context(), program, t.TempDir()); err != nil {
		t.Error(err, hint.Of(err))
	}
}

// Started by hand, it says that it is not for that.
func TestTheWitnessIsForTheProgramItself(t *testing.T) {
	t.Parallel()
	for _, args := range [][]string{nil, {"start"}, {"start", "record", "folder"}, {"start", "record", "folder", "server", "x"}, {"watch", "record", "folder", "x"}} {
		said, err := exec.Command("aafailover", append([]string{powercut.Command}, args...)...).CombinedOutput()
		if err == nil || string(said) != "aafailover: under-powercut is for this program itself\n" {
			t.Errorf("%q: said %q, ended with %v", args, said, err)
		}
	}
}
