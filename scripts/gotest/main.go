// Command gotest runs `go test` with the arguments it is given and prints what go test prints: a line for each
// package, and the whole output of what failed. It differs in one thing: a skipped test fails the run and is
// listed at the end, so that a test which needs something that is missing cannot pass unseen.
package main

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"os"
	"os/exec"
	"slices"
	"strings"
)

func main() {
	test := exec.Command("go", append([]string{"test", "-json"}, os.Args[1:]...)...)
	test.Stderr = os.Stderr
	stdout, err := test.StdoutPipe()
	if err == nil {
		err = test.Start()
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "gotest:", err)
		os.Exit(2)
	}
	skipped := follow(stdout, func(text string) { fmt.Print(text) })
	err = test.Wait()
	if len(skipped) > 0 {
		fmt.Printf("FAIL\t%d skipped, and no test may be:\n\t%s\n", len(skipped), strings.Join(skipped, "\n\t"))
	}
	if err != nil || len(skipped) > 0 {
		os.Exit(1)
	}
}

// event is a line of `go test -json`; see `go doc test2json`.
type event struct {
	Action, Package, Test, Output string
}

// follow shows what go test would have printed for the events, and returns the names of the skipped tests. It
// keeps the output of a test until the test is decided.
func follow(events io.Reader, show func(string)) (skipped []string) {
	output := map[string]map[string]string{} // by package and test
	for lines := bufio.NewReader(events); ; {
		line, err := lines.ReadBytes('\n')
		if err != nil && len(line) == 0 {
			return skipped
		}
		var e event
		if json.Unmarshal(line, &e) != nil {
			show(string(line)) // not an event: go itself says something
			continue
		}
		tests := output[e.Package]
		if tests == nil {
			tests = map[string]string{}
			output[e.Package] = tests
		}
		switch {
		case e.Action == "build-output":
			show(e.Output)
		case e.Action == "output" && e.Test != "":
			// "=== RUN" and its like are printed with -v only.
			if !strings.HasPrefix(e.Output, "=== ") {
				tests[e.Test] += e.Output
			}
		case e.Action == "output":
			// So is the "PASS" in front of every "ok".
			if e.Output != "PASS\n" {
				show(e.Output)
			}
		case e.Action == "fail" && e.Test == "":
			// Tests that were running when their process died have no end of their own.
			for _, test := range slices.Sorted(maps.Keys(tests)) {
				show(tests[test])
			}
			delete(output, e.Package)
		case e.Test != "" && e.Action != "run" && e.Action != "pause" && e.Action != "cont":
			if e.Action == "fail" {
				show(tests[e.Test])
			}
			if e.Action == "skip" {
				skipped = append(skipped, e.Package+" "+e.Test)
			}
			delete(tests, e.Test)
		}
	}
}
