package cmd_test

import (
	"os"
	"os/exec"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// What packages do before main, every command waits for. The runtime tells how much each allocates there, in lines such as
// "init github.com/… @2.1 ms, 0.02 ms clock, 1024 bytes, 9 allocs" (https://pkg.go.dev/runtime#hdr-Environment_Variables): more than a
// few small maps and closures is a table or a pattern that is to be made when it is first used. Times would be those of the machine.
func TestPackagesDoNextToNothingBeforeMain(t *testing.T) {
	t.Parallel()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), self, "-test.run=^$")
	c.Env = append(os.Environ(), "GODEBUG=inittrace=1")
	out, err := c.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	const most = 4_000 // bytes: a few errors and small maps
	found := 0
	for _, m := range regexp.MustCompile(`(?m)^init (\S*aafailover\S*) @.* (\d+) bytes, \d+ allocs$`).FindAllStringSubmatch(string(out), -1) {
		if strings.HasSuffix(m[1], "test") {
			continue
		}
		found++
		if bytes, err := strconv.Atoi(m[2]); err != nil || bytes > most {
			t.Errorf("%s allocates %s bytes before main, want at most %d", m[1], m[2], most)
		}
	}
	if found < 5 {
		t.Errorf("only %d packages found", found)
	}
}
