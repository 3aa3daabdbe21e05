package evidence

import (
	"archive/tar"
	"archive/zip"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"github.com/aafailover/aafailover/internal/hint"
)

// Format is that of the file that a bundle is written to.
type Format string

// The formats, by the ending of the file.
const (
	Zip   Format = ".zip"
	TarGz Format = ".tar.gz"
)

// FormatOf is the format that the ending of a name asks for; .tgz is .tar.gz. Errors: it asks for another one.
func FormatOf(name string) (Format, error) {
	switch lower := strings.ToLower(name); {
	case strings.HasSuffix(lower, string(Zip)):
		return Zip, nil
	case strings.HasSuffix(lower, string(TarGz)), strings.HasSuffix(lower, ".tgz"):
		return TarGz, nil
	}
	return "", hint.Wrap(fmt.Errorf("%s ends neither with .zip nor with .tar.gz", name), "the ending says the form: --out evidence.zip")
}

// owner may read and write a file, and nobody else.
const owner = 0o600

// Write writes the file. The same bundle makes the same bytes.
func (p *Packed) Write(w io.Writer, f Format) error {
	if f == TarGz {
		return p.writeTarGz(w)
	}
	return p.writeZip(w)
}

func (p *Packed) writeZip(w io.Writer) error {
	z := zip.NewWriter(w)
	for _, f := range p.files {
		h := &zip.FileHeader{Name: f.name, Method: zip.Deflate, Modified: p.at}
		h.SetMode(owner)
		out, err := z.CreateHeader(h)
		if err == nil {
			_, err = out.Write(f.content)
		}
		if err != nil {
			return fmt.Errorf("pack %s: %w", f.name, err)
		}
	}
	return z.Close()
}

func (p *Packed) writeTarGz(w io.Writer) error {
	compressed := gzip.NewWriter(w) // without a time and a name of its own
	t := tar.NewWriter(compressed)
	for _, f := range p.files {
		err := t.WriteHeader(&tar.Header{Name: f.name, Size: int64(len(f.content)), Mode: owner, ModTime: p.at, Format: tar.FormatPAX})
		if err == nil {
			_, err = t.Write(f.content)
		}
		if err != nil {
			return fmt.Errorf("pack %s: %w", f.name, err)
		}
	}
	return errors.Join(t.Close(), compressed.Close())
}

// ErrExists says that there is a file already.
var ErrExists = errors.New("there is a file already")

// Save writes a file that only its owner can read, in one step: there is a whole one, or none. One that is there stays unless
// it may be replaced. Errors: ErrExists, that of write, or that it cannot be written.
func Save(path string, replace bool, write func(io.Writer) error) error {
	f, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+"-*") // 0600
	if err != nil {
		return notWritten(path, err)
	}
	err = errors.Join(write(f), f.Sync(), f.Close())
	if err == nil {
		err = put(f.Name(), path, replace)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return notWritten(path, err)
	}
	return nil
}

// notWritten names the file that was to be, and not the one that was to become it.
func notWritten(path string, err error) error {
	var of *fs.PathError
	if errors.As(err, &of) {
		err = of.Err
	}
	return fmt.Errorf("write %s: %w", path, err)
}

// put gives a file its name. Where nothing may be replaced, a link is made, which fails where something is there, also when it
// came in between; file systems without links are looked at before.
func put(from, to string, replace bool) error {
	if !replace {
		err := os.Link(from, to)
		if err == nil {
			return os.Remove(from)
		}
		if _, there := os.Lstat(to); there == nil {
			return ErrExists
		}
	}
	return os.Rename(from, to)
}
