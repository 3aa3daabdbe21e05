//go:build unix

package mapfile_test

import (
	"os/signal"
	"path/filepath"
	"syscall"
	"testing"

	"github.com/aafailover/aafailover/internal/mapfile"
)

// A disk that fills up is an error of Grow, and what was there stays usable. A limit on the size of files stands in for
// the disk.
func TestThereIsNoRoom(t *testing.T) {
	m, err := mapfile.Create(filepath.Join(t.TempDir(), "words"), layout, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	signal.Ignore(syscall.SIGXFSZ) // or the limit would end the process
	defer signal.Reset(syscall.SIGXFSZ)
	var was syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	limit := was
	limit.Cur = uint64(layout.Head + layout.Chunk + mapfile.Granule)
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		t.Fatal(err)
	}
	words, err := m.Grow()
	_, second := m.Grow()
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &was); err != nil {
		t.Fatal(err)
	}
	if err != nil || second == nil {
		t.Fatalf("the first chunk: %v; the second, for which there is no room: %v", err, second)
	}
	for i := range words {
		words[i] = 7
	}
	if third, err := m.Grow(); err != nil || m.Chunks() != 2 || third[0] != 0 {
		t.Errorf("with room again: %v, %d chunks", err, m.Chunks())
	}
}
