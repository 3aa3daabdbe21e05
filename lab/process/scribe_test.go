package process_test

import (
	"strings"
	"testing"

	"github.com/aafailover/aafailover/lab/process"
)

// What a server says last is in its log when its end is told of, however much that is, and whatever limits its files.
func TestTheLogIsComplete(t *testing.T) {
	t.Parallel()
	g := group(t)
	said := `trap "" XFSZ; ulimit -f 0; i=0; while [ $i -lt 2000 ]; do i=$((i+1)); echo "line $i"; done; echo "the last"; exit 7`
	s := add(t, g, process.Config{Name: "us", Wrap: []string{"sh", "-c", said, "server"}}, "")
	err := s.Start(t.Context())
	if err == nil || !strings.Contains(err.Error(), "exit status 7") || !strings.Contains(err.Error(), "the last") {
		t.Error(err)
	}
	if log := s.Log(); !strings.HasSuffix(log, "line 2000\nthe last\n") {
		t.Errorf("it ends with %q", log[max(0, len(log)-50):])
	}
}
