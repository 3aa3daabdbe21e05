package cmd

import (
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/spf13/pflag"

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
	var errs []error
	for _, one := range []struct{ flag, path string }{{"junit", f.junit}, {"markdown", f.markdown}} {
		if one.path == "" {
			continue
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

// write writes those that are asked for.
func (f *reportFiles) write(forms reportForms) error {
	for _, one := range []struct {
		path  string
		write func(io.Writer) error
	}{{f.junit, forms.junit}, {f.markdown, forms.markdown}} {
		if one.path == "" {
			continue
		}
		if err := writeFile(one.path, one.write); err != nil {
			return fmt.Errorf("write the result: %w", err)
		}
	}
	return nil
}

func writeFile(path string, write func(io.Writer) error) error {
	file, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(file), file.Close())
}
