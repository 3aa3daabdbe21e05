package process_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"

	"github.com/aafailover/aafailover/lab/process"
)

// A folder goes although somebody still writes to it while it is removed. That they meet is a matter of luck, so it is tried
// again and again.
func TestCloseWhileFilesAreAdded(t *testing.T) {
	binary, err := process.Find(t.Context(), "redis-server")
	if err != nil {
		t.Fatal(err)
	}
	for range 30 {
		g, err := process.NewGroup(t.Context(), binary, process.Options{Dir: t.TempDir()})
		if err != nil {
			t.Fatal(err)
		}
		busy := filepath.Join(g.Folder(), "busy")
		if err := os.Mkdir(busy, 0o700); err != nil {
			t.Fatal(err)
		}
		begun, ended := addFiles(busy)
		begun.Wait()
		if err := g.Close(); err != nil {
			t.Fatal(err)
		}
		ended.Wait()
		if _, err := os.Stat(g.Folder()); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("the folder is there: %v", err)
		}
	}
}

// addFiles adds files to a folder, some at a time, until there are enough or it is gone.
func addFiles(folder string) (begun, ended *sync.WaitGroup) {
	const writers, files, some = 4, 1000, 10
	begun, ended = new(sync.WaitGroup), new(sync.WaitGroup)
	begun.Add(writers)
	for w := range writers {
		ended.Go(func() {
			for i := range files {
				if err := os.WriteFile(filepath.Join(folder, fmt.Sprint(w, "-", i)), nil, 0o600); err != nil {
					return
				}
				if i == some {
					begun.Done()
				}
			}
		})
	}
	return begun, ended
}
