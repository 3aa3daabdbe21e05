//go:build unix

package atonce_test

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"github.com/aafailover/aafailover/internal/atonce"
)

func pipe(t *testing.T) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// All of these would wait for ever if they were opened as os does.
func TestANamedPipeIsNotWaitedFor(t *testing.T) {
	path := pipe(t)
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(path, link); err != nil {
		t.Fatal(err)
	}
	for _, row := range []struct {
		why  string
		path string
		open func(string) (*os.File, error)
		want error
	}{
		{"read without a writer", path, atonce.Open, atonce.ErrPipe},
		{"read through a link", link, atonce.Open, atonce.ErrPipe},
		{"written without a reader", path, atonce.Write, atonce.ErrReader},
		{"made without a reader", link, atonce.Create, atonce.ErrReader},
		{"read and not there", path + "x", atonce.Open, fs.ErrNotExist},
		{"written and not there", path + "x", atonce.Write, fs.ErrNotExist},
	} {
		f, err := row.open(row.path)
		if err == nil {
			_ = f.Close()
		}
		if of, is := errors.AsType[*fs.PathError](err); !is || of.Path != row.path || !errors.Is(err, row.want) {
			t.Errorf("%s: %v", row.why, err)
		}
	}
}

func TestWhatAShellHasOpenedIsRead(t *testing.T) {
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = r.Close() }()
	descriptor := "/dev/fd/" + strconv.Itoa(int(r.Fd()))
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(descriptor, link); err != nil {
		t.Fatal(err)
	}
	for _, path := range []string{descriptor, link} {
		f, err := atonce.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		go func() { _, _ = w.WriteString("text") }()
		got := make([]byte, 4)
		if _, err := io.ReadFull(f, got); err != nil || string(got) != "text" { // waits for the writer
			t.Errorf("%s: %q, %v", path, got, err)
		}
		_ = f.Close()
	}
	_ = w.Close()
}

func TestAPipeThatIsReadIsWritten(t *testing.T) {
	path := pipe(t)
	reader, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = reader.Close() }()
	for _, open := range []func(string) (*os.File, error){atonce.Write, atonce.Create} {
		f, err := open(path)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := f.WriteString("text"); err != nil {
			t.Fatal(err)
		}
		got := make([]byte, 4)
		if _, err := io.ReadFull(reader, got); err != nil || string(got) != "text" {
			t.Errorf("%q, %v", got, err)
		}
		_ = f.Close()
	}
}

func TestARegularFileIsMadeWrittenAndRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "file")
	f, err := atonce.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	_, err = f.WriteString("text")
	if err := errors.Join(err, f.Close()); err != nil {
		t.Fatal(err)
	}
	if f, err = atonce.Open(path); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = f.Close() }()
	if got, err := io.ReadAll(f); string(got) != "text" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
}
