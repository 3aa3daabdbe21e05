package powercut_test

import (
	"context"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/aafailover/aafailover/lab/powercut"
)

// inodeOf is the number by which a record knows a file.
func inodeOf(t testing.TB, path string) string {
	t.Helper()
	s, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	return strconv.FormatUint(s.Sys().(*syscall.Stat_t).Ino, 10)
}

// Whatever a record says, nothing outside of the folder changes. ROOT, FILE and KEPT in it stand for the inodes of the folder, of a file
// in it and of one that is kept.
func FuzzACutOfAnyRecord(f *testing.F) {
	for _, seed := range []string{
		``, `{`, `null`, `{"format":"2"}`,
		`{"format":"1","root":ROOT,"ordered":{"ROOT":{"file":{"inode":FILE,"mode":384}}},"strict":{"ROOT":{}},"marks":{"FILE":2}}`,
		`{"format":"1","root":ROOT,"ordered":{"ROOT":{"other":{"inode":KEPT}}},"strict":{"ROOT":{}},"marks":{"KEPT":1}}`,
		`{"format":"1","root":ROOT,"ordered":{"ROOT":{"../outside":{"inode":KEPT}}},"strict":{"ROOT":{}},"marks":{"KEPT":1}}`,
		`{"format":"1","root":ROOT,"ordered":{"ROOT":{"link":{"inode":KEPT}}},"strict":{"ROOT":{}},"marks":{"KEPT":1}}`,
		`{"format":"1","root":ROOT,"ordered":{"ROOT":{"link":{"inode":7,"dir":true,"mode":448}},"7":{"outside":{"inode":KEPT}}},"strict":{"ROOT":{}},"marks":{}}`,
		`{"format":"1","root":ROOT,"ordered":{"ROOT":{"d":{"inode":ROOT,"dir":true,"mode":448}}},"strict":{"ROOT":{}},"marks":{"FILE":-1}}`,
		`{"format":"1","root":ROOT,"ordered":{"ROOT":{}},"strict":{"ROOT":{}},"trouble":"x"}`,
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		parent := t.TempDir()
		w := powercut.Witness{Folder: filepath.Join(parent, "files"), Record: filepath.Join(parent, "record")}
		kept := filepath.Join(w.Record, "kept")
		for _, folder := range []string{w.Folder, kept} {
			if err := os.MkdirAll(folder, 0o700); err != nil {
				t.Fatal(err)
			}
		}
		put(t, parent, map[string]string{"outside": "5x"})
		put(t, w.Folder, map[string]string{"file": "3a"})
		put(t, kept, map[string]string{"k": "3k"})
		inode := inodeOf(t, filepath.Join(kept, "k"))
		if err := os.Rename(filepath.Join(kept, "k"), filepath.Join(kept, inode)); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(parent, filepath.Join(w.Folder, "link")); err != nil {
			t.Fatal(err)
		}
		text = strings.NewReplacer("ROOT", inodeOf(t, w.Folder), "FILE", inodeOf(t, filepath.Join(w.Folder, "file")), "KEPT", inode).Replace(text)
		if err := os.WriteFile(filepath.Join(w.Record, "record"), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		_, _ = w.Cut(context.Background(), powercut.Ordered) // an error or not, what counts follows
		around := found(t, parent)
		for path := range around {
			if path == "files/" || strings.HasPrefix(path, "files/") || strings.HasPrefix(path, "record/") {
				delete(around, path)
			}
		}
		if diff := cmp.Diff(map[string]string{"outside": "5x"}, around); diff != "" {
			t.Error(diff)
		}
	})
}
