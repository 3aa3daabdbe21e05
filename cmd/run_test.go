package cmd_test

import (
	"bytes"
	"context"
	"encoding/json"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aafailover/aafailover/cmd"
)

// outcome is what a run of the program left.
type outcome struct {
	code           int
	stdout, stderr string
	took           time.Duration
}

// longest is how long any run of the program may take in these tests, on a machine that is busy with others. One that does not end is interrupted then, and so
// has the wrong exit code.
const longest = 2 * time.Minute

// run runs the program in this process, with some variables and nothing else in its environment.
func run(t testing.TB, environ []string, args ...string) outcome {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), longest)
	defer cancel()
	return runContext(ctx, environ, new(watched), args...)
}

// runContext runs the program until ctx interrupts it, and lets somebody else watch its stderr.
func runContext(ctx context.Context, environ []string, stderr *watched, args ...string) outcome {
	began := time.Now()
	var stdout bytes.Buffer
	code := cmd.Run(ctx, cmd.Process{Args: args, Environ: environ, Stdin: strings.NewReader(""), Stdout: &stdout, Stderr: stderr})
	return outcome{code: code, stdout: stdout.String(), stderr: stderr.String(), took: time.Since(began)}
}

// decode reads the JSON document of an outcome.
func (o outcome) decode(t testing.TB) map[string]any {
	t.Helper()
	var document map[string]any
	if err := json.Unmarshal([]byte(o.stdout), &document); err != nil {
		t.Fatalf("exit code %d, stdout is not a JSON document: %v\n%s\n%s", o.code, err, o.stdout, o.stderr)
	}
	return document
}

// watched is a buffer that can be waited for.
type watched struct {
	mu   sync.Mutex
	text strings.Builder
	on   string        // closes seen when it is written
	seen chan struct{} // nil when nobody waits
}

// awaiting returns a buffer whose channel is closed when text has been written to it.
func awaiting(text string) *watched { return &watched{on: text, seen: make(chan struct{})} }

// Write adds to the buffer.
func (w *watched) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.text.Write(p)
	if w.seen != nil && w.on != "" && strings.Contains(w.text.String(), w.on) {
		close(w.seen)
		w.on = ""
	}
	return len(p), nil
}

// String returns what was written.
func (w *watched) String() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.text.String()
}
