package cmd_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func TestMannersThatMakeNoSense(t *testing.T) {
	t.Parallel()
	for _, row := range []struct {
		name string
		args []string
		want string // in the error
	}{
		{"a backoff that is one pause", []string{"--backoff", "10ms"}, "backoff"},
		{"a backoff that shrinks", []string{"--retries", "1", "--backoff", "1s..10ms"}, "backoff"},
		{"a backoff that is no time", []string{"--backoff", "a..b"}, "backoff"},
		{"a fencing that there is not", []string{"--fencing", "lock"}, "fencing"},
		{"an arrival that there is not", []string{"--arrival", "bursts"}, "arrival"},
		{"a pipeline that waits for an answer", []string{"--fencing", "watch", "--pipeline", "4"}, "WATCH"},
		{"to wait for replicas for longer than for the write", []string{"--wait", "1", "--wait-timeout", "1m"}, "replicas"},
		{"a share of more than all", []string{"--read-own-writes", "2"}, "share"},
		{"a history in no known form", []string{"--history", "run.txt"}, ".edn or .ndjson"},
	} {
		o := run(t, nil, append([]string{"drill"}, row.args...)...)
		if o.code != 2 || !strings.Contains(o.stderr, row.want) {
			t.Errorf("%s: exit code %d: %s", row.name, o.code, o.stderr)
		}
	}
}

// A drill with manners says what came of them, and leaves its history.
func TestADrillWithManners(t *testing.T) {
	t.Parallel()
	file := filepath.Join(t.TempDir(), "run.edn")
	document := run(t, nil, "drill", "-o", "json", "--rate", "500", "--steady", "500ms", "--outage", "300ms", "--settle", "300ms",
		"--retries", "2", "--idempotent=false", "--pipeline", "4", "--arrival", "constant", "--wait", "1", "--wait-timeout", "5ms",
		"--read-own-writes", "0.5", "--history", file, "--state-dir", t.TempDir()).decode(t)
	a := document["application"].(map[string]any)
	if a["arrival"] != "constant" || a["idempotent"] != false || a["pipeline"] != 4.0 || a["retries"] != 2.0 || a["backoff_max_ms"] != 1000.0 {
		t.Errorf("%v", a)
	}
	// The lab has no replicas: each acknowledged write is confirmed by fewer than one.
	if a["few_replicas"].(float64) == 0 || a["operations"].(float64) == 0 || a["own_reads"].(map[string]any)["checked"].(float64) == 0 {
		t.Errorf("nothing came of it: %v", a)
	}
	history, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if first, _, _ := strings.Cut(string(history), "\n"); !strings.HasPrefix(first, "{:index 0, ") || !strings.Contains(string(history), ":f :read") {
		t.Errorf("the history begins with %q", first)
	}
}
