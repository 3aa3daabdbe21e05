package cmd

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
)

// A file for CI holds all of a result or, where it could not be written, what it held before; and nothing else is left.
func TestFilesAreWrittenAsAWhole(t *testing.T) {
	t.Parallel()
	full := errors.New("no space left")
	half := func(w io.Writer) error {
		_, _ = io.WriteString(w, "half")
		return full
	}
	all := func(w io.Writer) error {
		_, err := io.WriteString(w, "new")
		return err
	}
	folder := t.TempDir()
	path, link := filepath.Join(folder, "result.xml"), filepath.Join(folder, "link.xml")
	if err := errors.Join(os.WriteFile(path, []byte("old"), 0o600), os.Symlink(path, link)); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		name  string
		path  string
		write func(io.Writer) error
		err   error
		want  string
	}{
		{"one that cannot be written to the end", path, half, full, "old"},
		{"one that can", path, all, nil, "new"},
		{"one by a link, which stays one", link, all, nil, "new"},
		{"one that was not there", filepath.Join(folder, "other.xml"), all, nil, "new"},
	} {
		if err := writeFile(row.path, row.write); !errors.Is(err, row.err) {
			t.Errorf("%s: %v", row.name, err)
		}
		if got, err := os.ReadFile(row.path); string(got) != row.want {
			t.Errorf("%s: %q, %v", row.name, got, err)
		}
	}
	if left, _ := os.ReadDir(folder); len(left) != 3 {
		t.Errorf("%v are left", left)
	}
	if was, err := os.Lstat(link); err != nil || was.Mode().Type() != os.ModeSymlink {
		t.Errorf("%v, %v", was, err)
	}
	if was, err := os.Stat(path); err != nil || was.Mode().Perm() != 0o600 {
		t.Errorf("who may read it is %v, %v", was, err)
	}
	if err := writeFile(os.DevNull, all); err != nil {
		t.Errorf("what is no file is written to: %v", err)
	}
}
