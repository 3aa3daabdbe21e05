package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// tellItself has this program tell where it works and what its surroundings are, in place of running its tests.
const tellItself = "BENCHPEERS_TELLS"

func TestWhatIsMeasuredKnowsNothingOfTheUser(t *testing.T) {
	if os.Getenv(tellItself) != "" {
		dir, _ := os.Getwd()
		_ = json.NewEncoder(os.Stdout).Encode(append(os.Environ(), dir))
		os.Exit(0)
	}
	t.Setenv("AAFAILOVER_INTERVAL", "1s")
	t.Setenv("XDG_RUNTIME_DIR", "/the/users")
	t.Setenv(tellItself, "yes")
	folder, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	program := filepath.Join(folder, "aafailover")    // which is also the name of the folders that it makes
	if err := os.Symlink(self, program); err != nil { // not a link of the file, which may be on another device
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), program, "-test.run=^"+t.Name()+"$")
	apart(c)
	out, err := c.Output()
	if err != nil {
		t.Fatal(err)
	}
	var told []string
	if err := json.Unmarshal(out, &told); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	home := filepath.Join(folder, "home")
	if told[len(told)-1] != home || !slices.Contains(told, "XDG_RUNTIME_DIR="+home) {
		t.Errorf("it works in %s, with %v", told[len(told)-1], told)
	}
	for _, set := range told {
		if strings.HasPrefix(set, "AAFAILOVER_") {
			t.Errorf("%s is there", set)
		}
	}
}
