package cmd

import (
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/aafailover/aafailover/internal/atonce"
	"github.com/aafailover/aafailover/internal/hint"
)

// reportFiles are the files that a result is written to for other programs, beside what is printed.
type reportFiles struct {
	junit, markdown string // paths; ""
}

// reportForms write a result for each of them.
type reportForms struct {
	junit, markdown func(io.Writer) error
}

func (f *reportFiles) add(flags *pflag.FlagSet) {
	flags.StringVar(&f.junit, "junit", "", "write the result to `FILE` too, as JUnit's XML, for what shows the tests of a job")
	flags.StringVar(&f.markdown, "markdown", "", "write the result to `FILE` too, as Markdown, for the summary of a job")
}

// open tells before anything is run whether the files can be written. They are made, and what is in them stays for now.
func (f *reportFiles) open() error {
	if f.junit != "" && filepath.Clean(f.junit) == filepath.Clean(f.markdown) {
		return hint.Wrap(fmt.Errorf("--junit and --markdown both name %s", f.junit), "name a file for each")
	}
	var errs []error
	for _, one := range []struct{ flag, path string }{{"junit", f.junit}, {"markdown", f.markdown}} {
		if err := checkFile(one.flag, one.path, "-o "+one.flag+" prints it in this form"); err != nil || one.path == "" {
			errs = append(errs, err)
			continue
		}
		if is, err := os.Stat(one.path); err == nil && !is.Mode().IsRegular() {
			continue // whoever reads a pipe would take a close for the end of it
		}
		file, err := os.OpenFile(one.path, os.O_CREATE|os.O_WRONLY, 0o644)
		if err == nil {
			err = file.Close()
		}
		if err != nil {
			errs = append(errs, hint.Wrap(fmt.Errorf("write the result: %w", err), "--"+one.flag+" names a file that can be written"))
		}
	}
	return errors.Join(errs...)
}

// write writes those that are asked for, each whether or not the other can be written.
func (f *reportFiles) write(forms reportForms) error {
	var errs []error
	for _, one := range []struct {
		flag, path string
		write      func(io.Writer) error
	}{{"junit", f.junit, forms.junit}, {"markdown", f.markdown, forms.markdown}} {
		if one.path == "" {
			continue
		}
		if err := writeFile(one.path, forEverybody, one.write); err != nil {
			var of *fs.PathError // which names the file that was to become this one
			if errors.As(err, &of) {
				err = of.Err
			}
			errs = append(errs, hint.Wrap(fmt.Errorf("write the result to %s: %w", one.path, err), "--"+one.flag+" names a file that can be written"))
		}
	}
	return errors.Join(errs...)
}

// Who may read a file that is new, as far as the umask lets them.
const (
	forEverybody = os.FileMode(0o644)
	forItsOwner  = os.FileMode(0o600) // it names every server
)

// writeFile writes all of a file or, where that fails, leaves what was there before: whoever waits for it never reads half of it.
// What is no regular file, such as /dev/stdout or a pipe, is written as it is. One that was there may be read by whom it was.
func writeFile(path string, mode os.FileMode, write func(io.Writer) error) error {
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // a link stays one
	}
	was, err := os.Stat(path)
	there := err == nil
	if there {
		mode = was.Mode()
	}
	if !mode.IsRegular() {
		file, err := atonce.Write(path)
		if err != nil {
			return err
		}
		return errors.Join(write(file), file.Close())
	}
	file, err := os.OpenFile(filepath.Join(filepath.Dir(path), "."+filepath.Base(path)+"."+rand.Text()[:8]), os.O_CREATE|os.O_EXCL|os.O_WRONLY, mode.Perm())
	if err != nil {
		return ofFile(err, path)
	}
	err = write(file)
	if there { // the umask was for when it was made
		err = errors.Join(err, file.Chmod(mode.Perm()))
	}
	err = errors.Join(err, file.Close())
	if err == nil {
		err = os.Rename(file.Name(), path)
	}
	if err != nil {
		_ = os.Remove(file.Name())
	}
	return ofFile(err, path)
}

// ofFile is an error of the file that was to become another, with the name of the latter.
func ofFile(err error, path string) error {
	var of *fs.PathError
	if errors.As(err, &of) {
		of.Path = path
	}
	return err
}
