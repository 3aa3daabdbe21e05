//go:build unix

package cmd_test

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/cmd"
)

// The hidden command undoes what a drill that has ended left behind, whatever is set in the drill's environment.
func TestWatchdogCommand(t *testing.T) {
	for _, row := range []struct {
		name, orders, did string
		said              string
		exit              int
	}{
		{"a drill that ended before it made anything", "", "", "", 0},
		{"a drill that ended with a fault in force",
			`{"do":"fault","number":1,"task":{"line":"true"},"undo":{"line":"echo heal >>$DID"}}`, "heal\n", "healed\n", 0},
		{"a heal that fails", `{"do":"fault","number":1,"task":{"line":"true"},"undo":{"line":"echo no way >&2; false"}}`, "",
			"could not be healed in 1 attempts: exit status 1: no way. It is up to you: run the heal command by hand\n", 1},
		{"orders that nobody gave", "hello", "", "", 0},
	} {
		t.Run(row.name, func(t *testing.T) {
			did := filepath.Join(t.TempDir(), "did")
			t.Setenv("DID", did)
			var stdout, stderr bytes.Buffer
			exit := cmd.Run(t.Context(), cmd.Process{Args: []string{"drill-watchdog"}, Environ: []string{"AAFAILOVER_NO_SUCH_SETTING=1"},
				Stdin: strings.NewReader(row.orders), Stdout: &stdout, Stderr: &stderr})
			got, _ := os.ReadFile(did)
			if exit != row.exit || string(got) != row.did || !strings.HasSuffix(stderr.String(), row.said) || row.said == "" && stderr.Len() > 0 {
				t.Errorf("exit %d, done %q, said %q", exit, got, &stderr)
			}
		})
	}
}
