package cmd_test

import (
	"bytes"
	"context"
	"flag"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/cmd"
)

var update = flag.Bool("update", false, "write what is made by commands anew")

// The tables of the sensitivities are what the commands above them print.
func TestSensitivityTables(t *testing.T) {
	t.Parallel()
	const path = "../docs/sensitivity.md"
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	made := 0
	block := regexp.MustCompile("(?s)```\n\\$ aafailover ([^\n]*)\n(.*?)```")
	got := block.ReplaceAllStringFunc(string(text), func(found string) string {
		parts := block.FindStringSubmatch(found)
		made++
		var out, complaints bytes.Buffer
		code := cmd.Run(context.Background(), cmd.Process{Args: strings.Fields(parts[1]), Stdin: strings.NewReader(""), Stdout: &out, Stderr: &complaints})
		if code != 0 || complaints.Len() > 0 {
			t.Errorf("%s: exit code %d, %s", parts[1], code, complaints.String())
		}
		return "```\n$ aafailover " + parts[1] + "\n" + out.String() + "```"
	})
	if made < 4 {
		t.Fatalf("%d tables", made)
	}
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	if diff := cmp.Diff(string(text), got); diff != "" {
		t.Errorf("%s is not what its commands print (-want +got):\n%s", path, diff)
	}
}
