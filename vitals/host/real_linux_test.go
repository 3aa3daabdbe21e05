package host_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/aafailover/aafailover/vitals/host"
)

// This machine tells of a disk what was written to it and flushed.
func TestThisMachine(t *testing.T) {
	before, err := host.Read()
	if errors.Is(err, host.ErrUnreadable) {
		t.Fatal(err)
	}
	folder := t.TempDir()
	disk, diskErr := host.DiskOf(folder)
	deadline := time.Now().Add(time.Minute)
	for {
		write(t, filepath.Join(folder, "flushed"))
		after, _ := host.Read()
		load := host.Between(before, after)
		_, seen := load.Disk(disk)
		// Where the folder lies in memory or on layers, there is no disk to see.
		if load.CPU != nil && load.CPU.Busy > 0 && (seen || errors.Is(diskErr, host.ErrNoDisk)) {
			return
		}
		if time.Now().After(deadline) {
			t.Fatalf("nothing is seen of what was written to %q (%v): %+v", disk, diskErr, load)
		}
	}
}

func write(t *testing.T, path string) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	if _, err := f.WriteString("written"); err != nil {
		t.Fatal(err)
	}
	if err := f.Sync(); err != nil {
		t.Fatal(err)
	}
}
