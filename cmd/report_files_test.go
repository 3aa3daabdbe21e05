package cmd

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/aafailover/aafailover/internal/hint"
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
		mode  os.FileMode
		write func(io.Writer) error
		err   error
		want  string
	}{
		{"one that cannot be written to the end", path, forEverybody, half, full, "old"},
		{"one that can", path, forEverybody, all, nil, "new"},
		{"one by a link, which stays one", link, forEverybody, all, nil, "new"},
		{"one that was not there", filepath.Join(folder, "other.xml"), forEverybody, all, nil, "new"},
		{"one for its owner", filepath.Join(folder, "record.json"), forItsOwner, all, nil, "new"},
	} {
		if err := writeFile(row.path, row.mode, row.write); !errors.Is(err, row.err) {
			t.Errorf("%s: %v", row.name, err)
		}
		if got, err := os.ReadFile(row.path); string(got) != row.want {
			t.Errorf("%s: %q, %v", row.name, got, err)
		}
	}
	if left, _ := os.ReadDir(folder); len(left) != 4 {
		t.Errorf("%v are left", left)
	}
	if was, err := os.Lstat(link); err != nil || was.Mode().Type() != os.ModeSymlink {
		t.Errorf("%v, %v", was, err)
	}
	if was, err := os.Stat(path); err != nil || was.Mode().Perm() != 0o600 {
		t.Errorf("who may read it is %v, %v", was, err)
	}
	if was, err := os.Stat(filepath.Join(folder, "record.json")); err != nil || was.Mode().Perm() != 0o600 {
		t.Errorf("who may read a record is %v, %v", was, err)
	}
	if err := writeFile(os.DevNull, forItsOwner, all); err != nil {
		t.Errorf("what is no file is written to: %v", err)
	}
}

// Whether a record can be written is told before a run of hours, and nothing is made or changed for that.
func TestTheFileOfARecordIsTriedBefore(t *testing.T) {
	t.Parallel()
	folder := t.TempDir()
	earlier, link := filepath.Join(folder, "earlier.json"), filepath.Join(folder, "link.json")
	if err := errors.Join(os.WriteFile(earlier, []byte("earlier"), 0o600), os.Symlink(earlier, link)); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct{ name, file, says string }{
		{"none", "", ""},
		{"a new one", filepath.Join(folder, "new.json"), ""},
		{"an earlier one", earlier, ""},
		{"a link to it", link, ""},
		{"what is no regular file", os.DevNull, ""},
		{"a folder", folder, "--record: " + folder + " is a folder"},
		{"one in a folder that there is not", filepath.Join(folder, "no", "new.json"), "no such file or directory"},
		{"one in what is no folder", filepath.Join(earlier, "new.json"), "is not a folder"},
		{"one where nobody can write", "/proc/new.json", "--record: open /proc/new.json: "},
		{"the standard output", "-", "--record -: the result is printed on stdout already"},
	} {
		switch err := checkFile("record", row.file, "-o json prints it"); {
		case row.says == "" && err != nil:
			t.Errorf("%s: %v", row.name, err)
		case row.says != "" && (err == nil || !strings.Contains(err.Error(), row.says) || len(hint.Of(err)) == 0):
			t.Errorf("%s: %v, with the hints %v; want %q and a hint", row.name, err, hint.Of(err), row.says)
		}
	}
	left, _ := os.ReadDir(folder)
	if text, err := os.ReadFile(earlier); len(left) != 2 || string(text) != "earlier" {
		t.Errorf("%v are there; the earlier one is %q, %v", left, text, err)
	}
}
