package redistest

import (
	"errors"
	"path/filepath"
	"testing"
)

// A server whose port another test's has just taken is not up because that one answers: it would be gone with that test.
func TestAServerOfAnotherTestIsNotTakenForOne(t *testing.T) {
	other := Start(t)
	s := &Server{Addr: other.Addr, Port: other.Port, binary: other.binary, args: other.args, pidFile: filepath.Join(t.TempDir(), "pid")}
	if err := s.launch(); !errors.Is(err, errExited) {
		t.Errorf("%v, want %v", err, errExited)
	}
	s.Kill()
}
